"""The frozen bytes of a message, taken apart again for providers that want its parts."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

from coldframe.delivery.channels.email.providers import Provider

if TYPE_CHECKING:
    from django.core.mail import EmailMultiAlternatives

TOUCH_HEADER = "X-Coldframe-Touch"
#: What the provider, or Django, writes from other values.
NOT_PASSED_ON = {
    "from", "to", "subject", "reply-to", "date", "message-id",
    "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip


def unpacked(body: bytes, *, provider: Provider) -> EmailMultiAlternatives:
    """Return what Anymail sends: the same sender, recipient, texts and headers as the frozen bytes hold."""
    from django.core.mail import EmailMultiAlternatives

    parsed = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - the policy's own type.
    text, html = part_of(parsed, "plain"), part_of(parsed, "html")
    made = EmailMultiAlternatives(
        subject=str(parsed["Subject"]),
        body=text,
        from_email=str(parsed["From"].addresses[0]),
        to=[str(parsed["To"].addresses[0])],
        reply_to=[str(each) for each in parsed["Reply-To"].addresses] if "Reply-To" in parsed else None,
        headers=headers_of(parsed, provider),
    )
    if html:
        made.attach_alternative(html, "text/html")
    for each in parsed.iter_attachments():
        made.attach(each.get_filename(), each.get_payload(decode=True), each.get_content_type())
    mark_with_touch(made, str(parsed.get(TOUCH_HEADER, "")), provider)
    return made


def part_of(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part is not None else ""


def headers_of(parsed: EmailMessage, provider: Provider) -> dict[str, str]:
    """Return the headers to pass on, by name: ours, and those this provider wants."""
    kept = {name: str(value) for name, value in parsed.items() if name.lower() not in NOT_PASSED_ON}
    if provider.keeps_message_id:
        kept["Message-ID"] = str(parsed["Message-ID"])
    return kept | dict(provider.adds)


def mark_with_touch(made: EmailMultiAlternatives, touch: str, provider: Provider) -> None:
    """Let the provider's events carry the touch's id, the way this provider allows."""
    if not touch:
        return
    if provider.carries == "tag":
        made.tags = [touch]  # type: ignore[attr-defined]
    else:
        made.metadata = {"touch": touch}  # type: ignore[attr-defined]
