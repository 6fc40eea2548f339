"""What somebody who only has the browser's key can't do with `decide`: read through claims, pick variations, go round consent."""

from __future__ import annotations

import hmac
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from resa.collect.doors import Doors
from resa.collect.limits import Rate
from resa.experiences.logbook import Logbook
from resa.kernel import audit
from resa.kernel.contacts import Cap, Contact, Policy, Reserved
from resa.kernel.decisions import Decided
from tests.experiences.conftest import BROWSER_KEY, PAGE, SERVER_KEY, Shop
from tests.experiences.test_decide import GRANTED
from tests.experiences.test_with_experiments import experiment
from tests.kernel.making import draft, identify

BUYERS = {"did": {"any": [{"name": "Order Completed"}]}}


async def test_nothing_is_read_through_a_claim_also_by_who_has_proved_another_user(shop: Shop, doors: Doors) -> None:
    shop.save("audience", "bought", name="Bought", rule=BUYERS)
    shop.show("bought", audience="bought")
    shop.show("named", body={"text": 'Hello {{ trait.firstName | default: "you" }}'})
    rules = [{"id": "b", "audience": "bought", "then": {"type": "force", "value": True}}]
    shop.save("flag", "bought", name="Bought", rules=rules)
    order = draft("Order Completed", user="mallory-victim")
    shop.commit(order, identify(user="mallory-victim", firstName="Ada"))
    claim = identify(user="mallory-victim", anon="mallory-device")
    claim.verified = False
    shop.commit(claim)
    shop.live("bought")
    source = doors.sources.find(BROWSER_KEY)
    assert source is not None
    secret = doors.sources.heed_identity(audit.SYSTEM, source.key, "accepted").identity_secret or ""
    own = {"userId": "mallory", "identityToken": hmac.new(secret.encode(), b"user:mallory", "sha256").hexdigest()}
    callers: list[dict[str, Any]] = [{}, {"userId": "mallory-victim"}, own, {"key": SERVER_KEY}]
    for caller in callers:
        answer = await shop.answer(
            "bought", "named", anonymousId="mallory-device", flags=["bought"], context=GRANTED, **caller
        )
        bought, named = answer["decisions"]
        told = (bought["content"], named["content"]["body"]["text"], answer["flags"]["bought"]["value"])
        assert told == (None, "Hello you", False), caller
    known = await shop.answer("named", key=SERVER_KEY, userId="mallory-victim", flags=["bought"], context=GRANTED)
    assert known["decisions"][0]["content"]["body"]["text"] == "Hello Ada"
    assert known["flags"]["bought"]["value"] is True


async def test_a_variation_that_the_address_asks_for_is_shown_and_not_counted(shop: Shop) -> None:
    experiment(shop, "forced-test")
    shop.placement("forced")
    shop.content("forced", body={"text": "New"})
    arms = [{"key": "old"}, {"key": "new", "content": "forced"}]
    shop.experience("forced", "forced", variations=arms, experiment="forced-test")
    values = {"old": "grey", "new": "green"}
    rule = {"id": "r", "then": {"type": "experiment", "experiment": "forced-test", "values": values}}
    shop.save("flag", "forced", name="Forced", type="string", default="grey", rules=[rule])
    before = len(await shop.logged("Experiment Viewed"))
    for place, (variation, value) in enumerate(values.items()):
        page = {"page": {"url": f"https://shop.example/?forced-test={place}", "path": "/"}}
        for device in ("f1", "f2", "f3"):
            answer = await shop.answer("forced", anonymousId=device, flags=["forced"], context=page)
            (found,) = answer["decisions"]
            assert (found["variation"], found["experiment"], found["probability"]) == (variation, None, 1.0)
            assert answer["flags"]["forced"]["value"] == value
            assert "token" not in answer["flags"]["forced"]
    assert len(await shop.logged("Experiment Viewed")) == before


@pytest.mark.parametrize("by", ["experiment", "offer"])
async def test_what_an_audience_decides_on_by_a_detour_needs_consent_too(shop: Shop, by: str) -> None:
    rule = {"not": {"did": {"any": [{"name": "Never Happens"}]}}}
    shop.save("audience", "anybody", name="Anybody", rule=rule)
    more: dict[str, Any] = {}
    shop.placement(f"by-{by}")
    if by == "experiment":
        experiment(shop, "by-audience", audience="anybody")
        more = {"experiment": "by-audience", "variations": [{"key": "old", "content": f"by-{by}"}, {"key": "new"}]}
        more["variations"][1]["content"] = f"by-{by}"
    else:
        shop.save("offer", "by-audience", name="Ten off", codes="none", audience="anybody")
    shop.content(f"by-{by}", **({"offer": "by-audience"} if by == "offer" else {}))
    shop.experience(f"by-{by}", f"by-{by}", f"by-{by}", **more)
    shop.commit(draft(anon="detour"))
    shop.live("anybody")
    asked = [await shop.ask(f"by-{by}", anonymousId="detour", context=context) for context in (PAGE, GRANTED)]
    assert [each[f"by-{by}"]["content"] is not None for each in asked] == [False, True]


async def test_who_is_assigned_is_exposed_whether_the_budget_has_room_or_not(shop: Shop) -> None:
    """Else a test of pop-ups would compare those with room in their budget with everybody."""
    experiment(shop, "popup-test")
    shop.placement("capped")
    shop.content("capped", "popup")
    shop.content("draft", "popup", approval="draft")
    policy = Policy(caps=[Cap(kinds=["popup"], most=0, per="1 day")])
    shop.workspace.definitions.save("contact-policy", "global", policy, expected=None, author="a test")
    devices = [f"capped-{number}" for number in range(40)]
    for content in ("capped", "draft"):
        arms = [{"key": "old"}, {"key": "new", "content": content}]
        shop.experience("capped", "capped", variations=arms, experiment="popup-test")
        before = len(await shop.logged("Experiment Viewed"))
        found = [(await shop.ask("capped", anonymousId=device))["capped"] for device in devices]
        assert {each["content"] is None for each in found} == {True}
        exposed = (await shop.logged("Experiment Viewed"))[before:]
        assert [each["unit"] for each in exposed] == devices
        counted = {arm: sum(each["variation"] == arm for each in exposed) for arm in ("old", "new")}
        assert min(counted.values()) > 8
        held = [each["reason"]["code"] for each in found]
        assert held.count("control") == counted["old"]
    shop.workspace.definitions.delete("contact-policy", "global", author="a test")


async def test_a_token_is_of_its_device_and_of_nothing_that_is_called_the_same(shop: Shop) -> None:
    signer = shop.workspace.decisions.signer
    tokens = {
        kind: signer.sign(Decided("d1", "experience:x", "only", 1.0, kind, "ada", shop.workspace.clock()))
        for kind in ("device", "customer")
    }

    async def accepted(kind: str, **who: str) -> int:
        event = {"event": "Experience Viewed", "properties": {"decision": tokens[kind]}, "writeKey": BROWSER_KEY, **who}
        answer: dict[str, int] = (await shop.client.post("/v1/track", json=event)).json()
        return answer["accepted"]

    assert await accepted("device", anonymousId="ada") == 1
    assert await accepted("device", anonymousId="thief", userId="ada") == 0
    assert await accepted("customer", anonymousId="phone", userId="ada") == 1
    assert await accepted("customer", anonymousId="ada") == 0


async def test_who_only_claims_a_user_leaves_them_their_budget_of_contacts(shop: Shop, doors: Doors) -> None:
    source = doors.sources.find(BROWSER_KEY)
    assert source is not None
    secret = doors.sources.heed_identity(audit.SYSTEM, source.key, "accepted").identity_secret or ""
    token = hmac.new(secret.encode(), b"user:robbed", "sha256").hexdigest()
    policy = Policy(caps=[Cap(kinds=["popup"], most=2, per="1 day"), Cap(most=3, per="7 days")])
    shop.workspace.definitions.save("contact-policy", "global", policy, expected=None, author="a test")
    shop.show("robbing", "popup")

    async def identify_as(device: str, **proof: Any) -> None:
        said = {"writeKey": BROWSER_KEY, "anonymousId": device, "userId": "robbed", **proof}
        assert (await shop.client.post("/v1/identify", json=said)).json()["accepted"] == 1
        shop.workspace.settle()

    async def shown(device: str, **proof: Any) -> bool:
        found = await shop.ask("robbing", anonymousId=device, userId="robbed", **proof)
        return found["robbing"]["content"] is not None

    def mailed(number: int) -> bool:
        contact = Contact(f"robbed-{number}", "user:robbed", "email", "newsletter", shop.workspace.clock(), made=False)
        with shop.workspace.state.write() as tx:
            found = shop.workspace.contacts.reserve(tx, contact, policy, ZoneInfo("UTC"))
        return isinstance(found, Reserved)

    try:
        await identify_as("robbed-phone", context={"identityToken": token})
        for thief in ("thief-1", "thief-2", "thief-3"):
            await identify_as(thief)
        stolen = [await shown(thief) for _ in range(3) for thief in ("thief-1", "thief-2", "thief-3")]
        assert sum(stolen) == 2, "those who claim the same user share one budget"
        assert await shown("robbed-phone"), "the device that proved it once"
        assert await shown("robbed-phone", identityToken=token)
        assert not await shown("robbed-phone", identityToken=token), "a proven person has one budget on all they proved"
        assert mailed(1)
        assert not mailed(2)
        await identify_as("latecomer")
        assert not await shown("latecomer"), "and it binds who only claims to be them"
    finally:
        shop.workspace.definitions.delete("contact-policy", "global", author="a test")


async def test_where_nobody_signs_in_a_person_has_one_budget_over_browsers_and_mail(shop: Shop) -> None:
    policy = Policy(caps=[Cap(most=3, per="7 days")])
    shop.workspace.definitions.save("contact-policy", "global", policy, expected=None, author="a test")
    shop.show("greeting", "popup")

    async def shown(device: str) -> bool:
        said = {"writeKey": BROWSER_KEY, "anonymousId": device, "userId": "plain"}
        assert (await shop.client.post("/v1/identify", json=said)).json()["accepted"] == 1
        shop.workspace.settle()
        found = await shop.ask("greeting", anonymousId=device, userId="plain")
        return found["greeting"]["content"] is not None

    def mailed(number: int) -> bool:
        contact = Contact(f"plain-{number}", "user:plain", "email", "newsletter", shop.workspace.clock(), made=False)
        with shop.workspace.state.write() as tx:
            return isinstance(shop.workspace.contacts.reserve(tx, contact, policy, ZoneInfo("UTC")), Reserved)

    try:
        got = [await shown("plain-phone"), mailed(1), await shown("plain-laptop")]
        assert got == [True, True, True]
        assert not mailed(2)
        assert not await shown("plain-phone")
    finally:
        shop.workspace.definitions.delete("contact-policy", "global", author="a test")


async def test_an_address_that_makes_up_devices_is_answered_and_noted_up_to_its_share(shop: Shop, doors: Doors) -> None:
    shop.show("made-up")
    shop.show("made-up-too")
    shop.deciding.logbook = Logbook(shop.workspace.committer, Rate(0.001, 6))
    transport: Any = httpx.ASGITransport(doors.segment, client=("203.0.113.9", 4321))
    async with httpx.AsyncClient(transport=transport, base_url="http://resa.test") as flood:
        for number in range(10):
            asked = {
                "writeKey": BROWSER_KEY,
                "anonymousId": f"made-up-{number}",
                "placements": ["made-up", "made-up-too"],
            }
            answer = (await flood.post("/v1/decide", json=asked)).json()
            assert [each["content"]["body"]["text"] for each in answer["decisions"]] == ["Welcome"] * 2
    asked["writeKey"] = SERVER_KEY
    for _ in range(5):
        await shop.client.post("/v1/decide", json=asked)
    noted = [each for each in await shop.logged() if str(each["placement"]).startswith("made-up")]
    assert len(noted) == 6 + 5 * 2, "what the address may, and what a server asks"
    assert shop.deciding.logbook.lost == 20 - 6
