"""
Providers of electronic mail that Anymail knows: what each needs, carries, and can settle.

Data alone. A test holds the list equal to Anymail's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from coldframe.kernel.vocabulary import Refusal


class Settling(StrEnum):
    """How a hand-over without an answer is settled."""

    #: The provider takes a key, and the same key twice is one message: ask again with the key.
    BY_KEY = "A"
    #: Its events carry the touch's id: wait for one.
    BY_EVENT = "B"
    #: Neither: a bounce, reply or click that carries the id, or a person.
    BY_HAND = "C"


class UnknownProvider(Refusal):
    """Anymail knows no provider of that name."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider: the names of its settings are Anymail's own."""

    #: Module of Anymail's backend.
    key: str
    name: str
    #: Setting that holds the secret.
    secret: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ("api_url",)
    settling: Settling = Settling.BY_EVENT
    #: Header of the request, or of the message, that carries the key; and how long the provider remembers it.
    key_in_request: str = ""
    key_in_message: str = ""
    key_lasts: timedelta = timedelta(0)
    #: Words of an answer that mean: a message with this key was taken before.
    says_taken: tuple[str, ...] = ()
    #: Value of ``status`` by which an answer of 200 says no.
    says_no: tuple[str, ...] = ()
    #: Which of ``metadata`` and ``tag`` carries the touch's id into the provider's events.
    carries: str = "metadata"
    #: The Message-ID is sent along; others are known to replace it or to refuse it.
    keeps_message_id: bool = False
    #: Headers that the provider wants beside ours.
    adds: tuple[tuple[str, str], ...] = ()
    #: Package to install beside Coldframe's own.
    package: str = ""
    #: What whoever sets it up should know.
    note: str = ""


PROVIDERS: dict[str, Provider] = {
    each.key: each
    for each in (
        Provider(
            key="amazon_ses",
            name="Amazon SES",
            secret="secret_access_key",  # noqa: S106 - the name of a setting.
            required=("access_key_id", "region"),
            optional=("configuration_set_name", "message_tag_name", "endpoint_url"),
            package="boto3",
            note="It replaces Message-ID and Date; the touch travels in headers of its own.",
        ),
        Provider(
            key="brevo",
            name="Brevo",
            secret="api_key",  # noqa: S106
            settling=Settling.BY_KEY,
            key_in_message="idempotencyKey",
            key_lasts=timedelta(minutes=15),
            says_taken=("duplicate_parameter",),
        ),
        Provider(
            key="mailersend",
            name="MailerSend",
            secret="api_token",  # noqa: S106
            carries="tag",
            note="Headers of one's own, and with them List-Unsubscribe, need its Enterprise plan.",
        ),
        Provider(
            key="mailgun",
            name="Mailgun",
            secret="api_key",  # noqa: S106
            optional=("api_url", "sender_domain"),
            keeps_message_id=True,
            note="Accounts in the EU need --set api_url=https://api.eu.mailgun.net/v3.",
        ),
        Provider(
            key="mailjet",
            name="Mailjet",
            secret="secret_key",  # noqa: S106
            required=("api_key",),
        ),
        Provider(
            key="mailtrap",
            name="Mailtrap",
            secret="api_token",  # noqa: S106
            optional=("api_url", "sandbox_id"),
        ),
        Provider(key="mandrill", name="Mandrill", secret="api_key"),  # noqa: S106
        Provider(
            key="postal",
            name="Postal",
            secret="api_key",  # noqa: S106
            required=("api_url",),
            optional=(),
            carries="tag",
            says_no=("error", "parameter-error"),
        ),
        Provider(
            key="postmark",
            name="Postmark",
            secret="server_token",  # noqa: S106
            optional=("api_url", "message_stream"),
            keeps_message_id=True,
            adds=(("X-PM-KeepID", "true"),),
            note="Nurture belongs in a broadcast stream: --set message_stream=broadcast.",
        ),
        Provider(
            key="resend",
            name="Resend",
            secret="api_key",  # noqa: S106
            settling=Settling.BY_KEY,
            key_in_request="Idempotency-Key",
            key_lasts=timedelta(hours=24),
        ),
        Provider(
            key="scaleway",
            name="Scaleway",
            secret="secret_key",  # noqa: S106
            required=("project_id",),
            optional=("api_url", "region"),
            settling=Settling.BY_HAND,
        ),
        Provider(
            key="sendgrid",
            name="SendGrid",
            secret="api_key",  # noqa: S106
            note="Anymail keeps it without testing it any longer.",
        ),
        Provider(
            key="sparkpost",
            name="SparkPost",
            secret="api_key",  # noqa: S106
            optional=("api_url", "subaccount"),
            note="Accounts in the EU need --set api_url=https://api.eu.sparkpost.com/api/v1.",
        ),
        Provider(
            key="unisender_go",
            name="Unisender Go",
            secret="api_key",  # noqa: S106
            required=("api_url",),
            optional=(),
        ),
    )
}


def get_provider(key: str) -> Provider:
    """Return a provider by its key; raises ``UnknownProvider``, which names those there are."""
    if key not in PROVIDERS:
        raise UnknownProvider(
            "There is no such provider.", where="provider", expected=" | ".join(PROVIDERS), got=f'"{key}"'
        )
    return PROVIDERS[key]
