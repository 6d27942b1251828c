"""Calls as each provider makes them: a dead address is told of a mail that carries a touch."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.api import amazon
from tests.world import NOW

ADDRESS = "http://localhost:8080/hooks/providers/esp"
PASSWORD = "esp:correct horse battery"
KEY = "a-signing-key-0123456789"
SVIX_KEY = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
GONE = "550 5.1.1 <anna@brightpath.example>: User unknown"
ANNA = "anna@brightpath.example"
STAMP = int(NOW.timestamp()) - 60


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call: its body, its kind of content, its headers."""

    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def public(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def basic(password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(password.encode()).decode()}


def digest(key: str, content: bytes) -> str:
    return hmac.digest(key.encode(), content, "sha256").hex()


def with_password(body: object) -> Call:
    return Call(body=json.dumps(body).encode(), headers=basic())


def amazon_ses(touch: str) -> Call:
    told = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "General", "timestamp": NOW.isoformat(),
            "bouncedRecipients": [{"emailAddress": ANNA, "diagnosticCode": f"smtp; {GONE}"}],
        },
        "mail": {
            "messageId": "0100", "destination": [ANNA],
            "headers": [{"name": "X-Metadata", "value": json.dumps({"touch": touch})}],
        },
    }  # fmt: skip
    return notification(json.dumps(told))


def notification(message: str, *, kind: str = "Notification", topic: str = TOPIC, **more: str) -> Call:
    """Return a call of Amazon SNS."""
    told = {
        "Type": kind, "MessageId": "7fbca0d9", "TopicArn": topic, "Message": message,
        "Timestamp": "2026-06-01T08:59:00.000Z", **more,
    }  # fmt: skip
    envelope = amazon.signed(told)
    headers = {**basic(), "x-amz-sns-message-type": kind, "x-amz-sns-message-id": "7fbca0d9"}
    return Call(body=json.dumps(envelope).encode(), content_type="text/plain; charset=UTF-8", headers=headers)


def brevo(touch: str) -> Call:
    return with_password(
        {
            "event": "hard_bounce", "email": ANNA, "message-id": "<1@relay.example>", "ts_epoch": STAMP * 1000,
            "reason": GONE, "X-Mailin-custom": json.dumps({"touch": touch}),
        }
    )  # fmt: skip


def mailersend(touch: str) -> Call:
    body = json.dumps(
        {
            "type": "activity.hard_bounced",
            "data": {
                "id": "b1", "type": "hard_bounced", "created_at": "2026-06-01T08:59:00.000000Z",
                "morph": {"object": "recipient_bounce", "reason": GONE},
                "email": {"message": {"id": "m1"}, "recipient": {"email": ANNA}, "tags": [touch]},
            },
        }
    ).encode()  # fmt: skip
    return Call(body=body, headers={"Signature": digest(KEY, body)})


def mailgun(touch: str, *, at: int = STAMP, key: str = KEY) -> Call:
    token = "0123456789abcdef"
    body = {
        "signature": {"timestamp": str(at), "token": token, "signature": digest(key, f"{at}{token}".encode())},
        "event-data": {
            "event": "failed", "severity": "permanent", "timestamp": STAMP, "recipient": ANNA, "id": "e1",
            "delivery-status": {"code": 550, "message": GONE, "enhanced-code": "5.1.1"},
            "user-variables": {"touch": touch}, "message": {"headers": {"message-id": "1@ours.example"}},
        },
    }  # fmt: skip
    return Call(body=json.dumps(body).encode())


def mailjet(touch: str) -> Call:
    return with_password(
        [
            {
                "event": "bounce", "time": STAMP, "MessageID": 1234567890123456789, "email": ANNA, "hard_bounce": True,
                "error": "user unknown", "Payload": json.dumps({"touch": touch}),
            }
        ]
    )  # fmt: skip


def mailtrap(touch: str) -> Call:
    event = {
        "event": "bounce", "message_id": "m1", "sending_stream": "bulk", "email": ANNA, "timestamp": STAMP,
        "event_id": "e1", "custom_variables": {"touch": touch}, "response": GONE, "response_code": 550,
    }  # fmt: skip
    body = json.dumps({"events": [event]}).encode()
    return Call(body=body, headers={"Mailtrap-Signature": digest(KEY, body)})


def mandrill(touch: str) -> Call:
    message = {
        "email": ANNA,
        "diag": f"smtp;{GONE}",
        "bounce_description": "bad_mailbox",
        "metadata": {"touch": touch},
    }
    events = json.dumps([{"event": "hard_bounce", "_id": "1", "ts": STAMP, "msg": message}])
    signed = f"{ADDRESS}mandrill_events{events}".encode()
    signature = base64.b64encode(hmac.new(KEY.encode(), signed, hashlib.sha1).digest()).decode()
    return Call(
        body=urlencode({"mandrill_events": events}).encode(),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Mandrill-Signature": signature},
    )


def postal(touch: str) -> Call:
    body = json.dumps(
        {
            "event": "MessageDeliveryFailed", "timestamp": STAMP, "uuid": "u1",
            "payload": {"status": "HardFail", "output": GONE, "message": {"id": 1, "tag": touch, "to": ANNA}},
        }
    ).encode()  # fmt: skip
    signed = RSA.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - Postal's own way.
    signature = base64.b64encode(signed).decode()
    return Call(body=body, headers={"X-Postal-Signature": signature})


def postmark(touch: str, **changes: object) -> Call:
    return with_password(
        {
            "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "MessageID": "2706ee8a", "Details": f"smtp;{GONE}",
            "Email": ANNA, "BouncedAt": "2026-06-01T08:59:00Z", "Metadata": {"touch": touch}, **changes,
        }
    )  # fmt: skip


def resend(touch: str, *, at: int = STAMP) -> Call:
    body = json.dumps(
        {
            "type": "email.bounced", "created_at": "2026-06-01T08:59:00.000Z",
            "data": {
                "email_id": "r1", "to": [ANNA], "bounce": {"type": "Permanent", "message": "sent a hard bounce message"},
                "headers": [{"name": "X-Metadata", "value": json.dumps({"touch": touch})}],
            },
        }
    ).encode()  # fmt: skip
    secret = base64.b64decode(SVIX_KEY.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(secret, b"msg_1.%d." % at + body, "sha256")).decode()
    headers = {"svix-id": "msg_1", "svix-timestamp": str(at), "svix-signature": f"v1,bm8= v1,{signature}"}
    return Call(body=body, headers=headers)


def sendgrid(*events: Mapping[str, Any]) -> Call:
    body = json.dumps(events).encode()
    signature = EC.sign(str(STAMP).encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Timestamp": str(STAMP),
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
    }
    return Call(body=body, headers=headers)


def sendgrid_event(touch: str, **changes: object) -> dict[str, Any]:
    """Return one event of SendGrid; by default a dead address."""
    return {
        "event": "bounce", "type": "bounce", "email": ANNA, "timestamp": STAMP, "sg_event_id": "e1", "reason": GONE,
        "status": "5.1.1", "touch": touch, **changes,
    }  # fmt: skip


def sparkpost(touch: str) -> Call:
    event = {
        "type": "bounce", "bounce_class": "10", "timestamp": str(STAMP), "event_id": "e1", "transmission_id": "t1",
        "raw_rcpt_to": ANNA, "raw_reason": GONE, "rcpt_meta": {"touch": touch},
    }  # fmt: skip
    return with_password([{"msys": {"message_event": event}}])


def unisender_go(touch: str) -> Call:
    data = {
        "job_id": "j1", "metadata": {"touch": touch}, "email": ANNA, "status": "hard_bounced",
        "event_time": "2026-06-01 08:59:00",
        "delivery_info": {"delivery_status": "err_user_unknown", "destination_response": GONE},
    }  # fmt: skip
    events = [{"event_name": "transactional_email_status", "event_data": data}]
    body = json.dumps({"auth": KEY, "events_by_user": [{"user_id": 1, "events": events}]})
    auth = hashlib.md5(body.encode()).hexdigest()  # noqa: S324 - Unisender's own way.
    return Call(body=body.replace(KEY, auth).encode())


#: Key of a provider -> its source's secret, and the call.
CALLS: Mapping[str, tuple[str, Callable[[str], Call]]] = {
    "amazon_ses": (PASSWORD, amazon_ses),
    "brevo": (PASSWORD, brevo),
    "mailersend": (KEY, mailersend),
    "mailgun": (KEY, mailgun),
    "mailjet": (PASSWORD, mailjet),
    "mailtrap": (KEY, mailtrap),
    "mandrill": (KEY, mandrill),
    "postal": (public(RSA), postal),
    "postmark": (PASSWORD, postmark),
    "resend": (SVIX_KEY, resend),
    "sendgrid": (public(EC), lambda touch: sendgrid(sendgrid_event(touch))),
    "sparkpost": (PASSWORD, sparkpost),
    "unisender_go": (KEY, unisender_go),
}
