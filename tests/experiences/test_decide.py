"""What `decide` answers: to whom, with which content, why, and what it writes down."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from resa.collect.doors import Doors
from resa.experiences.people import Person
from resa.kernel import audit
from resa.kernel.contacts import Cap, Policy
from resa.kernel.errors import Refused
from resa.kernel.events import Draft
from resa.kernel.state import State
from tests.experiences.conftest import BROWSER_KEY, PAGE, SERVER_KEY, Shop
from tests.kernel.making import draft, identify

GRANTED = {"page": {"url": "https://shop.example/"}, "consent": {"categoryPreferences": {"personalization": True}}}


def now(shop: Shop, event: Draft) -> Draft:
    """The event as of this moment."""
    event.time = event.received_at = shop.workspace.clock()
    return event


async def test_an_experience_fills_its_placement_and_says_why(shop: Shop) -> None:
    shop.show("hero")
    found = (await shop.ask("hero"))["hero"]
    assert found["content"] == {"key": "hero", "type": "text", "body": {"text": "Welcome"}, "language": "en"}
    assert (found["experience"], found["variation"], found["probability"]) == ("hero", "only", 1.0)
    assert found["reason"] == {"code": "everybody", "text": "Shown to everybody here."}
    decided = shop.workspace.decisions.signer.read(found["token"])
    assert decided is not None
    assert (decided.id, decided.what, decided.unit) == (found["id"], "experience:hero", "device-1")


async def test_one_wrong_placement_spoils_no_other(shop: Shop) -> None:
    shop.show("good")
    found = await shop.ask("nowhere", "good", "good")
    assert (found["nowhere"]["content"], found["nowhere"]["reason"]["code"]) == (None, "unknown_placement")
    assert found["good"]["content"]["body"] == {"text": "Welcome"}


async def test_every_type_of_content_is_answered_in_its_shape(shop: Shop) -> None:
    for type_ in ("text", "html", "json", "banner", "popup", "notification", "panel", "redirect"):
        shop.show(f"a-{type_}", type_, context={"pages": [{"pattern": "https://shop.example/"}]})
    found = await shop.ask("a-html", "a-json", "a-banner", "a-redirect")
    bodies = [found[key]["content"]["body"] for key in ("a-html", "a-json", "a-banner", "a-redirect")]
    assert bodies == [{"html": "<b>Welcome</b>"}, {"data": {"colour": "red"}}, {"title": "Sale"}, {"url": "/spring"}]


@pytest.mark.parametrize(
    ("locale", "said"),
    [("sv-SE", "Hej"), ("sv", "Hej"), ("pt-BR", "Oi"), ("pt-PT", "Oi"), ("fi", "Hello"), ("", "Hello")],
)
async def test_content_speaks_the_visitors_language_or_the_nearest(shop: Shop, locale: str, said: str) -> None:
    words = {"en": "Hello", "sv": "Hej", "pt-BR": "Oi"}
    shop.placement("greeting")
    shop.content("greeting", versions=[{"language": k, "body": {"text": v}} for k, v in words.items()])
    shop.experience("greeting", "greeting", "greeting")
    found = await shop.ask("greeting", context={"locale": locale})
    assert found["greeting"]["content"]["body"] == {"text": said}


async def test_the_more_important_of_two_goes_first(shop: Shop) -> None:
    shop.show("rank", priority=10)
    shop.content("better", body={"text": "Better"})
    shop.experience("better", "rank", "better", priority=20)
    assert (await shop.ask("rank"))["rank"]["experience"] == "better"


@pytest.mark.parametrize(
    ("context", "visit"),
    [
        ({"pages": [{"pattern": "/cart*"}]}, {"page": {"url": "https://shop.example/cart/2"}}),
        ({"campaign": {"source": ["News"], "name": ["spring"]}}, {"campaign": {"source": "news", "name": "spring"}}),
        ({"campaign": {"term": ["shoes"]}}, {"page": {"url": "https://shop.example/?utm_term=shoes"}}),
        ({"devices": ["mobile"]}, {"device": {"type": "ios"}}),
        ({"locales": ["sv"]}, {"locale": "sv-FI"}),
        ({"referrers": ["search"]}, {"page": {"url": "https://shop.example/", "referrer": "https://www.google.com/"}}),
        ({"condition": {"country": "SE"}}, {"country": "SE"}),
    ],
)
async def test_a_context_is_met_or_not(shop: Shop, context: dict[str, Any], visit: dict[str, Any]) -> None:
    shop.show("met", context=context)
    told = {"attributes": visit} if "country" in visit else {"context": visit}
    assert (await shop.ask("met", **told))["met"]["content"] is not None  # type: ignore[arg-type]
    other = (await shop.ask("met", context={"locale": "en"}))["met"]
    assert (other["content"], other["reason"]["code"]) == (None, "no_match")


async def test_new_and_returning_visitors_are_told_apart(shop: Shop) -> None:
    shop.show("again", context={"visitor": "returning"})
    was_here = draft(anon="came-back", time=shop.workspace.clock() - 7_200_000)
    shop.commit(was_here)
    assert (await shop.ask("again", anonymousId="came-back", context=GRANTED))["again"]["content"] is not None
    assert (await shop.ask("again", anonymousId="first-time", context=GRANTED))["again"]["content"] is None


async def test_a_schedule_and_a_status_decide_on_when(shop: Shop) -> None:
    shop.show("past", schedule={"end": "2020-01-01T00:00:00+00:00"})
    shop.show("asleep", status="paused")
    found = await shop.ask("past", "asleep")
    assert [found[key]["reason"]["code"] for key in ("past", "asleep")] == ["no_match", "no_match"]


async def test_content_must_be_approved_and_of_the_placements_kind(shop: Shop) -> None:
    shop.show("draft-text")
    shop.content("draft-text", approval="review")
    shop.show("narrow")
    shop.placement("narrow", types=["banner"])
    found = await shop.ask("draft-text", "narrow")
    assert [found[key]["reason"]["code"] for key in ("draft-text", "narrow")] == ["not_approved", "wrong_type"]
    assert found["draft-text"]["content"] is found["narrow"]["content"] is None


async def test_where_nothing_fits_the_placements_default_is_shown(shop: Shop) -> None:
    shop.content("usual", body={"text": "As always"})
    shop.placement("plain", default="usual")
    found = (await shop.ask("plain"))["plain"]
    assert (found["content"]["body"], found["experience"], found["reason"]["code"]) == (
        {"text": "As always"},
        None,
        "default",
    )


# -- who -----------------------------------------------------------------------------------------------------------


async def test_a_member_of_the_audience_sees_it_with_consent_and_is_told_why_if_proven(shop: Shop) -> None:
    rule = {"did": {"any": [{"name": "Order Completed"}], "at_least": 2}}
    shop.save("audience", "big-spenders", name="Big spenders", rule=rule)
    shop.show("vip", audience="big-spenders")
    orders = [draft("Order Completed", user="ada", anon="ada-phone") for _ in range(2)]
    shop.commit(*orders)
    shop.live("big-spenders")
    server: dict[str, Any] = {"key": SERVER_KEY, "userId": "ada", "anonymousId": None}
    assert (await shop.ask("vip", **server))["vip"]["reason"]["code"] == "consent"
    found = (await shop.ask("vip", **server, context=GRANTED))["vip"]
    assert found["reason"] == {"code": "audience", "text": "Because you are in Big spenders."}
    other = (await shop.ask("vip", key=SERVER_KEY, userId="bob", context=GRANTED))["vip"]
    assert (other["content"], other["reason"]["code"]) == (None, "no_match")


async def test_a_browser_reads_what_its_device_earned_and_nothing_a_claim_would_open(shop: Shop) -> None:
    rule = {"did": {"any": [{"name": "Order Completed"}]}}
    shop.save("audience", "buyers", name="Buyers", rule=rule)
    shop.show("buyer", audience="buyers")
    shop.commit(draft("Order Completed", user="eve-victim", anon="own-device"))
    shop.live("buyers")
    claim = identify(user="eve-victim", anon="eve-device")
    claim.verified = False
    shop.commit(claim)
    earned = (await shop.ask("buyer", anonymousId="own-device", context=GRANTED))["buyer"]
    assert earned["reason"] == {"code": "for_you", "text": "Chosen for you from what you did here."}
    for more in ({"anonymousId": "eve-device"}, {"anonymousId": "eve-device", "userId": "eve-victim"}):
        found = (await shop.ask("buyer", **more, context=GRANTED))["buyer"]
        assert (found["content"], found["reason"]["code"]) == (None, "no_match")


async def test_audiences_within_a_condition_decide_with_consent_and_are_not_believed_from_the_caller(
    shop: Shop,
) -> None:
    for key, event in (("tried", "Trial Begun"), ("left", "Trial Left")):
        shop.save("audience", key, name=key, rule={"did": {"any": [{"name": event}]}})
    either = {"$or": [{"locale": "fi-FI"}, {"$audience": "tried", "$not": {"$audience": "left"}}]}
    shop.show("trial-news", context={"condition": either})
    shop.commit(
        draft("Trial Begun", anon="stays"), *(draft(name, anon="leaves") for name in ("Trial Begun", "Trial Left"))
    )
    shop.live("tried", "left")

    async def code(device: str, context: dict[str, Any], **more: Any) -> str:
        found = (await shop.ask("trial-news", anonymousId=device, context=context, **more))["trial-news"]
        return str(found["reason"]["code"])

    assert [await code(device, GRANTED) for device in ("stays", "leaves", "other")] == [
        "for_you",
        "no_match",
        "no_match",
    ]
    assert await code("stays", PAGE) == "consent"
    assert await code("other", {**GRANTED, "locale": "fi-FI"}) == "for_you"
    assert await code("other", GRANTED, attributes={"$segments": ["tried"]}) == "no_match"
    with pytest.raises(Refused, match=r"context\.condition\.\$and\[0\]\.a"):
        shop.show("broken", context={"condition": {"$and": [{"a": {"$gtt": 1}}]}})


async def test_somebody_of_whom_nothing_is_known_is_in_audiences_that_say_not(shop: Shop) -> None:
    rule = {"not": {"did": {"any": [{"name": "Order Completed"}]}}}
    shop.save("audience", "never-bought", name="Never bought", rule=rule)
    shop.show("first-order", audience="never-bought")
    shop.commit(draft(anon="somebody"))
    shop.live("never-bought")
    found = (await shop.ask("first-order", anonymousId="brand-new", context=GRANTED))["first-order"]
    assert found["content"] is not None


async def test_what_changes_is_seen_as_soon_as_it_is_known(shop: Shop) -> None:
    shop.show("hello", body={"text": 'Hello {{ trait.firstName | default: "you" }}'})
    shop.commit(identify(anon="named", firstName="Ada"))
    texts = []
    for event in (None, identify(anon="named", firstName="Grace")):
        if event is not None:
            shop.commit(now(shop, event))
        found = await shop.ask("hello", anonymousId="named", context=GRANTED)
        texts.append(found["hello"]["content"]["body"]["text"])
    assert texts == ["Hello Ada", "Hello Grace"]


async def test_a_merge_and_its_undo_are_seen_too(shop: Shop) -> None:
    rule = {"did": {"any": [{"name": "Trial Started"}]}}
    shop.save("audience", "trials", name="Trials", rule=rule)
    shop.show("trial", audience="trials")
    shop.commit(draft("Trial Started", anon="laptop"), draft(anon="phone"))
    shop.live("trials")
    identities = shop.workspace.identities

    async def seen() -> bool:
        found = await shop.ask("trial", anonymousId="phone", context=GRANTED)
        return found["trial"]["content"] is not None

    async def until(expected: bool) -> None:
        for _ in range(200):
            if await seen() is expected:
                return
            await asyncio.sleep(0.02)
        assert await seen() is expected

    assert not await seen()
    with shop.workspace.state.read() as tx:
        numbers = identities.find(tx, ["anon:laptop", "anon:phone"])
    links: list[int] = []
    shop.workspace.committer.submit_sync(
        [], lambda tx: links.append(identities.link(tx, *sorted(numbers.values()), at=1, by="a test", reason=""))
    )
    await until(True)
    shop.workspace.committer.submit_sync([], lambda tx: identities.unlink(tx, links[0], by="a test", reason=""))
    await until(False)


async def test_a_denial_holds_wherever_it_was_said(shop: Shop) -> None:
    shop.show("personal", body={"text": 'For {{ trait.firstName | default: "you" }}'})
    said = {"purpose": "personalisation", "state": "denied"}
    shop.commit(draft("Consent Changed", anon="no-thanks", properties=said, source="resa"))
    found = (await shop.ask("personal", anonymousId="no-thanks", context=GRANTED))["personal"]
    assert (found["content"], found["reason"]["code"]) == (None, "consent")
    refused = {"consent": {"categoryPreferences": {"personalization": False}}}
    assert (await shop.ask("personal", anonymousId="yes-but", context=refused))["personal"]["content"] is None
    assert (await shop.ask("personal", anonymousId="said-nothing"))["personal"]["reason"]["code"] == "consent"


async def test_global_privacy_control_denies_what_shares(shop: Shop) -> None:
    shop.show("partners", purpose="sharing")
    agreed = {"consent": {"categoryPreferences": {"advertising": True}}}
    assert (await shop.ask("partners", context=agreed))["partners"]["content"] is not None
    assert (await shop.ask("partners", context={**agreed, "gpc": True}))["partners"]["content"] is None


async def test_those_who_ask_at_the_same_time_are_read_together_each_as_themselves(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them can't be read: that is nobody else's fault. So it is on a store that is not a file of this machine."""
    monkeypatch.setattr(shop.deciding._readings, "_at_once", False)
    shop.show("crowd", body={"text": "For {{ trait.firstName }}"})
    shop.commit(*(identify(anon=f"crowd-{n}", firstName=f"Nr {n}") for n in range(30)))
    together: list[int] = []
    read_all = shop.deciding.people.read_all

    def slowly(wanted: Sequence[tuple[str, bool]]) -> list[Person]:
        together.append(len(wanted))
        time.sleep(0.02)
        if any(key == "anon:crowd-7" for key, _ in wanted):
            raise OSError("a page that can't be read")
        return read_all(wanted)

    monkeypatch.setattr(shop.deciding.people, "read_all", slowly)
    asked = (shop.ask("crowd", anonymousId=f"crowd-{n}", context=GRANTED) for n in range(30))
    found = [each["crowd"] for each in await asyncio.gather(*asked)]
    told = [each["content"] and each["content"]["body"]["text"] for each in found]
    assert told == [f"For Nr {n}" if n != 7 else None for n in range(30)]
    assert found[7]["reason"]["code"] == "error"
    assert max(together) > 20


async def test_what_is_known_of_somebody_outlives_the_note_of_a_decision_and_no_event(shop: Shop) -> None:
    shop.show("noted")
    shop.commit(identify(anon="kept", firstName="Ada"))
    await shop.ask("noted", anonymousId="kept")
    assert (await shop.logged())[-1]["placement"] == "noted"
    await shop.ask("noted", anonymousId="kept")  # the very first note had no number yet by which to pass it by
    assert (await shop.logged())[-1]["placement"] == "noted"
    assert shop.deciding.people.find("anon:kept", verified=False) is not None
    shop.commit(draft(anon="kept"))
    assert shop.deciding.people.find("anon:kept", verified=False) is None


# -- how often, and which ------------------------------------------------------------------------------------------


async def test_a_popup_draws_on_the_persons_budget(shop: Shop) -> None:
    policy = Policy(caps=[Cap(kinds=["popup"], most=2, per="1 day")])
    shop.workspace.definitions.save("contact-policy", "global", policy, expected=None, author="a test")
    shop.show("join", "popup")
    codes = [(await shop.ask("join", anonymousId="often"))["join"]["reason"]["code"] for _ in range(3)]
    assert codes == ["everybody", "everybody", "cap"]
    shop.workspace.definitions.delete("contact-policy", "global", author="a test")
    with shop.workspace.state.read() as tx:
        entries = shop.workspace.contacts.of(tx, ["anon:often"])
    assert Counter(entry.state for entry in entries) == {"made": 2, "held_back": 1}


async def test_where_the_budget_is_spent_what_does_not_interrupt_is_shown(shop: Shop) -> None:
    shop.show("spot", "popup", frequency={"most": 1, "per": "30 days"}, priority=90)
    shop.content("quiet", body={"text": "Quietly"})
    shop.experience("quiet", "spot", "quiet", priority=10)
    seen = [(await shop.ask("spot", anonymousId="twice"))["spot"]["experience"] for _ in range(3)]
    assert seen == ["spot", "quiet", "quiet"]


async def test_what_was_held_back_a_moment_ago_asks_the_ledger_no_more(shop: Shop) -> None:
    shop.show("nagging", "popup", frequency={"most": 1, "per": "1 day"})
    codes = [(await shop.ask("nagging", anonymousId="patient"))["nagging"]["reason"]["code"] for _ in range(5)]
    assert codes == ["everybody", *["own_cap"] * 4]
    with shop.workspace.state.read() as tx:
        states = [entry.state for entry in shop.workspace.contacts.of(tx, ["anon:patient"])]
    assert sorted(states) == ["held_back", "made"]
    assert [told["candidates"] for told in (await shop.logged())[-4:]] == [["nagging:own_cap"]] * 4


async def test_many_at_once_get_no_more_than_there_is(shop: Shop) -> None:
    shop.show("rush", "popup", frequency={"most": 2, "per": "1 day"})
    found = await asyncio.gather(*(shop.ask("rush", anonymousId="in-a-hurry") for _ in range(10)))
    assert Counter(each["rush"]["reason"]["code"] for each in found) == {"everybody": 2, "own_cap": 8}


async def test_variations_are_split_by_weight_and_stay(shop: Shop) -> None:
    for key in ("red", "blue"):
        shop.content(key, body={"text": key})
    shop.placement("split")
    arms = [{"key": "a", "content": "red", "weight": 3}, {"key": "b", "content": "blue", "weight": 1}]
    shop.experience("split", "split", variations=arms, holdout=0.1)
    seen: dict[str, str | None] = {}
    for device in (f"d{n}" for n in range(400)):
        found = (await shop.ask("split", anonymousId=device))["split"]
        seen[device] = found["variation"]
        assert found["probability"] == pytest.approx({"a": 0.675, "b": 0.225, None: None}[found["variation"]])
        assert found["reason"]["code"] == ("everybody" if found["variation"] else "holdout")
    counted = Counter(seen.values())
    assert 235 < counted["a"] < 305
    assert 65 < counted["b"] < 120
    assert 20 < counted[None] < 65
    for device, variation in list(seen.items())[:50]:
        assert (await shop.ask("split", anonymousId=device))["split"]["variation"] == variation


async def test_whoever_is_held_out_sees_what_comes_next(shop: Shop) -> None:
    shop.show("held", priority=90, holdout=1.0)
    shop.content("next", body={"text": "Next"})
    shop.experience("next", "held", "next", priority=10)
    found = (await shop.ask("held"))["held"]
    assert found["experience"] == "next"
    told = (await shop.logged())[-1]
    assert (told["experience"], told["holdouts"], told["candidates"]) == ("next", ["held"], ["held:holdout"])


async def test_a_variation_without_content_leaves_the_place_as_it_is(shop: Shop) -> None:
    shop.placement("control")
    shop.content("control")
    arms = [{"key": "as-is", "weight": 1}, {"key": "new", "content": "control", "weight": 0}]
    shop.experience("control", "control", variations=arms)
    found = (await shop.ask("control"))["control"]
    assert (found["content"], found["variation"], found["reason"]["code"]) == (None, "as-is", "control")
    assert found["token"] is not None  # so that being spared counts as well


async def test_single_codes_go_to_one_person_each_until_there_are_none(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is given in a durable commit: what a power cut may undo would be given to somebody else."""
    from resa.experiences import codes

    monkeypatch.delattr(State, "write_first")
    shop.save("offer", "ten", name="Ten percent", codes="single")
    shop.placement("deal")
    shop.content("deal", body={"text": "Use {{ offer.code }}"}, offer="ten")
    shop.experience("deal", "deal", "deal")
    with shop.workspace.state.write() as tx:
        codes.add(shop.workspace.state, tx, "ten", ["A1", "B2"])
    asked = ("one", "two", "one", "three")
    found = [(await shop.ask("deal", anonymousId=who))["deal"] for who in asked]
    assert [each["content"] and each["content"]["body"]["text"] for each in found] == [
        "Use A1",
        "Use B2",
        "Use A1",
        None,
    ]
    assert found[-1]["reason"]["code"] == "no_codes"


# -- with events, and written down ---------------------------------------------------------------------------------


async def test_a_call_with_events_may_carry_the_question(shop: Shop) -> None:
    shop.show("inside")
    event = {"type": "page", "anonymousId": "both", "messageId": "p-1", "context": {"locale": "en"}}
    body = {"batch": [event], "writeKey": BROWSER_KEY, "decide": {"placements": ["inside"]}}
    answer = (await shop.client.post("/v1/batch", json=body)).json()
    assert (answer["accepted"], answer["decisions"][0]["experience"]) == (1, "inside")
    single = {**event, "messageId": "p-2", "writeKey": BROWSER_KEY, "decide": {"placements": 7}}
    answer = (await shop.client.post("/v1/page", json=single)).json()
    assert (answer["accepted"], answer["decisions"], answer["error"]["code"]) == (1, [], "unreadable")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"placements": []}', 401), (b'{"writeKey": "no", "placements": []}', 401)],
)
async def test_an_unreadable_question_is_refused_as_the_other_doors_do(shop: Shop, body: bytes, status: int) -> None:
    answer = await shop.client.post("/v1/decide", content=body)
    assert (answer.status_code, set(answer.json())) == (status, {"success", "code", "message"})


async def test_other_methods_have_no_answer(shop: Shop) -> None:
    found = await shop.client.get("/v1/decide")
    assert (found.status_code, found.headers["allow"]) == (405, "POST, OPTIONS")
    assert (await shop.client.options("/v1/decide", headers={"Origin": "https://a.example"})).status_code == 204


async def test_a_decision_is_in_the_log_as_resas_own_word_and_counts_as_nobodys_activity(shop: Shop) -> None:
    shop.show("told")
    found = (await shop.ask("told", anonymousId="watched"))["told"]
    told = (await shop.logged())[-1]
    assert told["decision"] == found["id"]
    rows = shop.workspace.body.query(
        "SELECT source, anonymous_id, user_id FROM log WHERE name = 'Decision Made' ORDER BY row"
    )
    assert rows.to_pylist()[-1] == {"source": "resa", "anonymous_id": "watched", "user_id": None}
    with shop.workspace.state.read() as tx:
        number = shop.workspace.identities.find(tx, ["anon:watched"])["anon:watched"]
        from resa.kernel import profiles

        assert profiles.read(shop.workspace.state, tx, {number: [number]})[number].events == 0


async def test_an_exposure_is_believed_with_its_token_only(shop: Shop) -> None:
    shop.show("seen")
    found = (await shop.ask("seen"))["seen"]

    async def send(key: str, device: str, **properties: Any) -> dict[str, Any]:
        event = {"anonymousId": device, "event": "Experience Viewed", "properties": properties, "writeKey": key}
        answer: dict[str, Any] = (await shop.client.post("/v1/track", json=event)).json()
        return answer

    token = found["token"]
    assert (await send(BROWSER_KEY, "device-1", decision=token, variation="forged"))["accepted"] == 1
    assert (await send(BROWSER_KEY, "somebody-else", decision=token))["accepted"] == 0
    assert (await send(BROWSER_KEY, "device-1", decision=token[:-2] + "AA"))["accepted"] == 0
    assert (await send(BROWSER_KEY, "device-1", experience="seen", variation="only"))["accepted"] == 0
    assert (await send(SERVER_KEY, "device-1", experience="seen", variation="only"))["accepted"] == 1
    assert (await send(SERVER_KEY, "device-1", experience="seen", variation="none"))["accepted"] == 0
    viewed = await shop.logged("Experience Viewed")
    assert [(each["variation"], each["decision"]) for each in viewed] == [("only", found["id"]), ("only", None)]


# -- whatever happens ----------------------------------------------------------------------------------------------


async def test_a_state_store_that_hangs_gets_the_default_in_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read at once, so one reading finds out that it hangs; who comes after it does not wait."""
    shop.content("meanwhile", body={"text": "Meanwhile"})
    shop.show("hanging")
    shop.placement("hanging", default="meanwhile")
    await shop.ask("hanging")
    monkeypatch.setattr(shop.deciding, "_budget", 0.05)
    read_all = shop.deciding.people.read_all

    def hanging(wanted: Sequence[tuple[str, bool]]) -> list[Person]:
        time.sleep(0.4)
        return read_all(wanted)

    monkeypatch.setattr(shop.deciding.people, "read_all", hanging)
    await shop.ask("hanging", anonymousId="first")
    for who in ("second", "third"):
        started = time.monotonic()
        found = (await shop.ask("hanging", anonymousId=who))["hanging"]
        assert time.monotonic() - started < 0.39
        assert (found["content"]["body"], found["reason"]["code"]) == ({"text": "Meanwhile"}, "timeout")
    told = (await shop.logged())[-1]
    assert (told["placement"], told["reason"]) == ("hanging", "timeout")


async def test_a_state_store_that_is_away_gets_the_default_and_why(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy as sa

    def away(*_arguments: object, **_more: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, OSError("gone"))

    shop.show("away")
    await shop.ask("away")
    monkeypatch.setattr(shop.deciding.people, "read_all", away)
    found = (await shop.ask("away", anonymousId="other"))["away"]
    assert (found["content"], found["reason"]["code"]) == (None, "unavailable")


async def test_a_fault_of_ours_gets_the_default_and_why(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    shop.show("broken")
    monkeypatch.setattr(shop.deciding, "_answer", broken)
    found = (await shop.ask("broken"))["broken"]
    assert (found["content"], found["reason"]["code"]) == (None, "error")


async def test_an_audience_that_is_slow_is_not_waited_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.save("audience", "slow", name="Slow", rule={"trait": {"property": "plan", "op": "exists"}})
    shop.show("patient", audience="slow")
    shop.commit(identify(anon="waits", plan="gold"))
    monkeypatch.setattr(shop.workspace.memberships, "inside", lambda *_: None)
    found = (await shop.ask("patient", anonymousId="waits", context=GRANTED))["patient"]
    assert (found["content"], found["reason"]["code"]) == (None, "no_match")


async def test_a_body_that_is_down_stops_no_decision(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_arguments: object, **_more: object) -> None:
        raise OSError("the disk is gone")

    shop.save("persona", "ghosts", name="Ghosts", rule={"all": [{"match": {"name": "Order Completed"}}]})
    shop.show("bodyless")
    shop.content("ghost")
    shop.experience("ghost", "bodyless", "ghost", persona="ghosts", priority=90)
    shop.commit(draft(anon="here"))
    monkeypatch.setattr(type(shop.workspace.body), "query", down)
    monkeypatch.setattr(type(shop.workspace.body), "native", down)
    found = (await shop.ask("bodyless", anonymousId="here", context=GRANTED))["bodyless"]
    assert found["experience"] == "bodyless"


async def test_a_definition_that_can_no_longer_be_used_is_left_out_and_named(shop: Shop) -> None:
    """Written past the checks, as an older version of Resa might have."""
    shop.show("sound")
    shop.content("odd")
    shop.experience("odd", "sound", "odd", priority=99)
    with shop.workspace.state.write() as tx:
        tx.exec_driver_sql(
            "UPDATE definitions SET body = replace(body, '\"audience\":null', '\"audience\":\"NOT A KEY\"') WHERE key = 'odd' AND kind = 'experience'"
        )
    shop.show("other")  # whatever is saved makes everything be read anew
    assert (await shop.ask("sound"))["sound"]["experience"] == "sound"
    assert "experience:odd" in shop.deciding.sites.now().faults


async def test_a_program_that_says_so_is_shown_the_default(shop: Shop) -> None:
    shop.show("robots")
    found = (await shop.ask("robots", context={"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}))["robots"]
    assert (found["content"], found["reason"]["code"]) == (None, "bot")


async def test_an_identity_token_opens_what_is_known_of_the_user(shop: Shop, doors: Doors) -> None:
    source = doors.sources.find(BROWSER_KEY)
    assert source is not None
    secret = doors.sources.heed_identity(audit.SYSTEM, source.key, "accepted").identity_secret or ""
    shop.show("mine", body={"text": 'Hello {{ trait.firstName | default: "stranger" }}'})
    shop.commit(identify(user="grace", firstName="Grace"))
    token = hmac.new(secret.encode(), b"user:grace", "sha256").hexdigest()
    texts = [
        (await shop.ask("mine", userId="grace", identityToken=told, context=GRANTED))["mine"]["content"]["body"]["text"]
        for told in (token, token[::-1], None)
    ]
    assert texts == ["Hello Grace", "Hello stranger", "Hello stranger"]
