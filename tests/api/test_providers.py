"""What providers tell of mails: proven, stored before it is acknowledged, and never believed of anybody else."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import pkgutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anymail.webhooks
import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from coldframe.activity import arrivals, digesting, provider_events, providers, source_counts, sources
from coldframe.activity.addressees import Addressee
from coldframe.activity.models import Arrival, Event, Feedback, Source
from coldframe.activity.provider_digest import ProviderDigester
from coldframe.activity.provider_events import ProviderEvent
from coldframe.activity.providers import NotSecured, UnknownProvider
from coldframe.api import anymail_views, notifications, subscriptions
from coldframe.api import providers as receiver
from coldframe.leads.models import Lead, Suppression
from tests import world
from tests.api import amazon
from tests.api import provider_calls as calls
from tests.api.provider_calls import ANNA, CALLS, PASSWORD, TOPIC, Call
from tests.world import NOW

pytestmark = pytest.mark.django_db

TOUCH = UUID("0123456789abcdef0123456789abcdef")
OTHERS = {"base", "sendinblue"}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    monkeypatch.setattr(settings, "BASE_URL", "http://localhost:8080")
    monkeypatch.setattr(notifications, "fetch", amazon.show_certificate)
    source_counts._written_at.clear()
    yield
    source_counts._waiting.clear()


def add_source(provider: str = "sendgrid", **more: Any) -> None:
    secret = CALLS[provider][0]
    providers.add_provider("esp", provider=provider, at=NOW, secret=secret, settings={"topic": TOPIC, **more})


def post(call: Call, name: str = "esp") -> Any:
    return Client().post(
        f"/hooks/providers/{name}", data=call.body, content_type=call.content_type, headers=dict(call.headers)
    )


def post_events(*events: dict[str, Any]) -> Any:
    return post(calls.sendgrid(*events))


def event(**changes: object) -> dict[str, Any]:
    return calls.sendgrid_event(TOUCH.hex, **changes)


def refused() -> dict[str, int]:
    return Source.objects.get().refused


def stored() -> list[ProviderEvent]:
    return [provider_events.read(bytes(each.body)) for each in Arrival.objects.order_by("id")]


def anna_was_written() -> Lead:
    return world.anna()


def digest(lead: Lead | None = None, digester: ProviderDigester | None = None) -> None:
    """Digest what waits; the touch was for a lead, where one is given."""

    def find(touches: Collection[UUID], /) -> dict[UUID, Addressee]:
        if lead is None:
            return {}
        found = Addressee(lead_id=lead.pk, account_id=lead.account_id, emails=frozenset({ANNA}))
        return {TOUCH: found} if TOUCH in touches else {}

    digesters = {"PROVIDER": digester or ProviderDigester(find_addressees=find)}
    while digesting.run_turn(digesters=digesters, at=NOW):
        pass


def aside() -> list[str]:
    found = Arrival.objects.filter(state="QUARANTINED").order_by("id")
    return list(found.values_list("reason", flat=True))


def test_there_is_a_way_to_prove_for_every_provider_that_anymail_reads() -> None:
    read = {each.name for each in pkgutil.iter_modules(anymail.webhooks.__path__)} - OTHERS

    assert set(providers.PROVIDERS) == set(anymail_views.NAMES) == set(CALLS) == read


@pytest.mark.parametrize("provider", CALLS)
def test_a_dead_address_is_read_the_same_from_every_provider(provider: str) -> None:
    add_source(provider)

    answer = post(CALLS[provider][1](TOUCH.hex))

    [found] = stored()
    assert answer.status_code == 200
    assert (found.touch, found.recipient, found.source) == (TOUCH, ANNA, "esp")
    assert (found.is_permanent, found.is_received_time) == (True, False)
    assert found.at == datetime.fromtimestamp(calls.STAMP, tz=UTC)
    assert found.type == ("failed" if provider == "postal" else "bounced")
    digest(anna_was_written())
    assert set(Feedback.objects.values_list("touch", "kind")) == {(TOUCH, "HARD_BOUNCED")}
    assert Suppression.objects.filter(email=ANNA, reason="HARD_BOUNCE").exists()


@pytest.mark.parametrize("provider", CALLS)
def test_a_call_that_is_not_proven_is_counted_and_nothing_of_it_is_stored(provider: str) -> None:
    add_source(provider)
    good = CALLS[provider][1](TOUCH.hex)
    changed = good.body.replace(b"anna", b"anno")
    forged = [
        replace(good, headers={name: "no" for name in good.headers if not name.startswith("x-amz")}),
        replace(good, headers={**good.headers, **calls.basic("esp:wrong horse battery")}, body=changed),
    ]
    if provider in ("mailgun", "unisender_go"):
        # Their proof lies in the body, and Mailgun's is not of the event.
        forged = [replace(good, body=good.body.replace(b'": "', b'": "0', 3))]
    bare = replace(good, headers={name: v for name, v in good.headers.items() if name.startswith("x-amz")})

    answers = {post(each).status_code for each in forged}
    without = post(bare).status_code if bare.headers != good.headers else 401

    assert answers == {403}
    assert without == (401 if PASSWORD in CALLS[provider][0] else without)
    assert without in (401, 403)
    assert not Arrival.objects.exists()
    assert sum(refused().values()) == 1, "the first of a second is written at once"


def test_refusals_within_a_second_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    add_source()
    bad = replace(calls.sendgrid(event()), headers={})
    for _ in range(5):
        post(bad)
    first = refused()
    monkeypatch.setenv("COLDFRAME_NOW", (NOW + timedelta(seconds=2)).isoformat())

    post(bad)

    assert (first, refused()) == ({"wrong_signature": 1}, {"wrong_signature": 6})


def test_a_refusal_stays_one_while_the_counter_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    add_source()
    bad = replace(calls.sendgrid(event()), headers={})

    def locked(**kwargs: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as busy:
        busy.setattr(sources, "note", locked)
        assert (post(bad).status_code, post_events(event()).status_code) == (403, 200)
    monkeypatch.setenv("COLDFRAME_NOW", (NOW + timedelta(seconds=2)).isoformat())
    post(bad)

    assert refused() == {"wrong_signature": 2}
    assert Arrival.objects.count() == 1


@pytest.mark.parametrize("days", [-3, 1])
@pytest.mark.parametrize("provider", ["mailgun", "resend"])
def test_an_old_signature_is_a_replay(provider: str, days: int) -> None:
    add_source(provider)
    make: Any = {"mailgun": calls.mailgun, "resend": calls.resend}[provider]

    answer = post(make(TOUCH.hex, at=calls.STAMP + days * 86_400))

    assert (answer.status_code, refused()) == (403, {"old_signature": 1})
    assert not Arrival.objects.exists()


def test_a_foreign_topic_is_refused_and_never_subscribed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    add_source("amazon_ses")
    opened: list[str] = []
    monkeypatch.setattr(subscriptions, "fetch", lambda address: opened.append(address) or 200)
    foreign = TOPIC.replace("123456789012", "210987654321")

    told = post(calls.notification("{}", topic=foreign))
    asked = post(calls.notification("", kind="SubscriptionConfirmation", topic=foreign, Token="abc"))

    assert (told.status_code, asked.status_code, opened) == (403, 403, [])
    assert set(refused()) == {"foreign_topic"}


@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation"])
def test_what_amazon_did_not_sign_has_no_effect_whoever_knows_the_password(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_source("amazon_ses")
    opened: list[str] = []
    monkeypatch.setattr(subscriptions, "fetch", lambda address: opened.append(address) or 200)
    told = json.loads(calls.notification("{}", kind=kind, Token="abc").body)
    unsigned = {name: each for name, each in told.items() if not name.startswith("Sign")}

    for forged in (unsigned, {**told, "Message": '{"eventType": "Complaint"}'}):
        call = replace(calls.notification("{}", kind=kind), body=json.dumps(forged).encode())
        assert post(call).status_code == 403

    assert (opened, Arrival.objects.count(), set(refused())) == ([], 0, {"wrong_signature"})


def test_a_notification_of_long_ago_is_a_replay() -> None:
    add_source("amazon_ses")

    answer = post(calls.notification("{}", Timestamp=(NOW - timedelta(days=3)).isoformat()))

    assert (answer.status_code, refused()) == (403, {"old_signature": 1})


def test_a_subscription_is_confirmed_at_amazon_whatever_address_it_brings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_source("amazon_ses")
    opened: list[str] = []
    monkeypatch.setattr(subscriptions, "fetch", lambda address: opened.append(address) or 200)

    answer = post(
        calls.notification(
            "",
            kind="SubscriptionConfirmation",
            Token="abc",
            SubscribeURL="https://evil.example/sns.amazonaws.com",
        )
    )

    assert answer.status_code == 200
    [address] = opened
    assert address == (
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Amail&Token=abc&Version=2010-03-31"
    )


def test_a_subscription_that_amazon_does_not_take_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    add_source("amazon_ses")
    monkeypatch.setattr(subscriptions, "fetch", lambda address: 500)

    answer = post(calls.notification("", kind="SubscriptionConfirmation", Token="abc"))

    assert answer.status_code == 502


def test_an_unknown_touch_is_visible_and_has_no_effect() -> None:
    add_source()

    assert post_events(event()).status_code == 200
    digest()

    assert aside() == ["Unmatched: no touch of this installation has this id."]
    assert (Feedback.objects.count(), Event.objects.count(), Suppression.objects.count()) == (0, 0, 0)


def test_what_was_set_aside_is_set_aside_once_however_often_it_is_told() -> None:
    add_source()
    for _ in range(3):
        post_events(event(), calls.sendgrid_event("", sg_event_id="e2"))
        digest()

    assert aside() == [
        "Unmatched: no touch of this installation has this id.",
        "Unmatched: it names no touch.",
    ]


def test_of_a_thousand_events_three_broken_cost_none_of_the_others() -> None:
    add_source()
    events = [event(event="delivered", sg_event_id=f"e{i}") for i in range(1_000)]
    broken: list[Any] = list(events)
    broken[3], broken[500], broken[999] = {"email": ANNA}, "no object", {"event": ["odd"], "timestamp": "x"}

    answer = post_events(*broken)
    digest(anna_was_written())

    assert answer.status_code == 200
    assert sorted(aside()) == [
        "An event that cannot be read: KeyError (event is missing)",
        "An event that cannot be read: TypeError",
        "An event that cannot be read: TypeError",
    ]
    assert list(Feedback.objects.values_list("kind", flat=True)) == ["DELIVERED"]


def test_what_cannot_be_read_is_kept_as_a_whole_however_long_it_is() -> None:
    add_source("postmark")
    body = b"{" + b"x" * 300_000

    post(replace(calls.postmark(TOUCH.hex), body=body))

    assert bytes(Arrival.objects.get().body) == body


def test_a_body_that_is_no_json_is_kept_with_the_reason() -> None:
    add_source("postmark")

    answer = post(replace(calls.postmark(TOUCH.hex), body=b"{nonsense"))
    digest()

    assert (answer.status_code, aside()) == (200, ["An event that cannot be read: JSONDecodeError"])


def test_an_unknown_type_is_kept_raw_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    add_source()
    lead = anna_was_written()
    found = Addressee(lead_id=lead.pk, account_id=lead.account_id, emails=frozenset({ANNA}))
    digester = ProviderDigester(find_addressees=lambda touches, /: {TOUCH: found})

    for number in range(3):
        answer = post_events(event(event="teleported", sg_event_id=f"e{number}", news={"Depth": 2}))
        digest(digester=digester)

    assert answer.status_code == 200
    assert aside() == ["A kind of event that is not known: teleported"] * 3
    assert '"news": {"Depth": 2}' in stored()[0].raw
    assert not Feedback.objects.exists()
    assert [each.message for each in caplog.records if each.levelno == logging.WARNING].count(
        "a provider tells of something unknown"
    ) == 1


def test_nothing_of_other_people_is_kept_of_an_event_that_is_understood() -> None:
    add_source()

    post_events(event(smtp_to=["ben@northwind.example"]))

    assert "ben@northwind.example" not in bytes(Arrival.objects.get().body).decode()


def test_an_event_about_another_address_has_no_effect_and_is_counted() -> None:
    add_source()

    assert post_events(event(email="ben@northwind.example")).status_code == 200
    digest(anna_was_written())

    assert aside() == ["It is about another address than the touch's mail went to."]
    assert refused() == {"other_recipient": 1}
    assert (Feedback.objects.count(), Suppression.objects.count()) == (0, 0)


def test_case_makes_no_other_address() -> None:
    add_source()

    post_events(event(email="Anna@Brightpath.example"))
    digest(anna_was_written())

    assert (aside(), Feedback.objects.count()) == ([], 1)


def test_what_is_told_of_somebody_erased_is_dropped() -> None:
    add_source()
    lead = anna_was_written()
    gone = Addressee(lead_id=lead.pk, account_id=lead.account_id, emails=frozenset())

    post_events(event())
    digest(digester=ProviderDigester(find_addressees=lambda touches, /: {TOUCH: gone}))

    assert (Arrival.objects.count(), Feedback.objects.count()) == (0, 0)


@pytest.mark.parametrize("told", [0, 4_070_908_800, None, "soon"])
def test_an_instant_that_cannot_be_is_when_it_was_received_and_marked(told: object) -> None:
    add_source()

    post_events(
        event(timestamp=told) if told is not None else {k: v for k, v in event().items() if k != "timestamp"}
    )

    if told == "soon":
        # Anymail stumbles over it; the event is kept.
        digest()
        assert aside() == ["An event that cannot be read: TypeError"]
        return
    [found] = stored()
    assert (found.at, found.is_received_time) == (NOW, True)


@pytest.mark.parametrize("timestamp", [10**18, 10**30, -(10**18), 10**400])
def test_an_instant_that_no_clock_has_costs_the_other_events_nothing(timestamp: int) -> None:
    add_source()

    answer = post_events(event(timestamp=timestamp), event(sg_event_id="e2"))

    assert answer.status_code == 200
    assert len(Arrival.objects.all()) == 2
    assert [each.about.get("unread", "")[:6] for each in Arrival.objects.order_by("id")] == ["An eve", ""]


def test_opens_and_clicks_arrive_as_hits_with_what_the_provider_says_of_them() -> None:
    add_source()

    post_events(
        event(event="open", sg_event_id="o", sg_machine_open=True, ip="192.0.2.7", useragent="Mozilla/5.0"),
        event(event="click", sg_event_id="c", url="https://brightpath.example/guide?to=anna", ip="192.0.2.7"),
    )
    digest(anna_was_written())

    hits = [json.loads(bytes(each.body)) for each in Arrival.objects.filter(kind="HIT").order_by("id")]
    assert [(each["kind"], each.get("is_bot", False), each["source"]) for each in hits] == [
        ("open", True, "esp"),
        ("click", False, "esp"),
    ]
    assert {each["touch"] for each in hits} == {TOUCH.hex}
    assert hits[0]["network"] == hits[1]["network"]
    assert set(Feedback.objects.values_list("kind", flat=True)) == {"OPENED", "CLICKED"}


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    add_source()
    large = replace(calls.sendgrid(event()), body=b"[" + b" " * (5 * 2**20) + b"]")
    packed = calls.sendgrid(event())
    packed = replace(
        packed, body=gzip.compress(packed.body), headers={**packed.headers, "Content-Encoding": "gzip"}
    )
    monkeypatch.setattr(receiver, "MOST_EVENTS", 10)
    many = [event(sg_event_id=f"e{i}") for i in range(11)]

    answers = [post(large).status_code, post(packed).status_code, post_events(*many).status_code]

    assert answers == [413, 415, 413]
    assert not Arrival.objects.exists()


def test_deeply_nested_json_is_kept_and_harms_nothing() -> None:
    add_source("postmark")

    answer = post(replace(calls.postmark(TOUCH.hex), body=b"[" * 100_000))

    assert answer.status_code == 200
    digest()
    assert aside() == ["An event that cannot be read: RecursionError"]


def test_a_database_that_does_not_answer_is_503_so_that_the_provider_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_source()

    def locked(*args: object, **kwargs: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(arrivals, "accept", locked)

    answer = post_events(event())

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_a_secret_that_cannot_be_opened_is_503_and_not_a_refusal() -> None:
    add_source()
    Source.objects.update(secret="sealed elsewhere")

    assert (post_events(event()).status_code, refused()) == (503, {})


def test_an_address_is_tried_by_head_and_not_read_by_get() -> None:
    add_source()
    client = Client()

    assert client.head("/hooks/providers/esp").status_code == 200
    assert client.get("/hooks/providers/esp").status_code == 405
    assert client.put("/hooks/providers/esp").status_code == 405
    assert client.get("/hooks/providers/esp")["Allow"] == "POST, HEAD"


def test_the_one_provider_that_asks_by_get_is_answered() -> None:
    add_source("unisender_go")

    assert Client().get("/hooks/providers/esp").status_code == 200


def test_an_unknown_source_and_one_switched_off_take_nothing() -> None:
    add_source()
    sources.disable("esp", at=NOW)

    assert post(calls.sendgrid(event()), "other").status_code == 404
    assert (post_events(event()).status_code, refused()) == (403, {"disabled": 1})


def test_mail_at_the_address_for_events_is_not_taken_so_that_it_is_not_lost() -> None:
    add_source("postmark")

    answer = post(calls.with_password({"FromFull": {"Email": ANNA}, "Subject": "Hello"}))

    assert (answer.status_code, refused()) == (422, {"wrong_address": 1})


def test_a_second_key_holds_while_the_first_is_replaced() -> None:
    secret = f"the-next-key-0123456789\n{calls.KEY}"
    providers.add_provider("esp", provider="mailgun", at=NOW, secret=secret)

    assert post(calls.mailgun(TOUCH.hex)).status_code == 200
    assert post(calls.mailgun(TOUCH.hex, key="the-next-key-0123456789")).status_code == 200
    assert post(calls.mailgun(TOUCH.hex, key="another-key-0123456789")).status_code == 403


@pytest.mark.parametrize(
    ("provider", "secret", "settings", "expected"),
    [
        ("mailgun", "", {}, "its signing key"),
        ("mailgun", PASSWORD, {}, "its signing key"),
        ("sendgrid", "", {}, "its signing key, or a line user:password"),
        ("postmark", "a-key", {}, "a line user:password"),
        ("postmark", "esp:short", {}, "at least 12 signs"),
        ("postal", "no public key", {}, "the text between BEGIN and END of a public key"),
        ("amazon_ses", PASSWORD, {}, "arn:aws:sns:REGION:ACCOUNT:NAME, several with spaces between"),
        ("amazon_ses", PASSWORD, {"topic": "everything"}, "arn:aws:sns:REGION:ACCOUNT:NAME, several with spaces between"),
    ],
)  # fmt: skip
def test_a_source_whose_calls_could_be_forged_is_not_added(
    provider: str, secret: str, settings: dict[str, str], expected: str
) -> None:
    with pytest.raises(NotSecured) as refusal:
        providers.add_provider("esp", provider=provider, at=NOW, secret=secret, settings=settings)

    assert refusal.value.as_json()["expected"] == expected
    assert not Source.objects.exists()


def test_where_a_password_is_enough_one_is_made() -> None:
    _, made = providers.add_provider("esp", provider="postmark", at=NOW)

    headers = {"Authorization": "Basic " + base64.b64encode(made.encode()).decode()}
    assert post(replace(calls.postmark(TOUCH.hex), headers=headers)).status_code == 200


def test_a_public_key_may_be_given_as_it_stands_in_its_file() -> None:
    key = calls.public(calls.EC)
    armored = f"-----BEGIN PUBLIC KEY-----\n{key[:64]}\n{key[64:]}\n-----END PUBLIC KEY-----\n"
    providers.add_provider("esp", provider="sendgrid", at=NOW, secret=armored)

    assert post_events(event()).status_code == 200


def test_an_unknown_provider_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownProvider) as refusal:
        providers.add_provider("esp", provider="pigeon", at=NOW, secret=PASSWORD)

    assert "sendgrid" in str(refusal.value)
