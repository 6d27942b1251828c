"""What lies before sales, for programs: read it, answer it, hand it over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, field_validator

from coldframe import clock
from coldframe.api.people import KeyWith
from coldframe.api.problems import Problem
from coldframe.handoff import documents, operations, queries, rights
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel.vocabulary import HandoffState, Refusal, Verdict
from coldframe.team import operations as team
from coldframe.team.rights import Person, Right

router = Router(tags=["handoffs"])
MOST_LISTED = 200
#: What a text may hold: no NUL, which no database keeps.
Name = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00]*$")]


class NotYours(Refusal):
    """A handoff of somebody else."""


class UnknownParameter(Refusal):
    """A question by something that handoffs are not asked by."""


#: What each refusal is answered with; all others with 400.
STATUSES: dict[type[Refusal], HTTPStatus] = {
    NotYours: HTTPStatus.FORBIDDEN,
    UnknownParameter: HTTPStatus.UNPROCESSABLE_ENTITY,
    operations.NoSuchHandoff: HTTPStatus.NOT_FOUND,
    operations.AlreadySettled: HTTPStatus.CONFLICT,
    operations.Overtaken: HTTPStatus.CONFLICT,
    operations.IncompleteVerdict: HTTPStatus.UNPROCESSABLE_ENTITY,
    operations.NotAgreeable: HTTPStatus.UNPROCESSABLE_ENTITY,
}
WRONG: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 422), Problem)


class HandoffLead(Schema):
    """The person."""

    id: UUID
    name: str
    email: str | None
    job_title: str | None


class HandoffAccount(Schema):
    """The company."""

    name: str | None
    domain: str | None


class VerdictGiven(Schema):
    """What sales said."""

    answer: Verdict
    reason: str | None
    until: datetime | None
    said_by: str
    said_at: datetime


class HandoffDocument(Schema):
    """One lead put before sales."""

    id: UUID
    lead: HandoffLead
    account: HandoffAccount
    episode: int = Field(description="counts the times this lead was put before sales, from 1")
    team: str
    owner: str | None
    owner_from: str | None = Field(description="how the owner was found")
    trigger: str = Field(description="why, such as trigger:Ready")
    is_hand_raise: bool
    segment: str | None
    path: str | None
    stage: str | None
    state: HandoffState
    opened_at: datetime
    answer_by_at: datetime | None = Field(description="the agreed time of an answer")
    deadline_at: datetime = Field(description="unanswered by then, it lapses")
    ended_at: datetime | None
    verdict: VerdictGiven | None


class HandoffList(Schema):
    """Handoffs, the latest first."""

    handoffs: list[HandoffDocument]
    next: UUID | None = Field(description="go on with before=<this>; null: there are no more")


class Asked(Schema):
    """Which handoffs."""

    state: HandoffState | None = None
    owner: Name | None = None
    lead: UUID | None = Field(None, description="public id of a lead")
    before: UUID | None = Field(None, description="go on after this handoff")
    limit: int = Field(50, ge=1, le=MOST_LISTED)


class VerdictSaid(Schema):
    """What sales says of a handoff. Fields that are not named here are refused."""

    model_config = ConfigDict(extra="forbid")

    answer: Verdict
    reason: str = Field("", max_length=255, pattern=r"^[^\x00]*$", description="needed for NOT_A_FIT")
    until: AwareDatetime | date | None = Field(
        None, description="needed for NOT_NOW: an instant with its zone, or a day"
    )
    by: Name | None = Field(None, description="who in sales says so; else the key's own name")

    @field_validator("until")
    @classmethod
    def exists(cls, said: datetime | date | None) -> datetime | date | None:
        """Refuse an instant that no clock in UTC ever shows: it would lie before the year 1, or after 9999."""
        try:
            instant_of(said)
        except OverflowError as error:
            raise ValueError("There is no such instant in UTC") from error
        return said


class OwnerSaid(Schema):
    """Who is to have a handoff. Fields that are not named here are refused."""

    model_config = ConfigDict(extra="forbid")

    owner: Name


@router.get("", auth=KeyWith(Right.SEE), response={200: HandoffList, **WRONG}, operation_id="list_handoffs")
def list_handoffs(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """List what was put before sales, the latest first. Parameters that are not named here are refused."""
    require_known(request.GET)
    before = find(asked.before).id if asked.before else None
    found = queries.list_handoffs(
        state=asked.state,
        for_rep=asked.owner,
        lead_public_id=asked.lead,
        before_id=before,
        limit=asked.limit + 1,
    )
    shown = found[: asked.limit]
    note(request, "handoff.listed", details={"count": len(shown)})
    return {
        "handoffs": [documents.of(each) for each in shown],
        "next": shown[-1].public_id if len(found) > asked.limit else None,
    }


@router.get(
    "/{public_id}",
    auth=KeyWith(Right.SEE),
    response={200: HandoffDocument, **WRONG},
    operation_id="get_handoff",
)
def get_handoff(request: HttpRequest, public_id: Path[UUID]) -> dict[str, Any]:
    """Return one handoff."""
    found = find(public_id)
    note(request, "handoff.viewed", subject=str(public_id))
    return documents.of(found)


@router.post(
    "/{public_id}/verdict",
    auth=KeyWith(Right.ANSWER),
    response={200: HandoffDocument, **WRONG},
    operation_id="answer_handoff",
)
def answer_handoff(request: HttpRequest, public_id: Path[UUID], said: VerdictSaid) -> dict[str, Any]:
    """
    Say what sales says of a handoff; the next cycle acts on it, within a second.

    The same said again changes nothing and is answered the same; another answer is refused with 409, which says what
    stands.
    """
    person = caller(request)
    require_own(person, find(public_id), rep=said.by)
    answered = operations.answer(
        public_id=public_id,
        answer=said.answer,
        by=said.by or person.name,
        at=clock.now(),
        reason=said.reason,
        until=instant_of(said.until),
    )
    if not answered.is_repeat:
        note(request, "handoff.answered", subject=str(public_id), details={"answer": said.answer.value})
    return documents.of(answered.handoff)


@router.post(
    "/{public_id}/owner",
    auth=KeyWith(Right.RUN_DESK),
    response={200: HandoffDocument, **WRONG},
    operation_id="reassign_handoff",
)
def reassign_handoff(request: HttpRequest, public_id: Path[UUID], said: OwnerSaid) -> dict[str, Any]:
    """Hand an open handoff over to another rep, who is told."""
    found = operations.reassign(public_id=public_id, to=said.owner, by=caller(request).name, at=clock.now())
    note(request, "handoff.reassigned", subject=str(public_id))
    return documents.of(found)


def require_known(given: Collection[str]) -> None:
    """Raise ``UnknownParameter`` for a parameter that would go unheard."""
    if strange := sorted(set(given) - set(Asked.model_fields)):
        raise UnknownParameter(
            "There is no such parameter.",
            where=strange[0][:80],
            expected=", ".join(Asked.model_fields),
        )


def find(public_id: UUID) -> HandoffRow:
    """Return a handoff. Raises ``NoSuchHandoff``."""
    found = queries.find(public_id)
    if found is None:
        raise operations.unknown(public_id)
    return found


def require_own(person: Person, row: HandoffRow, *, rep: str | None) -> None:
    """Raise ``NotYours`` where a key without the right to answer for others names nobody, or somebody else."""
    if not rights.may_answer(person, row, rep=rep):
        raise NotYours(
            "This handoff is somebody else's.",
            where="by",
            expected="its owner, or a key whose role may answer for others",
            got=rep,
        )


def instant_of(said: datetime | date | None) -> datetime | None:
    """Return an instant; of a day its beginning in UTC."""
    if said is None:
        return None
    if isinstance(said, datetime):
        return said.astimezone(UTC)
    return datetime.combine(said, time(), UTC)


def caller(request: HttpRequest) -> Person:
    """Return the program that calls."""
    person: Person = request.person  # type: ignore[attr-defined]
    return person


def note(
    request: HttpRequest, what: str, *, subject: str = "", details: dict[str, Any] | None = None
) -> None:
    """Write down what a program looked at or changed."""
    team.note(by=caller(request), what=what, at=clock.now(), subject=subject, details=details)
