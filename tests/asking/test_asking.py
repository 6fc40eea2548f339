"""Who is asked, when, where, and how often: through the doors that pages and programs use."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

import pytest
import sqlalchemy as sa

from resa.channels.email import outbox
from resa.feedback.asking.tables import asks
from resa.kernel.contacts import Cap, Policy
from tests.asking.conftest import DAY, NPS, ORDERED, SERVER_KEY, Shop

FREE = Policy(caps=[])


async def test_after_an_order_the_customer_is_asked_once_and_the_log_knows(shop: Shop) -> None:
    shop.survey("after-order", trigger=ORDERED)
    assert await shop.due() is None
    shop.commit(shop.event())
    found = await shop.due()
    assert found is not None
    assert [question["key"] for question in found["form"]["questions"]] == ["nps", "why"]
    (asked,) = shop.logged("Survey Requested")
    assert (asked["survey"], asked["channel"], asked["sampled_probability"]) == ("after-order", "site", 1.0)
    assert asked["_row"]["source"] == "resa"
    again = await shop.due()
    assert again is not None
    assert again["request"] == found["request"] == asked["request"], "a page that died is not a second asking"
    await shop.post("dismissed", ask=found["ask"])
    assert await shop.due() is None
    assert len(shop.logged("Survey Requested")) == 1
    (gone,) = shop.logged("Survey Dismissed")
    assert (gone["request"], gone["_row"]["anonymous_id"]) == (found["request"], shop.device)


async def test_an_event_makes_one_asking_whatever_dies_when(shop: Shop) -> None:
    """The follower is given the same events again, as after a crash before its cursor moved."""
    shop.survey("after-order", trigger=ORDERED, rest="1 minute")
    order = shop.event()
    shop.commit(order)
    events = shop.workspace.tail.read(shop.first_row, 1000)
    assert events is not None

    def again(tx: sa.Connection) -> None:
        effect = shop.asking.triggers.prepare(events)
        assert effect is not None
        effect(tx)

    for _ in range(2):
        with shop.workspace.state.write() as tx:
            again(tx)
    assert len(shop.asks("after-order")) == 1
    with shop.workspace.state.write() as tx:  # also when what came of it is over
        tx.execute(asks.update().values(state="dismissed"))
        again(tx)
    assert len(shop.asks("after-order")) == 1


async def test_a_delay_is_kept_over_a_restart(shop: Shop) -> None:
    shop.survey("later", trigger={**ORDERED, "delay": "2 hours"})
    shop.commit(shop.event())
    assert await shop.due() is None
    (waiting,) = shop.asks("later", "waiting")
    assert waiting.next == waiting.due  # in the state store: a new process finds it there
    shop.clock.ahead = 2 * 3_600_000 + 1000
    shop.sweep()
    assert await shop.due() is not None


async def test_history_that_is_imported_asks_nobody(shop: Shop) -> None:
    shop.survey("after-order", trigger=ORDERED)
    shop.commit(
        shop.event(time=shop.clock() - 30 * DAY),
        shop.event("anon:bot", bot=True),
        shop.event("anon:sim", simulated=True),
    )
    assert shop.asks("after-order") == []


async def test_a_page_sees_what_its_own_device_earned_and_no_more(shop: Shop) -> None:
    """DECISIONS 28: an unproved user id opens nothing, a server's word does."""
    shop.survey("after-order", trigger=ORDERED)
    shop.commit(shop.event("user:ada"))
    assert await shop.due("device-9", userId="ada") is None
    assert await shop.due("device-9") is None
    assert await shop.due("device-9", userId="ada", key=SERVER_KEY) is not None


async def test_who_rests_is_left_alone_and_another_survey_is_not(shop: Shop) -> None:
    shop.survey("ces", trigger=ORDERED, rest="30 days")
    shop.survey("other", trigger={**ORDERED, "events": [{"type": "track", "name": "Ticket Closed"}]})
    shop.commit(shop.event())
    first = await shop.due()
    assert first is not None
    await shop.post("dismissed", ask=first["ask"])
    shop.clock.ahead = 5 * DAY
    shop.commit(shop.event())
    assert await shop.due() is None
    (dropped,) = shop.asks("ces", "dropped")
    assert dropped.why == "own_cap"
    shop.commit(shop.event(name="Ticket Closed"))
    other = await shop.due()
    assert other is not None
    shop.clock.ahead = 40 * DAY
    shop.commit(shop.event())
    assert await shop.due() is not None


async def test_the_policy_says_no_and_the_ledger_says_why(shop: Shop) -> None:
    shop.policy(Policy(caps=[Cap(kinds=["survey"], most=1, per="7 days")]))
    shop.survey("one", trigger=ORDERED)
    shop.survey("two", trigger={**ORDERED, "events": [{"type": "track", "name": "Ticket Closed"}]})
    shop.commit(shop.event())
    first = await shop.due()
    assert first is not None
    await shop.post("dismissed", ask=first["ask"])
    shop.commit(shop.event(name="Ticket Closed"))
    assert await shop.due() is None
    with shop.workspace.state.read() as tx:
        held = [each for each in shop.workspace.contacts.of(tx, [f"anon:{shop.device}"]) if each.state == "held_back"]
    assert [(each.what, each.rule) for each in held] == [("survey:two", "at most 1 of survey per 7 days")]


async def test_a_share_is_sampled_the_same_way_each_time(shop: Shop) -> None:
    shop.policy(FREE)
    shop.survey("some", sample=0.3, rest="1 minute")
    chosen = [device for device in map(str, range(200)) if await shop.due(device) is not None]
    assert 40 <= len(chosen) <= 80
    assert {each["sampled_probability"] for each in shop.logged("Survey Requested")} == {0.3}
    shop.clock.ahead = DAY
    again = [device for device in map(str, range(60)) if await shop.due(device) is not None]
    assert again == [device for device in chosen if int(device) < 60]


async def test_a_denied_consent_is_heeded_at_once(shop: Shop) -> None:
    shop.survey("site")
    told = {"consent": {"categoryPreferences": {"analytics": False}}}
    assert await shop.due(context=told) is None
    shop.survey("bought", purpose="marketing")
    shop.survey("site", status="paused")
    assert await shop.due() is None
    assert await shop.due(context={"consent": {"categoryPreferences": {"marketing": True}}}) is not None


async def test_only_on_its_pages(shop: Shop) -> None:
    shop.survey("help", pages=[{"pattern": "https://shop.example/help*"}])
    assert await shop.due(url="https://shop.example/") is None
    assert await shop.due(url="https://shop.example/help/1") is not None


async def test_only_where_the_page_has_its_placement(shop: Shop) -> None:
    shop.save("placement", "cart-below", name="Below the cart")
    shop.survey("placed", placement="cart-below")
    answer = await shop.post("due", anonymousId=shop.device, context={})
    assert answer["survey"] is None
    assert answer["places"] == {"cart-below": '[data-resa-placement="cart-below"]'}
    assert await shop.due(placements=["home-hero"]) is None
    assert shop.asks("placed") == [], "no place in anybody's budget is taken for it"
    found = await shop.due(placements=["home-hero", "cart-below"])
    assert found is not None
    assert found["place"] == {"selector": '[data-resa-placement="cart-below"]', "position": "append"}
    assert await shop.due() is None, "the next page lacks it"


async def test_a_full_survey_asks_nobody_by_any_way(shop: Shop) -> None:
    """Its quota is of answers: who has begun goes on, who was only asked and everybody else is left alone."""
    shop.survey("few", quota=1, channels=["site", "api"])
    answering, asked = await shop.due("device-answering"), await shop.due("device-asked")
    assert answering is not None
    assert asked is not None
    proofs = {"ask": answering["ask"], "token": answering["token"]}
    await shop.post("answers", **proofs, answers={"nps": 9})
    assert await shop.due("device-asked") is None
    assert await shop.due("device-new") is None
    again = await shop.due("device-answering")
    assert again is not None
    assert again["answers"] == {"nps": 9}
    await shop.post("answers", **proofs, answers={"why": "Good."}, final=True)
    assert await shop.due("device-new") is None

    agreed = json.dumps({"consent": {"categoryPreferences": {"marketing": True}}})
    shop.policy(Policy(quiet=[]))
    shop.survey("by-phone", quota=1, channels=["api"], trigger=ORDERED)
    shop.commit(shop.event("user:first", context=agreed), shop.event("user:second", context=agreed))
    assert len(shop.asks("by-phone", "waiting")) == 2
    answer = {"user_id": "somebody", "answers": {"nps": 3, "why": "Late."}}
    api = {"Authorization": "Bearer " + shop.key("read", "events:write")}
    taken = await shop.client.post("/api/surveys/by-phone/responses", json=answer, headers=api)
    assert taken.status_code in (200, 201), taken.text
    assert shop.asking.fetching.take("sms", None, 10) == []
    shop.commit(shop.event("user:third", context=agreed))
    assert [(ask.identity, ask.why) for ask in shop.asks("by-phone", "dropped")] == [("user:third", "full")]
    told = (await shop.client.get("/api/survey-asking/by-phone", headers=api)).json()
    assert told["full"] is True
    assert told["quotas"] == [{"question": None, "option": None, "wanted": 1, "taken": 1}]


async def test_quotas_of_the_first_question_shut_a_survey_together(shop: Shop) -> None:
    options = [{"key": key, "text": {"en": key}, "quota": 1} for key in ("north", "south")]
    where = {"key": "where", "kind": "single", "text": {"en": "Where?"}, "options": options, "required": True}
    shop.survey("regions", questions=[where, NPS])
    for number, region in enumerate(("north", "south")):
        found = await shop.due(f"device-region-{number}")
        assert found is not None, region
        await shop.post("answers", ask=found["ask"], token=found["token"], answers={"where": region})
    assert await shop.due("device-region-2") is None


async def test_audiences_decide_and_never_show(shop: Shop) -> None:
    """Whom a survey is for, and questions that only some are asked; a page learns of neither."""
    bought = {"did": {"any": [{"type": "track", "name": "Order Completed"}], "at_least": 1}}
    shop.save("audience", "secret-buyers", name="Buyers nobody may know of", rule=bought)
    extra = {"key": "extra", "kind": "single", "text": {"en": "Which?"}, "show_if": [{"audience": "secret-buyers"}],
             "options": [{"key": "a", "text": {"en": "A"}}, {"key": "b", "text": {"en": "B"}}]}  # fmt: skip
    shop.survey("all", questions=[{"key": "nps", "kind": "nps", "text": {"en": "Recommend?"}}, extra], rest="1 minute")
    shop.survey("buyers", audience="secret-buyers", priority=90)
    shop.commit(shop.event("anon:buyer"), shop.event("anon:looker", "Product Viewed"))
    await live(shop, "secret-buyers", "anon:buyer")
    looker = await shop.due("looker")
    assert looker is not None
    assert [question["key"] for question in looker["form"]["questions"]] == ["nps"]
    buyer = await shop.due("buyer")
    assert buyer is not None
    assert [ask.state for ask in shop.asks("buyers")] == ["asked"]
    await shop.post("dismissed", ask=buyer["ask"])
    second = await shop.due("buyer")
    assert second is not None
    assert [question["key"] for question in second["form"]["questions"]] == ["nps", "extra"]
    assert "secret" not in json.dumps([looker, buyer, second])


async def live(shop: Shop, audience: str, member: str) -> None:
    """Wait until somebody is known to belong to an audience."""
    until = time.monotonic() + 20
    while True:
        with shop.workspace.state.read() as tx:
            number = shop.workspace.identities.find(tx, [member]).get(member)
        if number is not None and shop.workspace.memberships.inside(
            audience, shop.workspace.identities.profile(number)
        ):
            return
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


async def test_traits_are_told_only_to_who_agreed(shop: Shop) -> None:
    shop.survey("site", rest="1 minute")
    shop.commit(shop.identify(shop.device, firstName="Ada", email="ada@example.com"))
    found = await shop.due()
    assert found is not None
    assert found["form"]["questions"][1]["text"] == "You gave {answer.nps}. Why, friend?"
    agreed = {"consent": {"categoryPreferences": {"personalization": True}}}
    again = await shop.due(context=agreed)
    assert again is not None
    assert again["form"]["questions"][1]["text"] == "You gave {answer.nps}. Why, Ada?"
    assert "example.com" not in json.dumps(again)


async def test_answers_are_kept_as_they_come_and_told_once(shop: Shop) -> None:
    shop.survey("site")
    found = await shop.due()
    assert found is not None
    proof = {"token": found["token"], "ask": found["ask"], "language": "sv"}
    assert await shop.post("shown", ask=found["ask"], context={"page": {"url": "https://shop.example/"}})
    assert (await shop.post("answers", **proof, answers={"nps": 3}))["success"]
    begun = await shop.due()
    assert begun is not None
    assert begun["answers"] == {"nps": 3}
    refused = await shop.post("answers", **proof, answers={"nps": 11}, final=True)
    assert refused["refused"] == {"nps": "Välj ett av värdena."} or "nps" in refused["refused"]
    for _ in range(2):
        assert (await shop.post("answers", **proof, answers={"nps": 3, "why": "Slow"}, final=True))["success"]
    (answer,) = shop.logged("Survey Answered")
    assert (answer["score"], answer["comment"], answer["request"], answer["channel"]) == (
        3,
        "Slow",
        found["request"],
        "site",
    )
    assert answer["_row"]["anonymous_id"] == shop.device
    assert await shop.due() is None
    assert [ask.state for ask in shop.asks("site")] == ["answered"]
    (seen,) = shop.logged("Survey Shown")
    assert (seen["request"], seen["_row"]["page_url"]) == (found["request"], "https://shop.example/")


@pytest.mark.parametrize("what", ["answers", "shown", "dismissed"])
async def test_forged_and_foreign_proofs_change_nothing(shop: Shop, what: str) -> None:
    shop.survey("one", rest="1 minute")
    shop.survey("two", rest="1 minute", status="paused")
    found = await shop.due()
    assert found is not None
    shop.survey("one", status="paused")
    shop.survey("two", rest="1 minute")
    other = await shop.due("device-2")
    assert other is not None
    wrong: list[dict[str, Any]] = [
        {},
        {"ask": "", "token": ""},
        {"ask": found["token"], "token": found["ask"]},
        {"ask": found["ask"][:-2] + "AA", "token": found["token"][:-2] + "AA"},
        {"ask": 5, "token": ["x"], "answers": "no"},
    ]
    if what == "answers":
        wrong.append({"ask": other["ask"], "token": found["token"], "answers": {"nps": 1}})
    for body in wrong:
        answer = await shop.post(what, **{"answers": {"nps": 1}, **body})
        assert answer["success"] is False, body
    assert [ask.state for ask in (*shop.asks("one"), *shop.asks("two"))] == ["asked", "asked"]
    assert shop.logged("Survey Answered") == []


async def test_anonymous_answers_lead_to_nobody(shop: Shop) -> None:
    shop.survey("secret", anonymous=True)
    found = await shop.due()
    assert found is not None
    body = {"token": found["token"], "ask": found["ask"], "answers": {"nps": 2, "why": "Bad"}, "final": True}
    assert (await shop.post("answers", **body))["success"]
    shop.workspace.settle()
    rows = shop.workspace.body.query("SELECT name, properties FROM log WHERE row >= ?", [shop.first_row]).to_pylist()
    assert not any("Bad" in row["properties"] for row in rows if row["name"] != "Survey Answered")
    assert [ask.state for ask in shop.asks("secret")] == ["answered"]
    assert (await shop.post("answers", **{**body, "answers": {"nps": 9}})).get("closed") is not None


async def test_turns_are_spread_over_the_round(shop: Shop) -> None:
    """A quarterly survey of 300 people: no week has more than twice its share, everybody has one turn in a round."""
    people = [shop.identify(f"p{number}", email=f"p{number}@example.com") for number in range(300)]
    shop.survey("quarterly", channels=["api"], trigger={"kind": "relational", "every": "90 days"}, purpose="analytics")
    shop.sweep()
    shop.commit(*people)
    for _ in range(15):
        shop.clock.ahead += 6 * DAY
        shop.sweep()
    found = [ask for ask in shop.asks("quarterly") if ask.identity.startswith("anon:p")]
    assert len(found) == 300
    weeks = [0] * 15
    for ask in found:
        weeks[min(14, (ask.due - found[0].due) // (6 * DAY))] += 1
    assert max(weeks) <= 2 * 300 / 15
    shop.clock.ahead += DAY
    shop.sweep()
    assert len({ask.identity for ask in shop.asks("quarterly")} & {ask.identity for ask in found}) == 300


async def test_other_senders_take_what_is_due_each_once(shop: Shop) -> None:
    shop.policy(Policy(quiet=[]))
    shop.survey("sms", channels=["api"], trigger=ORDERED)
    agreed = json.dumps({"consent": {"categoryPreferences": {"marketing": True}}})
    shop.commit(shop.event("user:ada", context=agreed), shop.event("user:bob"))
    taken = shop.asking.fetching.take("sms", None, 10)
    assert [each.ask.identity for each in taken] == ["user:ada"]
    assert "/s/I" in taken[0].link
    assert shop.asking.fetching.take("sms", None, 10) == []
    assert [(each["channel"], each["_row"]["user_id"]) for each in shop.logged("Survey Requested")] == [("api", "ada")]
    assert [(ask.identity, ask.why) for ask in shop.asks("sms", "dropped")] == [("user:bob", "not reachable")]


async def test_an_answer_changes_the_next_experience_at_once(shop: Shop) -> None:
    """A bad score -> an audience -> another banner: within a second of the answer."""
    low = {"property": "score", "op": "less", "value": 7}
    did = {"any": [{"type": "track", "name": "Survey Answered", "where": [low]}], "at_least": 1}
    shop.save("audience", "unhappy", name="Unhappy", rule={"did": did})
    shop.save("placement", "hero", name="Hero")
    versions = [{"language": "en", "body": {"text": "Sorry"}}]
    shop.save("content", "sorry", name="Sorry", type="text", versions=versions, approval="approved")
    shop.save(
        "experience", "sorry", name="Sorry", placement="hero", status="live", holdout=0.0, audience="unhappy",
        variations=[{"key": "only", "content": "sorry"}],
    )  # fmt: skip
    shop.survey("site")
    shop.commit(shop.event(name="Product Viewed"))
    agreed = {"consent": {"categoryPreferences": {"personalization": True}}}
    found = await shop.due(context=agreed)
    assert found is not None
    assert await decided(shop, agreed) is None
    await shop.post("answers", token=found["token"], ask=found["ask"], answers={"nps": 2}, final=True)
    answered = time.monotonic()
    while await decided(shop, agreed) != "sorry":
        assert time.monotonic() - answered < 5
        await asyncio.sleep(0.02)
    assert time.monotonic() - answered < 1.0


async def decided(shop: Shop, context: dict[str, Any]) -> str | None:
    """The experience that a page shows."""
    body = {"writeKey": "wk_browser", "anonymousId": shop.device, "placements": ["hero"], "context": context}
    answer = (await shop.client.post("/v1/decide", json=body)).json()
    found: str | None = answer["decisions"][0]["experience"]
    return found


SENDER = {"host": "127.0.0.1", "port": 2525, "security": "none", "from_address": "hello@shop.example"}


async def test_by_mail_each_answer_is_a_link_that_leads_to_its_page(shop: Shop) -> None:
    shop.save("email-sender", "default", **SENDER)
    shop.survey("mailed", channels=["site", "email"], trigger=ORDERED)
    agreed = {"consent": {"categoryPreferences": {"marketing": True}}}
    who = f"user:{shop.device}"
    traits = json.dumps({"email": "ada@example.com", "locale": "sv-SE", "preferred_channel": "email"})
    shop.commit(shop.event(who, "", type="identify", properties=traits, context=json.dumps(agreed)))
    shop.commit(shop.event(who))
    (asked,) = shop.logged("Survey Requested")
    assert (asked["channel"], asked["_row"]["user_id"]) == ("email", shop.device)
    with shop.workspace.state.read() as tx:
        (queued,) = tx.execute(outbox.table.select().where(outbox.table.c.what == "survey:mailed")).all()
        (contact,) = shop.workspace.contacts.of(tx, [who])
    assert (queued.address, queued.state, queued.contact) == ("ada@example.com", "queued", contact.id)
    assert (contact.kind, contact.what, contact.state) == ("email", "survey:mailed", "reserved")
    content = json.loads(queued.content)
    assert content["values"]["question"] == "Hur troligt?"
    links = content["values"]["links"]
    assert [link["label"] for link in links] == [str(number) for number in range(11)]
    path = links[9]["url"].partition("/s/")[2]
    page = await shop.client.get(f"/s/{path}", follow_redirects=True)
    assert page.status_code == 200
    assert "Hur troligt?" in page.text
    assert shop.logged("Survey Answered") == [], "opening a link answers nothing: programs open links too"


def agreeing(shop: Shop, who: str, email: str) -> Any:
    """Somebody says who they are, and that they may be written to."""
    agreed = {"consent": {"categoryPreferences": {"marketing": True}}}
    return shop.event(who, "", type="identify", properties=json.dumps({"email": email}), context=json.dumps(agreed))


async def test_an_order_that_comes_with_the_first_identification_is_asked_about(shop: Shop) -> None:
    """Address and consent are folded a moment after the order is seen: the asking waits for that moment."""
    shop.save("email-sender", "default", **SENDER)
    shop.survey("mailed", channels=["email"], trigger=ORDERED)
    for number in range(4):
        who = f"user:{shop.device}-{number}"
        drafts = [agreeing(shop, who, f"u{number}@example.com"), shop.event(who)]
        shop.workspace.committer.submit_sync(drafts)  # and nobody waits until it is known everywhere
        until = time.monotonic() + 30
        while len(shop.asks("mailed", "waiting")) + len(shop.asks("mailed")) == number or shop.asks(
            "mailed", "waiting"
        ):
            assert time.monotonic() < until
            shop.asking.sweeper.sweep()
    assert [(ask.state, ask.why) for ask in shop.asks("mailed")] == [("asked", None)] * 4


async def test_what_is_no_address_keeps_nobody_else_waiting(shop: Shop) -> None:
    shop.save("email-sender", "default", **SENDER)
    shop.survey("mailed", channels=["email"], trigger=ORDERED)
    wrong = ["eve@example.com, all@example.com", "Eve <eve@example.com>", "eve@-x", "eve@@example.com", "eve@a..b"]
    for number, email in enumerate([*wrong, " ada@example.com "]):
        who = f"user:{shop.device}-{number}"
        shop.commit(agreeing(shop, who, email))
        shop.commit(shop.event(who))
    whys = [ask.why for ask in shop.asks("mailed")]
    assert whys == ["not reachable"] * len(wrong) + [None]


async def test_an_asking_that_came_to_nothing_meanwhile_takes_no_place(shop: Shop) -> None:
    """It was read as waiting, and is over by the time its turn comes: a place taken for it would be nobody's."""
    shop.save("email-sender", "default", **SENDER)
    shop.survey("mailed", channels=["email"], trigger={**ORDERED, "delay": "1 hour"})
    who = f"user:{shop.device}"
    shop.commit(agreeing(shop, who, "ada@example.com"))
    shop.commit(shop.event(who))
    (waiting,) = shop.asks("mailed", "waiting")
    said = json.dumps({"survey": "mailed", "metric": "nps", "score": 9})
    shop.commit(shop.event(who, "Survey Answered", properties=said))
    shop.clock.ahead += 2 * 3_600_000
    assert shop.asking.attending.attend(waiting) is None
    with shop.workspace.state.read() as tx:
        assert shop.workspace.contacts.of(tx, [who]) == []


async def test_who_did_not_agree_gets_no_mail(shop: Shop) -> None:
    shop.save("email-sender", "default", **SENDER)
    shop.survey("mailed", channels=["email"], trigger=ORDERED)
    shop.commit(shop.event(f"user:{shop.device}", "", type="identify", properties='{"email": "bob@example.com"}'))
    shop.commit(shop.event(f"user:{shop.device}"))
    assert [ask.why for ask in shop.asks("mailed")] == ["not reachable"]


async def test_a_survey_that_waits_for_its_page_keeps_its_place_for_a_while(shop: Shop) -> None:
    """One place a week, an order a day with a survey after each, and one in rounds that only the account page shows."""
    shop.policy(Policy(caps=[Cap(kinds=["survey"], most=1, per="7 days")]))
    every = {"kind": "relational", "every": "12 days"}
    shop.survey("rare", trigger=every, pages=[{"pattern": "/account"}], rest="10 days")
    shop.survey("ces", trigger=ORDERED, rest="1 day")
    shop.sweep()
    shop.commit(shop.event(name="Product Viewed"))
    for day in range(24):
        shop.clock.ahead += DAY
        shop.commit(shop.event())
        for page in ("/", "/account") if day % 4 == 3 else ("/",):
            if (found := await shop.due(url=f"https://shop.example{page}")) is not None:
                await shop.post("dismissed", ask=found["ask"])
    asked = sorted(
        (ask.asked_at, ask.survey) for each in ("ces", "rare") for ask in shop.asks(each) if ask.asked_at is not None
    )
    assert all(later[0] - earlier[0] >= 7 * DAY for earlier, later in itertools.pairwise(asked))
    assert {survey for _, survey in asked} == {"ces", "rare"}
    assert len(asked) >= 3


async def test_who_never_comes_by_the_page_does_not_keep_the_place_for_ever(shop: Shop) -> None:
    shop.policy(Policy(caps=[Cap(kinds=["survey"], most=1, per="7 days")]))
    shop.survey("rare", trigger={"kind": "relational", "every": "1 day"}, pages=[{"pattern": "/nowhere"}], rest="1 day")
    shop.sweep()
    shop.commit(shop.event(name="Product Viewed"))
    shop.clock.ahead += DAY
    assert await shop.due() is None
    (waiting,) = shop.asks("rare")
    with shop.workspace.state.write() as tx:
        tx.execute(asks.update().values(until=shop.clock() + 400 * DAY, next=None))
    shop.survey("ces", trigger=ORDERED, rest="1 day")
    shop.commit(shop.event())
    assert [ask.why for ask in shop.asks("ces")] == ["cap"], "the one that was first keeps its place"
    shop.clock.ahead += 15 * DAY
    assert await shop.due() is None
    shop.commit(shop.event())
    assert await shop.due() is not None
    assert waiting.contact is not None
