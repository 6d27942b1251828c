"""
Notifications of Amazon SNS: whether Amazon signed what came.

A notification names the address of the certificate that it was signed under. That address is not opened: the one that is
asked is made here, of the region of a topic that the source listens to and the certificate's own name, so that
nobody but Amazon says who Amazon is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, load_pem_x509_certificate

from coldframe.api import subscriptions
from coldframe.api.receivers import NotTaken

#: What is signed of a message, by its type: each field that is there, with its name, in this order.
OF_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
OF_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED: Mapping[str, tuple[str, ...]] = {
    "Notification": OF_NOTIFICATION,
    "SubscriptionConfirmation": OF_CONFIRMATION,
    "UnsubscribeConfirmation": OF_CONFIRMATION,
}
#: The version of a signature -> what is signed of the content.
HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - Amazon's own way.
NAME = re.compile(r"/(SimpleNotificationService-[0-9a-f]{8,64}\.pem)")
#: Certificates that are remembered; Amazon changes its own about once a year.
MOST_KEPT = 16
#: Of what should be a certificate.
MOST_BYTES = 64 * 1024

#: Opens an address and returns what lies there; None: nothing.
Fetch = Callable[[str], bytes | None]


@dataclass(kw_only=True)
class Certificates:
    """Amazon's certificates, each fetched once by each process."""

    kept: OrderedDict[str, Certificate] = field(default_factory=OrderedDict)

    def find(self, address: str, *, fetching: Fetch) -> Certificate:
        """Return the certificate at an address. Raises ``NotTaken``, so that Amazon comes again."""
        known = self.kept.get(address)
        if known is not None:
            return known
        data = fetching(address)
        try:
            found = load_pem_x509_certificate(data or b"")
        except ValueError as error:
            raise NotTaken(503, "no_certificate", "Amazon's certificate cannot be had; try again.") from error
        self.kept[address] = found
        if len(self.kept) > MOST_KEPT:
            self.kept.popitem(last=False)
        return found


CERTIFICATES = Certificates()


def verify(
    message: Mapping[str, Any], *, at: datetime, fetching: Fetch, certificates: Certificates = CERTIFICATES
) -> datetime:
    """
    Return when Amazon signed a message of a topic that is known to be listened to. Raises ``NotTaken``.

    The topic in the message must have been checked: its region says where the certificate lies.
    """
    content, signature, method = parts_of(message)
    address = address_of(str(message["TopicArn"]), str(message.get("SigningCertURL", "")))
    certificate = certificates.find(address, fetching=fetching)
    key = certificate.public_key()
    is_current = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    if not isinstance(key, RSAPublicKey) or not is_current:
        raise wrong_signature()
    try:
        key.verify(signature, content, padding.PKCS1v15(), method)
    except InvalidSignature as error:
        raise wrong_signature() from error
    return instant_of(message["Timestamp"])


def parts_of(message: Mapping[str, Any]) -> tuple[bytes, bytes, hashes.HashAlgorithm]:
    """Return what was signed of a message, the signature, and how it was made. Raises ``NotTaken``."""
    names = SIGNED.get(str(message.get("Type")), ())
    values = {name: message[name] for name in names if message.get(name) is not None}
    method = HASHES.get(str(message.get("SignatureVersion")))
    if not names or method is None or not all(isinstance(each, str) for each in values.values()):
        raise wrong_signature()
    if missing := {"Message", "MessageId", "Timestamp", "TopicArn"} - values.keys():
        raise NotTaken(403, "wrong_signature", f"It is not signed: {', '.join(sorted(missing))} is missing.")
    try:
        signature = base64.b64decode(str(message.get("Signature", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong_signature() from error
    content = "".join(f"{name}\n{value}\n" for name, value in values.items())
    return content.encode("utf-8", "replace"), signature, method


def address_of(topic: str, named: str) -> str:
    """
    Return where a certificate lies that a message names. Raises ``NotTaken``.

    >>> address_of(
    ...     "arn:aws:sns:eu-west-1:123456789012:mail",
    ...     "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01234567.pem",
    ... )
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01234567.pem'
    """
    host = subscriptions.host_of(topic)
    try:
        given = urlsplit(named)
        is_there = (given.scheme, given.netloc, given.query, given.fragment) == ("https", host, "", "")
    except ValueError as error:
        raise wrong_signature() from error
    name = NAME.fullmatch(given.path)
    if not is_there or name is None:
        raise NotTaken(403, "wrong_signature", "The certificate that it names is not Amazon's.")
    return f"https://{host}/{name.group(1)}"


def instant_of(text: str) -> datetime:
    """Return the instant that a message says it was made at. Raises ``NotTaken``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong_signature() from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def wrong_signature() -> NotTaken:
    """Return the refusal of what Amazon did not sign."""
    return NotTaken(403, "wrong_signature", "This call is not known to be the provider's.")


def fetch(address: str) -> bytes | None:
    """Open an address of Amazon's, following nothing that it says; return what lies there, no more than a certificate is."""
    import requests

    try:
        with requests.get(
            address, timeout=subscriptions.PATIENCE, allow_redirects=False, stream=True
        ) as answer:
            return answer.raw.read(MOST_BYTES, decode_content=True) if answer.status_code == 200 else None
    except requests.RequestException:
        return None
