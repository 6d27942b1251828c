"""Notifications as Amazon SNS signs them, with a certificate of our own making."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NAME = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
BEGINS, ENDS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
#: What Amazon documents that it signs, in its order.
FIELDS = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@cache
def certificate(begins: datetime = BEGINS, ends: datetime = ENDS) -> bytes:
    """Return the certificate of the key, as Amazon shows it to everybody."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def signed(message: Mapping[str, Any], *, version: str = "1", key: rsa.RSAPrivateKey = KEY) -> dict[str, Any]:
    """Return a message with its signature."""
    left_out = {"Notification": {"SubscribeURL", "Token"}}.get(message["Type"], {"Subject"})
    content = "".join(
        f"{name}\n{message[name]}\n" for name in FIELDS if name in message and name not in left_out
    )
    method = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - Amazon's own way.
    region = message["TopicArn"].split(":")[3]
    return {
        **message,
        "SignatureVersion": version,
        "Signature": base64.b64encode(key.sign(content.encode(), padding.PKCS1v15(), method)).decode(),
        "SigningCertURL": f"https://sns.{region}.amazonaws.com/{NAME}",
    }


def show_certificate(address: str) -> bytes:
    """Stand in for Amazon, which shows its certificate to whoever asks."""
    assert address.startswith("https://sns.")
    assert address.endswith(f".amazonaws.com/{NAME}")
    return certificate()
