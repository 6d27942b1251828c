"""Every write to handoffs: what sales says, who has which, and who takes leads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils.translation import gettext as _

from coldframe.handoff import notifying, queries
from coldframe.handoff.models import DEFAULT_TEAM, Capacity, Handoff, Rep, Verdict
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel.vocabulary import HandoffState, Notice, Refusal
from coldframe.kernel.vocabulary import Verdict as VerdictWord
from coldframe.leads.due import mark_due
from coldframe.storage import locks

#: Answers that say why, so that the rules can learn from them.
NEED_A_REASON = {VerdictWord.NOT_A_FIT}
#: Letters of a reason, and of a name.
REASON_LENGTH, NAME_LENGTH = 255, 150
#: Nobody waits longer than this.
LONGEST_WAIT = timedelta(days=3660)
#: Of one team.
MOST_REPS = 500
#: Leads that one person takes in the window of the playbook, at the most that can be written down.
MOST_ROOM = 100_000
#: What can be agreed with a rep.
AGREED = frozenset(
    {"most", "away_until", "countries", "email", "by_email", "hand_raises_only", "with_calendar"}
)


class NothingOpen(Refusal):
    """No handoff of this lead waits for an answer."""


class NoSuchHandoff(Refusal):
    """No handoff is known by that id."""


class AlreadySettled(Refusal):
    """Sales has answered already."""


class Overtaken(Refusal):
    """The handoff was closed, or the lead was put before sales again since."""


class IncompleteVerdict(Refusal):
    """The answer lacks what the rules need to act on it."""


class NotAgreeable(Refusal):
    """That cannot be agreed with a rep."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What stands once an answer was given."""

    handoff: HandoffRow
    #: The same answer stood already; nothing was written.
    is_repeat: bool


def accept(*, public_id: UUID, by: str, at: datetime) -> Answered:
    """Record that sales takes the lead up; raises as ``answer``."""
    return answer(public_id=public_id, answer=VerdictWord.ACCEPTED, by=by, at=at)


def not_now(*, public_id: UUID, until: datetime, by: str, at: datetime, reason: str = "") -> Answered:
    """Record that sales wants the lead later, from a date on; raises as ``answer``."""
    return answer(public_id=public_id, answer=VerdictWord.NOT_NOW, by=by, at=at, reason=reason, until=until)


def wrong_person(*, public_id: UUID, by: str, at: datetime, reason: str = "") -> Answered:
    """Record that somebody else of the company is the one to talk to; raises as ``answer``."""
    return answer(public_id=public_id, answer=VerdictWord.WRONG_PERSON, by=by, at=at, reason=reason)


def needs_education(*, public_id: UUID, by: str, at: datetime, reason: str = "") -> Answered:
    """Record that the lead knows too little yet; raises as ``answer``."""
    return answer(public_id=public_id, answer=VerdictWord.NEEDS_EDUCATION, by=by, at=at, reason=reason)


def not_a_fit(*, public_id: UUID, reason: str, by: str, at: datetime) -> Answered:
    """Record that the lead does not belong here, and why; raises as ``answer``."""
    return answer(public_id=public_id, answer=VerdictWord.NOT_A_FIT, by=by, at=at, reason=reason)


def answer(
    *,
    public_id: UUID,
    answer: VerdictWord,
    by: str,
    at: datetime,
    reason: str = "",
    until: datetime | None = None,
) -> Answered:
    """
    Record what sales says of a handoff, and make the account due; the same said again changes nothing.

    A late answer is taken as long as nobody put the lead before sales again. Raises ``NoSuchHandoff``,
    ``IncompleteVerdict``, ``Overtaken``, and ``AlreadySettled`` where another answer stands.
    """
    reason, by = reason.strip(), by[:NAME_LENGTH]
    found = Handoff.objects.filter(public_id=public_id).only("pk", "lead_id").first()
    if found is None:
        raise unknown(public_id)
    with transaction.atomic():
        locks.hold([locks.of_lead(found.lead_id)])
        handoff = Handoff.objects.select_related("verdict").get(pk=found.pk)
        said: Verdict | None = getattr(handoff, "verdict", None)
        is_repeat = said is not None and (said.answer, said.reason, said.until) == (answer, reason, until)
        if not is_repeat:
            require_complete(answer, reason=reason, until=until, at=at)
            require_waiting(handoff, said)
            keep_verdict(handoff, answer=answer, by=by, at=at, reason=reason, until=until)
    row = queries.find(public_id)
    if row is None:
        raise unknown(public_id)
    return Answered(handoff=row, is_repeat=is_repeat)


def record_verdict(
    *,
    lead_id: int,
    answer: VerdictWord,
    by: str,
    at: datetime,
    reason: str = "",
    until: datetime | None = None,
) -> int:
    """
    Record what sales says of the lead's last handoff, and make the account due; return the handoff's id.

    A late answer is taken as long as nobody put the lead before sales again. Raises ``NothingOpen``,
    ``AlreadySettled``, ``IncompleteVerdict``.
    """
    require_complete(answer, reason=reason, until=until, at=at)
    with transaction.atomic():
        locks.hold([locks.of_lead(lead_id)])
        handoff = latest(lead_id)
        keep_verdict(handoff, answer=answer, by=by[:NAME_LENGTH], at=at, reason=reason, until=until)
    return handoff.pk


def keep_verdict(
    handoff: Handoff, *, answer: VerdictWord, by: str, at: datetime, reason: str, until: datetime | None
) -> None:
    """Write a verdict in the open transaction, and make the account due."""
    Verdict.objects.create(
        handoff=handoff, answer=answer.value, reason=reason, until=until, said_by=by, said_at=at
    )
    Handoff.objects.filter(pk=handoff.pk).update(state=HandoffState.ANSWERED, ended_at=at)
    mark_due(account_ids=[handoff.account_id], at=at)
    notifying.tell_systems([handoff.pk], Notice.ANSWERED, at=at)


def reassign(*, public_id: UUID, to: str, by: str, at: datetime) -> HandoffRow:
    """
    Hand an open handoff over to another rep, who is told; the same person again changes nothing.

    It counts against the room of whoever has it from then on, whether they have any: a person has decided. Raises
    ``NoSuchHandoff``, ``Overtaken``, ``AlreadySettled``, and ``NotAgreeable`` where a team has named its people and
    this is none of them.
    """
    to = checked_name(to)
    found = Handoff.objects.filter(public_id=public_id).only("pk", "lead_id", "team").first()
    if found is None:
        raise unknown(public_id)
    with transaction.atomic():
        # In the order of a cycle: the room, then people.
        lock_capacity(found.team)
        locks.hold([locks.of_lead(found.lead_id)])
        require_of_team(to, team=found.team)
        handoff = Handoff.objects.select_related("verdict").get(pk=found.pk)
        require_waiting(handoff, getattr(handoff, "verdict", None))
        if handoff.owner != to:
            Handoff.objects.filter(pk=handoff.pk).update(owner=to, owner_from=f"person:{by[:NAME_LENGTH]}")
            notifying.tell([handoff.pk], Notice.HANDED_OVER, at=at)
    row = queries.find(public_id)
    if row is None:
        raise unknown(public_id)
    return row


def lock_capacity(team: str = DEFAULT_TEAM) -> None:
    """Hold the team's capacity to the end of the transaction, so that nobody else fills the same room."""
    Capacity.objects.get_or_create(team=team)
    if connection.vendor == "postgresql":
        Capacity.objects.select_for_update().get(team=team)


def set_reps(*, reps: Sequence[str], team: str = DEFAULT_TEAM) -> None:
    """Say who takes leads, in the order of the round robin; nobody: the team as a whole. Raises ``NotAgreeable``."""
    names = list(dict.fromkeys(checked_name(each) for each in reps))
    if len(names) > MOST_REPS:
        raise NotAgreeable(
            _("That is too many people."),
            expected=_("at most %(most)d") % {"most": MOST_REPS},
            got=str(len(names)),
        )
    Capacity.objects.update_or_create(team=team, defaults={"reps": names})


def agree(name: str, **terms: Any) -> None:
    """
    Agree something with a rep: how many they take at most, until when they are away, their countries, how they are told.

    ``terms``: some of ``AGREED``; what is not named stays as it is. Raises ``NotAgreeable``.
    """
    if strange := sorted(set(terms) - AGREED):
        raise TypeError(f"with a rep no {', '.join(strange)} is agreed")
    Rep.objects.update_or_create(
        name=checked_name(name), defaults={key: checked(key, value) for key, value in terms.items()}
    )


def tell_system(*, connection: str, team: str = DEFAULT_TEAM) -> None:
    """Have another system told of each handoff, through a connection for webhooks; an empty name: none is."""
    Capacity.objects.update_or_create(team=team, defaults={"tells": connection})


def latest(lead_id: int) -> Handoff:
    """Return the last handoff of a lead, unanswered; raise ``NothingOpen`` or ``AlreadySettled``."""
    handoff = Handoff.objects.filter(lead_id=lead_id).order_by("-episode").first()
    if handoff is None or handoff.state == HandoffState.CLOSED:
        raise NothingOpen(
            _("Nothing of this lead waits for an answer of sales."),
            expected=_("a lead in sales review"),
            advice=_("`coldframe handoffs` lists what does."),
        )
    if handoff.state == HandoffState.ANSWERED:
        raise settled(handoff.verdict)
    return handoff


def require_waiting(handoff: Handoff, said: Verdict | None) -> None:
    """Raise ``AlreadySettled`` or ``Overtaken`` unless a handoff waits for an answer."""
    if said is not None:
        raise settled(said)
    later = Handoff.objects.filter(lead=handoff.lead_id, episode__gt=handoff.episode)
    if handoff.state == HandoffState.CLOSED or later.exists():
        is_closed = handoff.state == HandoffState.CLOSED
        raise Overtaken(
            _("This handoff waits for no answer any more."),
            expected=_("one that is open, or lapsed without the lead being put before sales again"),
            got=_("closed: a deal, a person or a rule decided first")
            if is_closed
            else _("put before sales again since"),
            advice=_("The lead's own page says where it stands."),
        )


def require_complete(answer: VerdictWord, *, reason: str, until: datetime | None, at: datetime) -> None:
    """Raise ``IncompleteVerdict`` for an answer that the rules could not act on, or that cannot be kept."""
    if answer is VerdictWord.NOT_NOW and until is None:
        raise IncompleteVerdict(
            _("“Not now” needs a date."),
            where="until",
            expected=_("until when to wait"),
            advice=_("For instance --until 2027-01-15."),
        )
    if until is not None:
        require_ahead(answer, until=until, at=at)
    if answer in NEED_A_REASON and not reason.strip():
        raise IncompleteVerdict(
            _("“Not a fit” needs a reason."),
            where="reason",
            expected=_("why"),
            advice=_("For instance --reason 'too small'."),
        )
    if len(reason) > REASON_LENGTH or "\0" in reason:
        raise IncompleteVerdict(
            _("The reason cannot be kept."),
            where="reason",
            expected=_("at most %(most)d letters, and none of them NUL") % {"most": REASON_LENGTH},
            got=_("%(count)d letters") % {"count": len(reason)},
        )


def require_ahead(answer: VerdictWord, *, until: datetime, at: datetime) -> None:
    """Raise ``IncompleteVerdict`` unless a date is one of “not now”, and lies ahead within some years."""
    got = f"{until:%Y-%m-%d}"
    if answer is not VerdictWord.NOT_NOW:
        raise IncompleteVerdict(
            _("Only “not now” has a date."), where="until", expected=_("no date"), got=got
        )
    if until <= at:
        raise IncompleteVerdict(
            _("The date lies in the past."),
            where="until",
            expected=_("a date after %(day)s") % {"day": f"{at:%Y-%m-%d}"},
            got=got,
        )
    if until > at + LONGEST_WAIT:
        raise IncompleteVerdict(
            _("The date lies too far ahead."),
            where="until",
            expected=_("a date before %(day)s") % {"day": f"{at + LONGEST_WAIT:%Y-%m-%d}"},
            got=got,
        )


def require_of_team(name: str, *, team: str) -> None:
    """Raise ``NotAgreeable`` where a team has named its people, and this is none of them."""
    named = [rep for of, rep in queries.list_reps() if of == team]
    if named and name not in named:
        raise NotAgreeable(
            _("Nobody of this name takes leads."),
            where="owner",
            expected=", ".join(named[:20]),
            got=name,
            advice=_("Say first who takes leads: on the page of the desk, or with coldframe handoffs --rep."),
        )


def checked_name(name: str) -> str:
    """Return a rep's name without space around it. Raises ``NotAgreeable``."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise NotAgreeable(
            _("That cannot be a name."), where="name", expected=_("1 to %(most)d letters in one line") % {"most": NAME_LENGTH}, got=repr(name[:80])
        )  # fmt: skip
    return name


def checked(key: str, value: Any) -> Any:
    """Return what is agreed with a rep, as it is kept. Raises ``NotAgreeable``."""
    if key == "most" and value is not None and not 0 <= value <= MOST_ROOM:
        raise NotAgreeable(
            _("Nobody takes so many."), where=key, expected=_("0 to %(most)d, or nothing for as many as the playbook says") % {"most": MOST_ROOM}, got=str(value)
        )  # fmt: skip
    if key == "countries":
        return checked_countries(value)
    if key == "email" and value:
        try:
            validate_email(value)
        except ValidationError as error:
            raise NotAgreeable(
                _("That is no address."),
                where=key,
                expected=_("such as ewa@example.com"),
                got=repr(value[:80]),
            ) from error
    return value


def checked_countries(found: Collection[str]) -> list[str]:
    codes = sorted({each.strip().upper() for each in found})
    if strange := [each for each in codes if len(each) != 2 or not (each.isascii() and each.isalpha())]:
        raise NotAgreeable(
            _("That is no country."), where="countries", expected=_("codes of two letters, such as DE or PL"), got=repr(strange[0][:20])
        )  # fmt: skip
    return codes


def settled(said: Verdict) -> AlreadySettled:
    """Return the refusal that says which answer stands."""
    return AlreadySettled(
        _("Sales has answered already: %(answer)s, by %(by)s on %(day)s.")
        % {"answer": said.answer, "by": said.said_by, "day": f"{said.said_at:%Y-%m-%d}"},
        advice=_("The answer stands; a new one is possible when the lead is put before sales again."),
    )


def unknown(public_id: UUID) -> NoSuchHandoff:
    return NoSuchHandoff(
        _("No handoff is known by that id."),
        where="public_id",
        got=str(public_id),
        advice=_("`coldframe handoffs` lists what waits for an answer."),
    )
