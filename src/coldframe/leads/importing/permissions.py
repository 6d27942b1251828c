"""
Who may be mailed: consents and opt-outs of the rows, and what was on record before.

An opt-out holds for the person and for the address, whichever of them comes back under another id or
another address. Nothing here lifts one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads.importing.known import KnownLead
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.suppression import email_keys

if TYPE_CHECKING:
    from coldframe.leads.importing.leadrows import LeadRow

PURPOSE = "marketing_email"


class NewConsent(NamedTuple):
    """A consent to record."""

    lead: KnownLead
    basis: str
    wording: str | None
    source: str
    given_at: datetime | None


class NewSuppression(NamedTuple):
    """A suppression to record: for a person, for an address, or for both."""

    lead: KnownLead | None
    email: str | None
    reason: str


def keys_of(lead: KnownLead, group: Sequence[LeadRow]) -> tuple[str, ...]:
    """Return the addresses under which an opt-out of a lead holds: that it has, and those of its rows."""
    email, first = lead.values.get("email"), group[0].person.email
    if len(group) == 1 and (email is None or email == first):
        return email_keys(first)
    emails = (email, *(row.person.email for row in group))
    return tuple(dict.fromkeys(key for each in emails for key in email_keys(each)))


def reasons_of(
    groups: Sequence[Sequence[LeadRow]], suppressed: dict[str, set[str]]
) -> dict[KnownLead, set[str]]:
    """
    Return why each lead may not be mailed; leads without a reason are left out.

    An opt-out of one row holds for everybody who shares an address with it, in whatever order they stand.
    """
    keys: dict[KnownLead, tuple[str, ...]] = {}
    reasons: dict[KnownLead, set[str]] = {}
    for group in groups:
        lead = group[0].lead
        if lead is not None:
            keys[lead] = keys_of(lead, group)
            own = lead.suppressed_by.union(*(row.record.suppressed_by for row in group))
            if own:
                reasons[lead] = own
    held = {key: set(words) for key, words in suppressed.items()}
    is_settled = not (held or reasons)
    while not is_settled:
        is_settled = spread(keys, reasons, held)
    return reasons


def spread(
    keys: dict[KnownLead, tuple[str, ...]], reasons: dict[KnownLead, set[str]], held: dict[str, set[str]]
) -> bool:
    """Have reasons pass once between people and their addresses; return whether nothing was new."""
    is_settled = True
    for lead, own in keys.items():
        if lead not in reasons and not any(key in held for key in own):
            continue
        before = reasons.get(lead, set())
        total = before.union(*(held[key] for key in own if key in held))
        is_settled = is_settled and total == before and all(held.get(key) == total for key in own)
        reasons[lead] = total
        held.update((key, total | held.get(key, set())) for key in own)
    return is_settled


def name_earlier(group: Sequence[LeadRow], suppressed: dict[str, set[str]], outcome: Outcome) -> None:
    """Count and name the rows of somebody who had opted out before this import."""
    lead = group[0].lead
    if lead is None or not (suppressed or lead.suppressed_by):
        return
    before = lead.suppressed_by.union(*(suppressed.get(key, ()) for key in keys_of(lead, group)))
    if before:
        person = group[0].person
        who = person.email or lead.values.get("email") or person.external_id or ""
        outcome.counts["suppressed_before"] += len(group)
        outcome.suppressed_before.append((group[0].line, who, ", ".join(sorted(before))))


@dataclass(slots=True)
class Permissions:
    """Collects the consents and suppressions of the rows at hand."""

    #: As the record of a consent names where it came from.
    source: str
    basis: ConsentBasis | None = None
    basis_source: str | None = None
    basis_wording: str | None = None
    consents: list[NewConsent] = field(default_factory=list)
    suppressions: list[NewSuppression] = field(default_factory=list)

    def begin(self) -> None:
        """Begin a new chunk."""
        self.consents, self.suppressions = [], []

    def take(
        self,
        lead: KnownLead,
        group: Sequence[LeadRow],
        reasons: set[str],
        suppressed: dict[str, set[str]],
        outcome: Outcome,
    ) -> bool:
        """Record what is known of the permission of a lead from now on; return whether that is new."""
        known = len(self.consents) + len(self.suppressions)
        if reasons:
            self.suppress(lead, group, reasons, suppressed)
        for row in group:
            self.consent(lead, row.record.values["key"])
        self.count(lead, outcome)
        return len(self.consents) + len(self.suppressions) > known

    def suppress(
        self, lead: KnownLead, group: Sequence[LeadRow], reasons: set[str], suppressed: dict[str, set[str]]
    ) -> None:
        """Suppress the person and all addresses of the rows."""
        for reason in sorted(reasons - lead.suppressed_by):
            self.suppressions.append(NewSuppression(lead, None, reason))
        for key in keys_of(lead, group):
            for reason in sorted(reasons - suppressed.get(key, set())):
                self.suppressions.append(NewSuppression(None, key, reason))
            suppressed.setdefault(key, set()).update(reasons)
        lead.suppressed_by |= reasons

    def consent(self, lead: KnownLead, keys: dict[str, Any]) -> None:
        """Take over the consent of a row, else the basis that was given for all of them."""
        own = keys.get("consent_basis") or (
            ConsentBasis.CONSENT.value if "consent_given_at" in keys else None
        )
        if own:
            source = keys.get("consent_source") or self.source
            self.add(
                lead, NewConsent(lead, own, keys.get("consent_wording"), source, keys.get("consent_given_at"))
            )
        elif self.basis and not lead.suppressed_by:
            source = self.basis_source or self.source
            self.add(
                lead, NewConsent(lead, self.basis, self.basis_wording, source, keys.get("consent_given_at"))
            )

    def add(self, lead: KnownLead, consent: NewConsent) -> None:
        """Record a consent, unless one of its kind is on record, given or withdrawn."""
        if (PURPOSE, consent.basis) not in lead.consents:
            lead.consents[PURPOSE, consent.basis] = True
            self.consents.append(consent)

    def count(self, lead: KnownLead, outcome: Outcome) -> None:
        """Count whether the lead may be mailed, or the first reason why not."""
        if lead.suppressed_by:
            outcome.counts["suppressed"] += 1
            for reason in lead.suppressed_by:
                outcome.counts[f"suppressed_{reason.lower()}"] += 1
        elif "email" not in lead.values:
            outcome.counts["no_address"] += 1
        elif not any(lead.consents.values()):
            outcome.counts["no_basis"] += 1
        else:
            outcome.counts["mailable"] += 1
