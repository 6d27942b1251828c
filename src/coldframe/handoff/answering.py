"""What the page behind a link shows, and the answer that it gives: nothing changes but by ``say``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from coldframe.handoff import operations, queries, recipients, tokens, zones
from coldframe.handoff.handlers import BY_PERSON
from coldframe.handoff.models import Notification
from coldframe.handoff.operations import Answered
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel.vocabulary import Refusal, Verdict
from coldframe.team import operations as team
from coldframe.team import queries as people
from coldframe.team.rights import Role, person


class LinkExpired(Refusal):
    """The time of a link is over."""


class HandedOver(Refusal):
    """Somebody else has the lead by now."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A handoff, as the page behind a link shows it."""

    handoff: HandoffRow
    #: Who was told, and says what is said.
    by: str
    #: By whose clocks days begin: those of whoever was told.
    zone: ZoneInfo
    #: What the link is for; None: the page asks which.
    answer: Verdict | None
    expires_at: datetime
    #: The link answers no more.
    is_expired: bool
    #: Somebody else has it since the link was sent, and answers for it.
    is_anothers: bool


def find(token: str, *, at: datetime, purpose: tokens.Purpose = tokens.Purpose.ANSWER) -> Asked | None:
    """Return what a link is about; None where it is not ours, or what it was about or whoever was told is gone."""
    link = tokens.read(token, purpose)
    row = queries.find(link.handoff) if link else None
    if link is None or row is None:
        return None
    told = Notification.objects.filter(pk=link.notification_id, handoff=row.id).first()
    if told is None or people.is_kept_out(told.to):
        return None
    return Asked(
        handoff=row,
        by=told.to or told.address,
        zone=zones.zone_of(recipients.find_user(told)),
        answer=link.answer,
        expires_at=link.expires_at,
        is_expired=link.expires_at <= at,
        is_anothers=is_anothers(told, row),
    )


def is_anothers(told: Notification, row: HandoffRow) -> bool:
    """Return whether a person handed it over since to somebody else, and whoever was told answers for nobody else."""
    if not row.owner_from.startswith(BY_PERSON) or told.to == row.owner:
        return False
    return not people.may_answer_for_others(rep=told.to, email=told.address)


def say(
    asked: Asked, *, answer: Verdict, at: datetime, reason: str = "", until: datetime | None = None
) -> Answered:
    """
    Answer as whoever the link was for, and note that.

    Raises ``LinkExpired``, and what ``operations.answer`` raises: a second answer is told which one stands.
    """
    if asked.is_expired:
        raise LinkExpired(
            _("This link is too old to answer with."),
            expected=_("before %(day)s") % {"day": f"{asked.expires_at:%Y-%m-%d}"},
            advice=_("Answer on the desk, if the lead still waits."),
        )
    if asked.is_anothers:
        raise HandedOver(
            _("%(owner)s has this lead now, and answers for it.") % {"owner": asked.handoff.owner},
        )
    said = operations.answer(
        public_id=asked.handoff.public_id, answer=answer, by=asked.by, at=at, reason=reason, until=until
    )
    if not said.is_repeat:
        # Nobody is signed in: who the link was for stands for who pressed.
        team.note(
            by=person(id=None, name=asked.by, role=Role.SALES),
            what="handoff.answered",
            at=at,
            subject=str(asked.handoff.public_id),
            details={"answer": answer.value, "by": "link"},
        )
    return said
