"""The one question to ask of a lead next: the same rule for mail and for forms (``kernel.planning.catalog``)."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Coalesce

from coldframe.activity.forms.definition import TRAITS, Asked, Kind
from coldframe.kernel.planning.catalog import Catalog
from coldframe.kernel.playbook.model import Playbook
from coldframe.leads import merged
from coldframe.leads.models import Lead
from coldframe.library import queries as library
from coldframe.nurture import merging
from coldframe.nurture.models import Assessment


def next_for(*, public_id: UUID, besides: set[str]) -> Asked | None:
    """
    Return the question whose answer would most change where a lead goes; None where nothing is left to ask.

    Asks for nothing that is known already, nor for what the form asks anyway (``besides``).
    """
    found = Lead.objects.filter(merged.LEADS_ON, public_id=public_id)
    lead_id = found.values_list(Coalesce("merged_into_id", "id"), flat=True).first()
    if lead_id is None:
        return None
    playbook = library.get_active_playbook().playbook
    last = Assessment.objects.filter(lead_id=lead_id).order_by("-id").first()
    values = merging.load_values(lead_ids={lead_id}).get(lead_id, {})
    catalog = Catalog(playbook)
    for number, _ in catalog.asked(last.fit_unknown if last else 0):
        name = catalog.fields[number - len(catalog.assets)]
        if name in TRAITS and name not in besides and values.get(name) in (None, ""):
            return as_asked(playbook, name)
    return None


def as_asked(playbook: Playbook, name: str) -> Asked:
    """Return a question of the playbook as a field of a form; never required."""
    question = playbook.completeness.questions[name]
    choices = tuple(map(str, question.options or ()))
    return Asked(
        field=name, label=question.ask[:300], kind=Kind.CHOICE if choices else Kind.TEXT, choices=choices
    )
