"""Content seen from the leads: what one message says to one of them, and how many wait for what there is not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from coldframe.kernel.vocabulary import EnrollmentState, FitLevel, LeadStatus
from coldframe.library import queries as library
from coldframe.library.content_map import Waiting
from coldframe.library.fields import Value
from coldframe.nurture import listing, merging, queries
from coldframe.nurture.models import Enrollment, Standing


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who a preview says has written."""

    name: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """One message as one lead would get it, but for its footer."""

    content_key: str
    lead_id: int
    subject: str
    html: str
    text: str
    language: str
    #: Why it would be held instead; the texts are empty then.
    held_for: str | None = None


def preview(*, content_key: str, lead_key: str, sender: Sender) -> Preview:
    """
    Return what a message of the active playbook would say to a lead.

    ``lead_key`` is whatever a person calls the lead. Raises ``NoSuchLead`` or ``SeveralLeads``, and
    ``NoSuchContent`` for a key that names nothing the playbook can send.
    """
    from coldframe.library import rendering

    active = library.get_active_playbook()
    library.check_content_key(active.playbook, content_key)
    lead_id = queries.find_lead(lead_key)
    values: dict[str, Value] = {
        **merging.load_values(lead_ids=[lead_id])[lead_id],
        "sender.name": sender.name,
        "sender.address": sender.address,
    }
    written = rendering.compiled(active).render(rendering.Content(content_key=content_key, values=values))
    if isinstance(written, rendering.NotRendered):
        return Preview(
            content_key=content_key, lead_id=lead_id, subject="", html="", text="", language="", held_for=written.detail
        )  # fmt: skip
    return Preview(
        content_key=content_key, lead_id=lead_id, subject=written.subject, html=written.html, text=written.text, language=written.language
    )  # fmt: skip


#: A good fit, whatever is not known yet.
GOOD = (FitLevel.A.value, FitLevel.B.value)


def count_waiting(*, by_person_in: Collection[str] | None = None) -> list[Waiting]:
    """
    Return how many leads in nurture stand where, and how many of them the content is used up for.

    Roles and problems are told apart in the stages ``by_person_in``, None: in all of them; elsewhere they are None.
    To read them costs more than all the rest, for they lie in the wide table of the leads.
    """
    standings = listing.standings().filter(status__in=[LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value])
    if by_person_in is None:
        return grouped(standings, *BY_PERSON)
    apart = Q(stage__in=[stage.upper() for stage in by_person_in])
    found = grouped(standings.filter(~apart | Q(stage__isnull=True)))
    return [*found, *(grouped(standings.filter(apart), *BY_PERSON) if by_person_in else ())]


#: What tells people of the same stage and segment apart.
BY_PERSON = ("lead__role", "lead__known_problem")


def grouped(standings: QuerySet[Standing], *by_person: str) -> list[Waiting]:
    """Return the standings counted by stage, segment, and what else is asked for."""
    # Few have had everything; to look for each whether it has would take longer than to count.
    used_up = Enrollment.objects.filter(ended_at__isnull=True, state=EnrollmentState.EXHAUSTED.value)
    exhausted = counts(standings.filter(lead_id__in=used_up.values("lead_id")), *by_person)
    return [
        Waiting(
            stage=merging.spelt(stage),
            segment=segment,
            role=merging.spelt(person[0]) if person else None,
            problem=person[1] if person else None,
            lead_count=lead_count,
            exhausted_count=exhausted.get((stage, segment, *person), (0, 0))[0],
            good_count=good_count,
            exhausted_good_count=exhausted.get((stage, segment, *person), (0, 0))[1],
        )
        for (stage, segment, *person), (lead_count, good_count) in counts(standings, *by_person).items()
    ]


def counts(standings: QuerySet[Standing], *by_person: str) -> dict[tuple[str | None, ...], tuple[int, int]]:
    """Return how many standings there are for each stage, segment and what else is asked for, and how many good fits."""
    columns = ("stage", "segment", *by_person)
    rows = (
        standings.values_list(*columns)
        .annotate(lead_count=Count("pk"), good_count=Count("pk", filter=Q(fit_level__in=GOOD)))
        .order_by(*columns)
    )
    return {tuple(row[:-2]): (row[-2], row[-1]) for row in rows}
