"""What a mail can be, and why one could not be delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MailClass(StrEnum):
    """What a mail that came in is."""

    #: A report that a mail could not be delivered, or not yet.
    BOUNCE = "BOUNCE"
    #: Somebody pressed "spam" (RFC 5965), told by their provider.
    COMPLAINT = "COMPLAINT"
    #: A machine answers for somebody who is away.
    AUTO_REPLY = "AUTO_REPLY"
    #: A machine, or a colleague, says that somebody no longer works there.
    LEFT_COMPANY = "LEFT_COMPANY"
    #: A person asks to get no more mail.
    UNSUBSCRIBE = "UNSUBSCRIBE"
    #: A person wrote.
    REPLY = "REPLY"
    #: A machine tells something that needs nobody: a receipt, a report that a mail arrived.
    NOTICE = "NOTICE"
    #: Nobody could tell: a person looks.
    UNCLEAR = "UNCLEAR"


class Failure(StrEnum):
    """Why a mail was not delivered."""

    #: There is no such mailbox.
    UNKNOWN_ADDRESS = "UNKNOWN_ADDRESS"
    #: There is no such domain, or nothing of it takes mail.
    UNKNOWN_DOMAIN = "UNKNOWN_DOMAIN"
    #: The mailbox has another address now.
    MOVED = "MOVED"
    #: The host takes no mail at all.
    NO_MAIL = "NO_MAIL"
    #: The mailbox is full.
    FULL = "FULL"
    #: The mailbox is there, but switched off.
    DISABLED = "DISABLED"
    #: The recipient, or a rule of theirs, refused.
    REFUSED = "REFUSED"
    #: It could not be delivered in time.
    EXPIRED = "EXPIRED"
    #: Hosts or lines between here and there failed.
    NETWORK = "NETWORK"
    #: The receiving system failed, or is full.
    SYSTEM = "SYSTEM"
    #: The mail is too large for the recipient.
    TOO_LARGE = "TOO_LARGE"
    #: SPF, DKIM or DMARC of the sender failed.
    AUTHENTICATION = "AUTHENTICATION"
    #: The sender's address or domain is not accepted.
    SENDER_REFUSED = "SENDER_REFUSED"
    #: The sending host is blocked: its address, its name, its reputation.
    BLOCKED = "BLOCKED"
    #: Taken for spam.
    SPAM = "SPAM"
    #: A policy of the receiving house, or content that is not accepted.
    POLICY = "POLICY"
    #: Too many mails or connections at once.
    RATE = "RATE"
    #: The server does not relay for this sender, or wants a login or encryption.
    SECURITY = "SECURITY"
    UNKNOWN = "UNKNOWN"


#: The address will not come alive again: mailing it once more only harms.
HARD = frozenset({Failure.UNKNOWN_ADDRESS, Failure.UNKNOWN_DOMAIN, Failure.MOVED, Failure.NO_MAIL})
#: What the sender has to mend; says nothing of the recipient.
SENDERS_FAULT = frozenset(
    {
        Failure.AUTHENTICATION, Failure.SENDER_REFUSED, Failure.BLOCKED, Failure.SPAM, Failure.POLICY,
        Failure.RATE, Failure.SECURITY,
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FailedRecipient:
    """One recipient of a bounce."""

    #: In lower case; empty where the report does not name it.
    address: str
    failure: Failure
    #: Of RFC 3463, such as 5.1.1; empty where none is given.
    status: str = ""
    #: Of SMTP, such as 550; empty where none is given.
    reply_code: str = ""
    #: Whether it was given up. False: it was delayed, and is tried further.
    is_permanent: bool = True
    #: The words of the server, cut.
    diagnostic: str = ""

    @property
    def is_hard(self) -> bool:
        """Whether the address is dead. A domain that could not be asked, for now, is not."""
        is_for_now = self.status.startswith("4") and self.failure in {Failure.NO_MAIL, Failure.UNKNOWN_DOMAIN}
        return self.is_permanent and self.failure in HARD and not is_for_now

    @property
    def is_senders_fault(self) -> bool:
        """Whether the sender, not the address, is the reason."""
        return self.failure in SENDERS_FAULT


@dataclass(frozen=True, kw_only=True)
class Classified:
    """What a mail is, and by which signs."""

    mail_class: MailClass
    #: What decided, for people: the nearest sign first.
    reasons: tuple[str, ...]
    #: Of a bounce.
    recipients: tuple[FailedRecipient, ...] = ()
    #: What the person wrote, without what they quote and their signature.
    text: str = ""
    #: Of an auto-reply: when the person is back, where it says so.
    until: datetime | None = None
    #: Of one who left: who to write to instead, where it says so.
    successor: str = ""
    #: Whose complaint it is, where the report says so.
    complainant: str = ""
    #: Ids of our messages that the mail carries, most trusted first (``threads``).
    touches: tuple[str, ...] = field(default=())
    #: Public id of the lead that a signed link in the mail was made for.
    lead: str = ""
    #: Whether a person should look at it though it is clear what it is.
    needs_person: bool = False
