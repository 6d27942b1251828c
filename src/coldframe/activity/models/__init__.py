"""The tables of what arrives: facts, who did them, and what is not yet understood."""

from coldframe.activity.models.arrivals import Arrival, KnownCall
from coldframe.activity.models.events import Event, EventShape, Payload
from coldframe.activity.models.feedback import Feedback
from coldframe.activity.models.forms import Confirmation
from coldframe.activity.models.hits import Hit
from coldframe.activity.models.identity import (
    Belonging,
    Claim,
    ClaimedValue,
    Contested,
    Group,
    Identification,
)
from coldframe.activity.models.mail import MailBody, MailboxCursor, ReceivedMail
from coldframe.activity.models.sources import LastSaid, Source, Stranger
from coldframe.activity.models.visitors import Visitor

__all__ = [
    "Arrival",
    "Belonging",
    "Claim",
    "ClaimedValue",
    "Confirmation",
    "Contested",
    "Event",
    "EventShape",
    "Feedback",
    "Group",
    "Hit",
    "Identification",
    "KnownCall",
    "LastSaid",
    "MailBody",
    "MailboxCursor",
    "Payload",
    "ReceivedMail",
    "Source",
    "Stranger",
    "Visitor",
]
