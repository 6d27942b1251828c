"""Every recorded call of four providers: answered, read and stored as it was recorded, in any order, once."""

from __future__ import annotations

import base64
import copy
import json
import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client, RequestFactory

from coldframe import clock
from coldframe.activity import digesting, provider_events, sources
from coldframe.activity.addressees import Addressee
from coldframe.activity.models import Arrival, Event, Feedback, Source
from coldframe.activity.provider_digest import ProviderDigester
from coldframe.api import anymail_views, notifications, receivers, subscriptions
from coldframe.leads.models import Lead, Pause, Suppression
from tests import material, world
from tests.api import amazon
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.material]

PROVIDERS = ("amazon_ses", "mailgun", "postmark", "sendgrid")
#: What was recorded is Anymail's own 400 for every refusal. Here who shows nothing, or something wrong, is told so.
REFUSED = {400: {401, 403}, 401: {401}}
BASIC, ROTATED = "username:password", "cred1:pass1\ncred2:pass2"
#: The keys of Anymail's own tests.
MAILGUN_KEY, MAILGUN_API_KEY = "TEST_WEBHOOK_SIGNING_KEY", "TEST_API_KEY"
TOPICS = "arn:aws:sns:us-west-2:123456789012:SES_Notifications arn:aws:sns:us-east-1:1234567890:SES_Events"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
FIELDS = (
    *("event_type", "message_id", "recipient", "event_id", "reject_reason", "description", "mta_response"),
    *("tags", "metadata", "click_url", "user_agent"),
)

Case = dict[str, Any]


def recorded(provider: str) -> list[Case]:
    path = material.FOLDER / "webhooks_anymail" / "recorded" / f"{provider}_webhooks.json"
    return json.loads(path.read_text()) if path.exists() else []


def public_key() -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(SENDGRID_KEY.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def secret_for(provider: str, test: str) -> str:
    """Return what the recorded test had set up."""
    password = ROTATED if "credential_rotation" in test else BASIC
    if provider == "mailgun":
        return f"{password}\n{MAILGUN_API_KEY if 'defaults_webhook_signing' in test else MAILGUN_KEY}"
    if provider == "sendgrid" and "SignedWebhook" in test:
        return f"cred1:pass1\ncred1:pass2\n{public_key()}" if "AndHttpBasicAuth" in test else public_key()
    return "" if "auth_disabled" in test else password


def add_source(provider: str, test: str) -> Source:
    settings = {"provider": provider, "topic": TOPICS, "confirm": "disable_auto_confirmation" not in test}
    sources.add(
        "esp", kind=Source.Kind.PROVIDER, at=NOW, settings=settings, secret=secret_for(provider, test)
    )
    return Source.objects.get()


def body_of(request: Case) -> bytes:
    if isinstance(request.get("json"), dict) and "x-amz-sns-message-type" in map(
        str.lower, request["headers"]
    ):
        return json.dumps(as_amazon_signs(request["json"])).encode()
    if "json" in request:
        return json.dumps(request["json"]).encode()
    return request["body"].encode() if "body" in request else base64.b64decode(request["body_base64"])


def as_amazon_signs(told: Case) -> Case:
    """Return a recorded notification with what was left out of the recording, signed under our own key; an old one of now."""
    at = clock.now()
    made = {
        "Timestamp": at.isoformat(),
        "MessageId": "7fbca0d9",
        "TopicArn": TOPICS.split()[0],
        "Message": "",
    }
    whole = {**made, **told}
    if at - datetime.fromisoformat(whole["Timestamp"]) > anymail_views.OLDEST_SIGNATURE:
        whole["Timestamp"] = made["Timestamp"]
    return amazon.signed(whole)


def headers_of(request: Case, test: str) -> dict[str, str]:
    """Return the recorded headers; of a signed call a signature with a key that is known here."""
    headers = dict(request["headers"])
    name = "X-Twilio-Email-Event-Webhook"
    if "successful_signature" in test:
        content = headers[f"{name}-Timestamp"].encode() + body_of(request)
        signature = SENDGRID_KEY.sign(content, ec.ECDSA(hashes.SHA256()))
        headers[f"{name}-Signature"] = base64.b64encode(signature).decode()
    return headers


def post(client: Client, request: Case, test: str) -> Any:
    return client.post(
        "/hooks/providers/esp", data=body_of(request), content_type=request["content_type"],
        headers=headers_of(request, test),
    )  # fmt: skip


def instants(value: Any) -> Iterator[datetime]:
    """Yield the instants of an event and of its signature."""
    for event in value["events"]:
        if event["timestamp"]:
            yield datetime.fromisoformat(event["timestamp"])
    for request in value["requests"]:
        signed = (
            (request.get("json") or {}).get("signature") if isinstance(request.get("json"), dict) else None
        )
        if signed:
            yield datetime.fromtimestamp(int(signed["timestamp"]), tz=UTC)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for Amazon, to which a subscription is confirmed."""
    asked: list[str] = []
    monkeypatch.setattr(subscriptions, "fetch", lambda address: asked.append(address) or 200)
    monkeypatch.setattr(notifications, "fetch", amazon.show_certificate)
    return asked


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_recorded_call_is_answered_read_and_stored_as_it_was_recorded(
    provider: str, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    material.folder("webhooks_anymail")
    found, expected = {}, {}
    for case in recorded(provider):
        at = max(instants(case), default=NOW) + timedelta(minutes=1)
        monkeypatch.setenv("COLDFRAME_NOW", at.isoformat())
        source = add_source(provider, case["test"])
        found[case["test"]] = (
            [is_expected(post(client, each, case["test"]), each) for each in case["requests"]],
            [event for each in case["requests"] for event in read(each, case, source=source, at=at)],
            [as_stored(bytes(each.body)) for each in Arrival.objects.order_by("id")],
        )
        expected[case["test"]] = (
            [True] * len(case["requests"]),
            [{name: each[name] for name in FIELDS} for each in case["events"]],
            [to_be_stored(each, at=at) for each in case["events"]],
        )
        for model in (Arrival, Source):
            model._default_manager.all().delete()

    assert found == expected
    assert len(found) == {"amazon_ses": 21, "mailgun": 32, "postmark": 15, "sendgrid": 30}[provider]


def is_expected(response: Any, request: Case) -> bool:
    expected = request["status_expected"]
    return response.status_code in REFUSED.get(expected, {expected})


def as_stored(body: bytes) -> tuple[object, ...]:
    """Return what an arrival says of an event."""
    said = provider_events.read(body)
    return (
        said.type, said.recipient, said.at, said.is_received_time, said.reject_reason, said.url, said.agent, said.text
    )  # fmt: skip


def to_be_stored(event: Case, *, at: datetime) -> tuple[object, ...]:
    """Return what an arrival is to say of a recorded event."""
    told = datetime.fromisoformat(event["timestamp"]) if event["timestamp"] else at
    texts = (event[name] or "" for name in ("recipient", "reject_reason", "click_url", "user_agent"))
    recipient, reason, url, agent = texts
    text = " ".join((event["mta_response"] or event["description"] or "").split())
    return (event["event_type"], recipient, told, event["timestamp"] is None, reason, url, agent, text)


def read(request: Case, case: Case, *, source: Source, at: datetime) -> list[Case]:
    """Return what the source's view reads of a call; nothing of one that it refuses."""
    made = RequestFactory().post(
        "/hooks/providers/esp", data=body_of(request), content_type=request["content_type"],
        headers=headers_of(request, case["test"]),
    )  # fmt: skip
    receivers.take_body(made, most=2**20)
    try:
        view = anymail_views.proven(made, source=source, at=at)
    except receivers.NotTaken:
        return []
    return [{name: getattr(event, name) for name in FIELDS} for event in view.parse_events(made)]


def test_a_subscription_is_confirmed_at_amazon_alone(opened: list[str], client: Client) -> None:
    [case] = [each for each in recorded("amazon_ses") if "auto_confirmation" in each["test"] and "disable" not in each["test"]] or [pytest.skip("absent shared data")]  # fmt: skip
    add_source("amazon_ses", case["test"])

    post(client, case["requests"][0], case["test"])

    assert [each.partition("?")[0] for each in opened] == ["https://sns.us-west-2.amazonaws.com/"]


def marked(provider: str, request: Case) -> Case:
    """Return a call as it would have come of a mail of ours: it carries the touch that the mail was."""
    made = copy.deepcopy(request)
    found = made.get("json")
    if provider == "sendgrid":
        for each in found:
            each["touch"] = touch_of(each.get("sg_message_id"))
    elif provider == "postmark":
        found["Metadata"] = {"touch": touch_of(found.get("MessageID"))}
    elif provider == "mailgun" and found and isinstance(found.get("event-data"), dict):
        named = found["event-data"].get("message", {}).get("headers", {}).get("message-id")
        found["event-data"]["user-variables"] = {"touch": touch_of(named)}
    elif provider == "amazon_ses" and found and "{" in found.get("Message", ""):
        told = json.loads(found["Message"])
        if "mail" in told:
            touch = touch_of(told["mail"]["messageId"])
            told["mail"]["headers"] = [{"name": "X-Metadata", "value": json.dumps({"touch": touch})}]
            found["Message"] = json.dumps(told)
    return made


def touch_of(message_id: object) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, str(message_id)).hex


class Everybody:
    """Finds an addressee for every touch: whoever an event says it is of."""

    def __init__(self) -> None:
        account = world.brightpath()
        self.lead = world.anna(account)
        self.emails: set[str] = set()

    def __call__(self, touches: Collection[uuid.UUID]) -> dict[uuid.UUID, Addressee]:
        for body in Arrival.objects.values_list("body", flat=True):
            self.emails.add(str(json.loads(bytes(body)).get("recipient", "")).lower())
        found = Addressee(
            lead_id=self.lead.pk, account_id=self.lead.account_id, emails=frozenset(self.emails)
        )
        return dict.fromkeys(touches, found)


def live(provider: str, requests: Sequence[tuple[Case, str]], client: Client, everybody: Everybody) -> None:
    """Take calls in and digest them after each."""
    for request, test in requests:
        assert post(client, request, test).status_code == 200
        digesting.run_turn(
            digesters={"PROVIDER": ProviderDigester(find_addressees=everybody), "HIT": nothing}, at=NOW
        )


def nothing(arrivals: Sequence[Arrival], *, at: datetime) -> list[digesting.SetAside]:
    """Digest hits, which are not looked at here."""
    return []


def state() -> tuple[Any, ...]:
    """Return all that came of calls."""
    return (
        sorted(Feedback.objects.values_list("touch", "kind", "occurred_at", "status", "text")),
        sorted(Event.objects.values_list("key", "shape__kind", "shape__topic", "occurred_at")),
        sorted(Suppression.objects.values_list("email", "lead__email", "reason", "suppressed_at"), key=repr),
        sorted(Pause.objects.values_list("until", "ended_at")),
        sorted((bytes(body), reason) for body, reason in Arrival.objects.values_list("body", "reason")),
    )


def clear() -> None:
    for model in (Feedback, Event, Suppression, Pause, Arrival):
        model._default_manager.all().delete()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_recorded_calls_replayed_and_backwards_come_to_the_same(
    provider: str, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    material.folder("webhooks_anymail")
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    monkeypatch.setattr(anymail_views, "OLDEST_SIGNATURE", timedelta(days=365 * 30))
    good = [
        (marked(provider, request), case["test"])
        for case in recorded(provider)
        for request in case["requests"]
        if request["status_expected"] == 200
        and "Security" not in case["test"]
        and "Settings" not in case["test"]
    ]
    add_source(provider, "")
    everybody = Everybody()
    for request, _ in good:
        # Who an event is of is known before it is told, as with mails that were sent.
        post(client, request, "")
    everybody(())
    clear()

    live(provider, good, client, everybody)
    once = state()
    live(provider, good, client, everybody)
    twice = state()
    clear()
    live(provider, [*reversed(good), *reversed(good)], client, everybody)

    assert (len(good) > 8, len(once[0]) > 2, len(once[2]) > 0) == (True, True, True)
    assert once == twice == state()
    assert Lead.objects.count() == 1
