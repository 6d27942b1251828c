"""Which cells say that a person may not be mailed: flags, statuses, dates of leaving, whole files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads.importing import values

UNSUBSCRIBE = SuppressionReason.UNSUBSCRIBE.value
COMPLAINT = SuppressionReason.COMPLAINT.value
HARD_BOUNCE = SuppressionReason.HARD_BOUNCE.value
OPT_OUT = SuppressionReason.OPT_OUT.value

#: What statuses and last activities say of mailing, casefolded.
_STATUSES: dict[str, str] = {
    **dict.fromkeys(
        (
            "unsubscribed", "unsubscribe", "email unsubscribed", "opted out", "opted-out", "opt out", "opt-out", "optout",
            "désinscrit", "desinscrit", "désabonné", "abgemeldet", "wypisany", "dado de baja", "baja", "uitgeschreven",
            "cancelled", "canceled", "unsubscribed from all email", "unsubscribed link clicked", "globally unsubscribed",
        ),
        UNSUBSCRIBE,
    ),
    **dict.fromkeys(
        ("bounced", "cleaned", "hard bounced", "hard bounce", "email bounced", "hardbounced", "hard_bounced", "invalid email", "undeliverable"),
        HARD_BOUNCE,
    ),
    **dict.fromkeys(
        ("complained", "complaint", "spam", "spam complaint", "marked as spam", "email marked spam", "reported spam", "spam reported", "abuse"),
        COMPLAINT,
    ),
    **dict.fromkeys(("do not contact", "do not email", "do not mail", "blacklisted", "blocklisted", "blocked", "suppressed"), OPT_OUT),
}  # fmt: skip

#: What flags say of people who may be mailed, beside no.
_MAY_BE_MAILED = (
    "subscribed", "resubscribed", "active", "opted in", "opted-in", "opt in", "opt-in", "optin", "confirmed", "unconfirmed", "pending",
    "no consent", "marketing contact", "non-marketing contact", "valid", "deliverable", "soft", "soft bounce", "soft bounced", "never",
)  # fmt: skip

#: Words of a status that mean an opt-out only where the status is one of a subscription.
_ONLY_OF_SUBSCRIPTIONS = frozenset(
    {"cancelled", "canceled", "baja", "spam", "blocked", "invalid email", "abuse"}
)

#: Keys of headers (as ``headers.key`` writes them) whose cells are statuses of a subscription, or of anything.
_SUBSCRIPTION_STATUSES = frozenset(
    {"emailstatus", "memberstatus", "subscriptionstatus", "subscriberstatus", "marketingstatus", "personmarketingstatus",
     "emailmarketingstatus", "optinstatus", "emailoptinstatus", "marketingcontactstatus", "emailsubscriptionstatus"}
)  # fmt: skip
_STATUSES_OF_ANYTHING = frozenset(
    {"status", "leadstatus", "personstatus", "contactstatus", "lastactivity", "lastnotableactivity", "leadstage", "lifecyclestage"}
)  # fmt: skip
#: Sources whose plain ``status`` is the one of a subscription.
_SUBSCRIPTION_SOURCES = frozenset({"kit", "mailchimp", "brevo", "activecampaign", "systeme.io", "iterable"})

_FLAGS: dict[str, str] = {
    **dict.fromkeys(
        (
            "unsubscribed", "unsubscribedfromallemail", "unsubscribedfromallemails", "isunsubscribed", "emailunsubscribed",
            "desinscrit", "abgemeldet", "wypisany",
        ),
        UNSUBSCRIBE,
    ),
    **dict.fromkeys(
        (
            "emailoptout", "optedoutofemail", "donotemail", "hasoptedoutofemail", "emailblacklisted", "optout", "optedout",
            "donotcontact", "donotmail", "marketingoptout", "marketingsuspended", "donotbulkemail", "donotsync",
            "salesemailoptoutc", "hasoptedout", "blocklisted", "blacklisted", "propertyhsemailoptout", "hsemailoptout",
        ),
        OPT_OUT,
    ),
    **dict.fromkeys(
        (
            "emailbounced", "isemailbounced", "emailinvalid", "hardbounced", "bounced", "emailbouncedc", "hardbounce",
            "pipardothardbouncedc", "invalidemailaddress",
        ),
        HARD_BOUNCE,
    ),
    "spamcomplaint": COMPLAINT,
}  # fmt: skip

#: Headers whose being filled at all suppresses.
_FILLED: dict[str, str] = {
    "unsubtime": UNSUBSCRIBE,
    "unsubscribedat": UNSUBSCRIBE,
    "unsubscribedate": UNSUBSCRIBE,
    "unsubscribeddate": UNSUBSCRIBE,
    "unsubscribedtime": UNSUBSCRIBE,
    "unsubscribedon": UNSUBSCRIBE,
    "optoutdate": UNSUBSCRIBE,
    "emailoptoutdatetimec": OPT_OUT,
    "salesemailoptoutdatetimec": OPT_OUT,
    "cleantime": HARD_BOUNCE,
    "emailbouncedreason": HARD_BOUNCE,
    "emailbounceddate": HARD_BOUNCE,
    "emailhardbouncereason": HARD_BOUNCE,
    "hardbouncereason": HARD_BOUNCE,
}

#: How mailing tools name a file all of whose rows are people not to be mailed.
_FILES: dict[str, str] = {
    "unsubscribed_*": UNSUBSCRIBE,
    "cleaned_*": HARD_BOUNCE,
    "bounced_*": HARD_BOUNCE,
    "suppressed_*": OPT_OUT,
}


#: How many distinct cells a suppressor remembers; flags and statuses have few.
_REMEMBERED = 1 << 12


@dataclass(frozen=True, kw_only=True)
class Suppressor:
    """A column that can say that a person may not be mailed."""

    column: int
    #: Casefolded cell value -> word of ``SuppressionReason``; None: the value suppresses nobody.
    words: Mapping[str, str | None] = field(default_factory=dict)
    #: What any value means that is not among the words; None: nothing.
    filled: str | None = None
    #: A flag, which says yes or no; whatever else it says counts as yes, and is shown.
    is_flag: bool = False
    #: The column's name in the file.
    name: str = ""
    _seen: dict[object, str | None] = field(default_factory=dict, repr=False, compare=False)

    def reason_of(self, value: object) -> str | None:
        """Return the word of ``SuppressionReason`` that a cell means, None where it means none."""
        if value in self._seen:
            return self._seen[value]
        text = str(value).strip().casefold()
        found = self.words.get(text, self.filled) if text else None
        if len(self._seen) < _REMEMBERED:
            self._seen[value] = found
        return found

    def is_doubtful(self, value: object) -> bool:
        """Say whether a cell of a flag says neither yes nor no, and suppresses only because nobody can be sure."""
        text = str(value).strip().casefold()
        return self.is_flag and bool(text) and text not in self.words


def find(keys: Sequence[str], *, mapping: Mapping[int, str], source: str) -> list[Suppressor]:
    """
    Return the columns that suppress.

    ``keys`` are the header's names as ``headers.key`` writes them. Columns mapped to ``opt_out`` or
    ``bounced`` suppress whatever their name, so call this again after a person has changed the mapping.
    """
    found = [_suppressor(column, key, mapping.get(column), source) for column, key in enumerate(keys)]
    return [each for each in found if each]


def _suppressor(column: int, key: str, mapped: str | None, source: str) -> Suppressor | None:
    if key in _FILLED:
        return Suppressor(
            column=column, words=dict.fromkeys((*values.NO, *values.PLACEHOLDERS)), filled=_FILLED[key]
        )
    if key in _SUBSCRIPTION_STATUSES or (key == "status" and source in _SUBSCRIPTION_SOURCES):
        return Suppressor(column=column, words=_STATUSES)
    if key in _STATUSES_OF_ANYTHING or mapped == "source_status":
        words = {word: reason for word, reason in _STATUSES.items() if word not in _ONLY_OF_SUBSCRIPTIONS}
        return Suppressor(column=column, words=words)
    reason = _flag(key, mapped)
    if reason is None:
        return None
    harmless = dict.fromkeys((*values.NO, *values.PLACEHOLDERS, *_MAY_BE_MAILED))
    known: dict[str, str | None] = {**harmless, **_STATUSES, **dict.fromkeys(values.YES, reason)}
    return Suppressor(column=column, words=known, filled=reason, is_flag=True)


def _flag(key: str, mapped: str | None) -> str | None:
    if key.startswith("optedoutofemail"):  # HubSpot has one such column for each kind of mailing.
        return OPT_OUT
    return _FLAGS.get(key) or {"opt_out": OPT_OUT, "bounced": HARD_BOUNCE}.get(mapped or "")


def of_file(file_name: str) -> str | None:
    """Return the reason that a file's name gives for all of its rows, None where it gives none."""
    name = file_name.casefold()
    return next((reason for pattern, reason in _FILES.items() if fnmatchcase(name, pattern)), None)
