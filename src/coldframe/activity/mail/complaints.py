"""Complaints: somebody pressed "spam", and their provider says so (RFC 5965)."""

from __future__ import annotations

import re

from coldframe.activity.mail.bounces import fields_of
from coldframe.activity.mail.parsing import Mail, addresses_in

#: Providers that send the mail back without a report, and how their subject begins.
PLAIN = re.compile(r"^\W*complaint about message from ", re.IGNORECASE)
#: Kinds of feedback (RFC 5965 7.3, RFC 6591) that are no complaint of a person.
NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc"})


def signs_of_complaint(mail: Mail) -> list[str]:
    """Return the signs by which a mail is a complaint or other feedback; empty: it is none."""
    if any(each.content_type == "message/feedback-report" for each in mail.parts):
        return ["a feedback report (RFC 5965)"]
    if mail.report_type.lower() == "feedback-report":
        return ["it says that it is a feedback report (RFC 5965)"]
    if PLAIN.match(mail.subject) and any(each.depth for each in mail.parts):
        return ["a provider's complaint, by its subject, with the mail that it is about"]
    return []


def fields(mail: Mail) -> dict[str, str]:
    """Return the fields of the report."""
    report = next((each for each in mail.parts if each.content_type == "message/feedback-report"), None)
    return fields_of(report.text) if report else {}


def feedback_type(mail: Mail) -> str:
    """Return the kind of feedback in lower case; ``abuse`` where the report says none."""
    return fields(mail).get("feedback-type", "abuse").strip().lower() or "abuse"


def complainant_of(mail: Mail) -> str:
    """Return whose complaint it is: who the report names, else whom the mail went to; empty where both are hidden."""
    said = fields(mail)
    for name in ("original-rcpt-to", "removal-recipient", "original-recipient"):
        found = addresses_in(said.get(name, ""))
        if found:
            return found[0]
    for name in ("x-hmxmroriginalrecipient", "x-original-to", "to"):
        for part in (
            each for each in mail.parts if each.depth and each.content_type == "text/rfc822-headers"
        ):
            found = addresses_in(fields_of(part.text).get(name, ""))
            if found:
                return found[0]
    return ""
