"""Rows of people who were erased are left out of an import, and counted."""

from __future__ import annotations

from collections.abc import Sequence

from coldframe.leads import erasure
from coldframe.leads.importing.leadrows import LeadIntake, identified
from coldframe.leads.importing.matching_leads import Person
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.importing.records import Record
from coldframe.leads.models import Erasure
from coldframe.leads.suppression import email_keys


class CarefulIntake(LeadIntake):
    """Takes rows of leads, but for those of people who were erased: not even their opt-outs or companies."""

    def take(self, records: Sequence[Record]) -> Outcome:
        """Take what is nobody's who was erased; ``erased_before`` counts the rest."""
        if not Erasure.objects.exists():
            return super().take(records)
        keys = [keys_of(identified(record).person, self.source) for record in records]
        erased = erasure.find_erased(key for each in keys for key in each)
        kept = [record for record, each in zip(records, keys, strict=True) if erased.isdisjoint(each)]
        outcome = super().take(kept)
        left_out = len(records) - len(kept)
        outcome.counts["rows"] += left_out
        outcome.counts["erased_before"] += left_out
        return outcome


def keys_of(person: Person, source: str) -> list[str]:
    """Return by what a person may have been remembered."""
    keys = [erasure.address_key(key) for key in email_keys(person.email)]
    if person.external_id:
        keys.append(erasure.identity_key(source, person.external_id))
    return keys
