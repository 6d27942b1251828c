"""What a lead has read, which buyer questions are answered and open, and what is still to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.nurture import reading
from coldframe.web import wording
from coldframe.web.pages import parts

#: Assets that are not folded away.
SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class ReadLine:
    """An asset that the lead has had or found."""

    title: str
    href: str
    answers: str
    how: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class QuestionLine:
    """A question of the buyer's."""

    text: str
    by: str
    is_answered: bool


@dataclass(frozen=True, kw_only=True)
class StageLines:
    """The buyer's questions of one stage."""

    stage: str
    answered: int
    questions: tuple[QuestionLine, ...]


@dataclass(frozen=True, kw_only=True)
class AskedLine:
    """A question of ours."""

    text: str
    answer: str
    asked: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All of it, in words."""

    read: tuple[ReadLine, ...]
    read_earlier: tuple[ReadLine, ...]
    stages: tuple[StageLines, ...]
    sentence: str
    asked: tuple[AskedLine, ...]


def build(found: reading.Reading, *, public_id: UUID, now: datetime) -> Reading:
    """Return what a lead has read, in words."""
    read = tuple(read_line(each, public_id=public_id, now=now) for each in found.read)
    stages: dict[str, list[QuestionLine]] = {}
    for each in found.questions:
        line = QuestionLine(
            text=each.text, by=", ".join(each.answered_by), is_answered=bool(each.answered_by)
        )
        stages.setdefault(each.stage, []).append(line)
    answered = sum(bool(each.answered_by) for each in found.questions)
    return Reading(
        read=read[:SHOWN],
        read_earlier=read[SHOWN:],
        stages=tuple(
            StageLines(
                stage=wording.STAGES.get(stage, wording.plain(stage)),
                answered=sum(line.is_answered for line in lines),
                questions=tuple(lines),
            )
            for stage, lines in stages.items()
        ),
        sentence=_("%(answered)s of %(all)s questions answered")
        % {"answered": answered, "all": len(found.questions)},
        asked=tuple(
            AskedLine(text=each.text, answer=each.answer, asked=parts.maybe_instant(each.asked_at, now=now))
            for each in found.asked
        ),
    )


def read_line(read: reading.Read, *, public_id: UUID, now: datetime) -> ReadLine:
    """Return an asset as the page tells of it."""
    ways = {(True, False): _("sent"), (False, True): _("found by itself"), (True, True): _("sent, and found")}
    return ReadLine(
        title=read.title,
        href=reverse("web:preview", args=[read.content_key]) + f"?lead={public_id}",
        answers=read.answers,
        how=ways[(read.sent_at is not None, read.found_at is not None)],
        at=parts.recent(reading.last_at(read), now=now),
    )
