"""
Providers of e-mail whose calls are taken in: by what each proves who it is, and where that is to be found.

Data alone; ``api`` joins it to what reads the calls. A source has one secret, a text of one or several lines:
a line with a colon is the user and the password of the address that was given to the provider, a line without
one a key by which the provider signs. Of several, any will do, so that they can be replaced without a gap.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key

from coldframe.activity import sources
from coldframe.activity.models import Source
from coldframe.activity.sources import Added
from coldframe.kernel.vocabulary import Refusal

#: Between these lines a public key is written.
ARMOR = re.compile(r"-----BEGIN [A-Z ]+-----(.*?)-----END [A-Z ]+-----", re.DOTALL)
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d+:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
#: Shorter passwords are guessed.
LEAST_PASSWORD = 12
PASSWORD_BYTES = 24
USER = "coldframe"


class UnknownProvider(Refusal):
    """No provider of this name makes calls that are understood here."""


class NotSecured(Refusal):
    """A provider's calls could be forged: a key, a password or a topic is missing, or is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """A provider, and by what its calls are believed."""

    key: str
    name: str
    #: It signs its calls of events; of mail it takes in.
    signs_events: bool = False
    signs_mail: bool = False
    #: A user and a password in the address do instead of a signature.
    takes_password: bool = True
    #: Its key is the public half of a pair.
    has_public_key: bool = False
    #: What is to be entered beside the address, or where the key is found.
    hint: str = ""


PROVIDERS: dict[str, Provider] = {
    each.key: each
    for each in (
        Provider(key="amazon_ses", name="Amazon SES", hint="Subscribe the address to the SNS topic of your configuration set; raw message delivery stays off."),
        Provider(key="brevo", name="Brevo", hint="Transactional > Settings > Webhook."),
        Provider(key="mailersend", name="MailerSend", signs_events=True, signs_mail=True, takes_password=False, hint="The signing secret stands at the webhook, and for mail at the inbound route."),
        Provider(key="mailgun", name="Mailgun", signs_events=True, signs_mail=True, takes_password=False, hint="Settings > API security > HTTP webhook signing key."),
        Provider(key="mailjet", name="Mailjet", hint="Account settings > Event notifications."),
        Provider(key="mailtrap", name="Mailtrap", signs_events=True, signs_mail=True, hint="The signature's secret stands at the webhook."),
        Provider(key="mandrill", name="Mandrill", signs_events=True, signs_mail=True, takes_password=False, hint="The key stands in the list of webhooks, once the address is entered."),
        Provider(key="postal", name="Postal", signs_events=True, signs_mail=True, takes_password=False, has_public_key=True, hint="`postal default-dkim-record` prints the key, after p=."),
        Provider(key="postmark", name="Postmark", hint="Message stream > Webhooks."),
        Provider(key="resend", name="Resend", signs_events=True, signs_mail=True, hint="The signing secret (whsec_...) stands at the webhook."),
        Provider(key="sendgrid", name="SendGrid", signs_events=True, has_public_key=True, hint="Mail settings > Event webhook > Signature verification."),
        Provider(key="sparkpost", name="SparkPost", hint="Configuration > Webhooks, with basic authentication."),
        Provider(key="unisender_go", name="Unisender Go", signs_events=True, takes_password=False, hint="The key is the API key of the project."),
    )
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What a source's secret holds."""

    #: ``user:password``.
    passwords: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def get_provider(key: str) -> Provider:
    """Return a provider by its key; raises ``UnknownProvider``, which names those there are."""
    if key not in PROVIDERS:
        raise UnknownProvider(
            "No provider of this name makes calls that are understood here.",
            where="provider",
            expected=", ".join(PROVIDERS),
            got=key,
        )
    return PROVIDERS[key]


def add_provider(
    name: str,
    *,
    provider: str,
    at: datetime,
    secret: str = "",
    settings: Mapping[str, Any] | None = None,
) -> tuple[Added, str]:
    """
    Add a provider as a source; return it, and the password that was made for it, or an empty text.

    Where a password is enough and none is given, one is made. Raises ``UnknownProvider``, ``NotSecured``, and
    what ``sources.add`` raises.
    """
    found = get_provider(provider)
    made = ""
    if not secret.strip() and found.takes_password and not found.signs_events:
        made = f"{USER}:{secrets.token_urlsafe(PASSWORD_BYTES)}"
    kept = {**(settings or {}), "provider": provider}
    check(found, secret or made, settings=kept)
    added = sources.add(name, kind=Source.Kind.PROVIDER, at=at, settings=kept, secret=secret or made)
    return added, made


def check_change(name: str, *, settings: Mapping[str, Any], secret: str | None) -> None:
    """
    Raise ``NotSecured`` where a change would leave a provider's calls to be forged; other kinds are left alone.

    Also raises ``UnknownProvider`` and ``sources.NoSuchSource``.
    """
    source = sources.find(name)
    if source.kind != Source.Kind.PROVIDER:
        return
    found = {**source.settings, **settings}
    # A secret is forgotten when it was given for another provider.
    kept = "" if found.get("provider") != source.settings.get("provider") else sources.open_secret(source)
    check(get_provider(str(found.get("provider", ""))), kept if secret is None else secret, settings=found)


def check(provider: Provider, secret: str, *, settings: Mapping[str, Any]) -> None:
    """Raise ``NotSecured`` unless what is given keeps forged calls out."""
    held = credentials_of(secret)
    if not held.keys and not (held.passwords and provider.takes_password):
        expected = "its signing key" if provider.signs_events else "a line user:password"
        if provider.signs_events and provider.takes_password:
            expected += ", or a line user:password"
        raise NotSecured(
            f"Calls of {provider.name} could be forged.",
            where="secret",
            expected=expected,
            advice=provider.hint,
        )
    if held.keys and not (provider.signs_events or provider.signs_mail):
        raise NotSecured(
            f"{provider.name} does not sign its calls.", where="secret", expected="a line user:password"
        )
    if any(len(each.partition(":")[2]) < LEAST_PASSWORD for each in held.passwords):
        raise NotSecured(
            "This password can be guessed.", where="secret", expected=f"at least {LEAST_PASSWORD} signs"
        )
    if not all(each.isascii() for each in held.keys):
        raise NotSecured(
            "This is no key.",
            where="secret",
            expected="letters, digits and signs of ASCII",
            advice=provider.hint,
        )
    if provider.has_public_key:
        for each in held.keys:
            check_public_key(each, provider)
    if provider.key == "amazon_ses":
        topics_of(settings)


def check_public_key(key: str, provider: Provider) -> None:
    """Raise ``NotSecured`` unless a key can be read."""
    try:
        load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError) as error:
        raise NotSecured(
            f"This is not the public key of {provider.name}.",
            where="secret",
            expected="the text between BEGIN and END of a public key",
            advice=provider.hint,
        ) from error


def topics_of(settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the topics of Amazon SNS that a source listens to. Raises ``NotSecured`` where none is given."""
    found = frozenset(str(settings.get("topic", "")).split())
    if not found or any(TOPIC.fullmatch(each) is None for each in found):
        raise NotSecured(
            "Amazon passes on the notifications of any account; it must be said of which topic.",
            where="topic",
            expected="arn:aws:sns:REGION:ACCOUNT:NAME, several with spaces between",
            got=" ".join(sorted(found)) or None,
        )
    return found


def credentials_of(secret: str) -> Credentials:
    """
    Return the passwords and keys in a secret.

    >>> credentials_of("user:a long password\\nAbc+def==")
    Credentials(passwords=('user:a long password',), keys=('Abc+def==',))
    """
    armored = ["".join(each.split()) for each in ARMOR.findall(secret)]
    lines = [each.strip() for each in ARMOR.sub("", secret).splitlines() if each.strip()]
    return Credentials(
        passwords=tuple(each for each in lines if ":" in each),
        keys=(*armored, *(each for each in lines if ":" not in each)),
    )
