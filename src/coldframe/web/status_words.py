"""What status codes of mail servers mean (RFC 3463), for people who never read one."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop as _

from coldframe.languages import Words

#: Subject and detail, without the class: the same whether it is for now or for good.
DETAILS = Words(
    {
        "1.1": _("there is no such mailbox"),
        "1.2": _("there is no such domain"),
        "1.3": _("the address is not written correctly"),
        "1.4": _("the address stands for several mailboxes"),
        "1.6": _("the mailbox has moved, and left no address"),
        "1.7": _("the sender’s address is not written correctly"),
        "1.8": _("the sender’s domain does not exist"),
        "1.10": _("the domain takes no mail at all"),
        "2.1": _("the mailbox is switched off"),
        "2.2": _("the mailbox is full"),
        "2.3": _("the message is larger than the mailbox takes"),
        "2.4": _("the mailing list behind the address does not work"),
        "3.1": _("the recipient’s mail system is full"),
        "3.2": _("the recipient’s mail system takes no mail at the moment"),
        "3.4": _("the message is too large for the recipient’s mail system"),
        "4.1": _("the recipient’s mail server does not answer"),
        "4.2": _("the connection to the recipient’s mail server broke"),
        "4.4": _("no way was found to the recipient’s mail server"),
        "4.6": _("the message went round in a circle"),
        "4.7": _("it could not be delivered in time"),
        "7.1": _("the recipient’s mail system refuses it by its rules"),
        "7.20": _("no DKIM signature was accepted"),
        "7.21": _("no DKIM signature was accepted"),
        "7.22": _("the DKIM signature is not the author’s"),
        "7.23": _("the sending host is not named by SPF"),
        "7.24": _("the SPF record could not be checked"),
        "7.25": _("the sending host has no name of its own (reverse DNS)"),
        "7.26": _("neither SPF nor DKIM proved the sender"),
        "7.27": _("the sender’s domain takes no mail itself"),
        "7.28": _("too much mail came from the sender at once"),
    }
)
SUBJECTS = Words(
    {
        "1": _("something is wrong with the address"),
        "2": _("something is wrong with the mailbox"),
        "3": _("something is wrong with the recipient’s mail system"),
        "4": _("something is wrong on the way"),
        "5": _("the mail servers did not understand each other"),
        "6": _("the recipient’s mail system does not take this kind of content"),
        "7": _("the recipient’s mail system refuses it for safety’s sake"),
    }
)
STATUS = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})")


def in_words(status: str) -> str:
    """
    Return a status in words; an empty text for one that says nothing.

    >>> in_words("5.1.1"), in_words("4.4.99"), in_words("2.0.0")
    ('there is no such mailbox', 'something is wrong on the way', '')
    """
    found = STATUS.fullmatch(status)
    if found is None or status.startswith("2"):
        return ""
    subject, detail = found.groups()
    return DETAILS.get(f"{subject}.{detail}") or SUBJECTS.get(subject, "")
