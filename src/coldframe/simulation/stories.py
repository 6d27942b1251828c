"""How each story unfolds: when an account looks around, and what its people are after in which weeks."""

from __future__ import annotations

import random
from dataclasses import dataclass

from coldframe.kernel.vocabulary import BuyerStage
from coldframe.simulation.content import ALIGNMENT, AWARENESS, COMPARISON, EVALUATION, RESEARCH
from coldframe.simulation.market import HISTORY_DAYS, Story


@dataclass(frozen=True)
class Phase:
    """Weeks in which an account's people visit for a reason. Days count from the present, which is 0."""

    stage: BuyerStage
    start: int
    end: int
    #: Expected visits of an account of three people.
    visits: float


@dataclass(frozen=True)
class Course:
    """An account's story on the calendar. Days count from the present; all are negative."""

    #: When the first person comes in.
    begins: int
    phases: tuple[Phase, ...]
    #: When it begins to look around for a solution; None: it never did.
    window: int | None = None
    #: When a deal was opened and closed.
    opened: int | None = None
    closed: int | None = None


def course(story: Story, rng: random.Random) -> Course:
    """Return how the story goes this time."""
    match story:
        case Story.WON | Story.LOST | Story.IN_SALES:
            return deal_course(story, rng)
        case Story.DORMANT:
            return dormant_course(rng)
        case Story.WARMING | Story.LATER:
            return warming_course(story, rng)
        case Story.EARLY:
            return early_course(rng)
        case Story.COMPETITOR:
            begins = rng.randint(-400, -120)
            return Course(begins, (Phase(EVALUATION, begins, -3, 9), Phase(RESEARCH, begins, -3, 5)))
        case Story.QUIET | Story.OFF_TOPIC:
            begins = rng.randint(-HISTORY_DAYS + 8, -4)
            return Course(begins, (Phase(AWARENESS, begins, min(begins + 20, -2), 0.5),))
        case Story.MISFIT:
            return early_course(rng) if rng.random() < 0.4 else course(Story.QUIET, rng)
        case _:
            return present_course(story, rng)


def deal_course(story: Story, rng: random.Random) -> Course:
    """Return the course of an account that got as far as a deal; from first contact to the end it takes 4 to 13 months."""
    if story is Story.IN_SALES:
        opened, closed, length = rng.randint(-75, -16), None, rng.randint(55, 120)
        last = -2
    else:
        length, lasting = rng.randint(70, 210), rng.randint(40, 200)
        opened = rng.randint(-HISTORY_DAYS + length + 8, -lasting - (120 if story is Story.LOST else 30))
        closed = last = opened + lasting
    begins = opened - length
    pace = 1.0 if story is Story.LOST else 1.3
    phases = [
        Phase(AWARENESS, begins, begins + length // 2, 4 * pace),
        Phase(RESEARCH, begins + length // 5, opened - 5, 6 * pace),
        Phase(COMPARISON, begins + length // 2, opened, 5 * pace),
        Phase(EVALUATION, opened - 20, last, 5 * pace),
        Phase(ALIGNMENT, opened, last, 2 * pace),
    ]
    if story is Story.WON and last < -40:
        phases.append(Phase(RESEARCH, last, -4, 4))
    return Course(begins, tuple(phases), window=begins, opened=opened, closed=closed)


def dormant_course(rng: random.Random) -> Course:
    """Return the course of an account that was interested once, and has been quiet for half a year or more."""
    begins = rng.randint(-HISTORY_DAYS + 8, -270)
    last = min(begins + rng.randint(50, 150), -185)
    half = (begins + last) // 2
    phases = (
        Phase(AWARENESS, begins, half, 3),
        Phase(RESEARCH, begins, last, 5),
        Phase(COMPARISON, half, last, 4),
        Phase(EVALUATION, half, last, 1.5),
    )
    return Course(begins, phases, window=begins)


def warming_course(story: Story, rng: random.Random) -> Course:
    """Return the course of an account that reads about options now, or did so before a date stood in the way."""
    begins = rng.randint(-260, -90)
    last = rng.randint(-55, -18) if story is Story.WARMING else rng.randint(-75, -40)
    middle = (begins + last) // 2
    phases = [
        Phase(AWARENESS, begins, middle, 3),
        Phase(RESEARCH, begins + 20, last, 4.5),
        Phase(COMPARISON, middle, last, 2),
    ]
    if story is Story.WARMING:
        phases.append(Phase(AWARENESS, -14, -2, 0.7))
    return Course(begins, tuple(phases), window=middle)


def early_course(rng: random.Random) -> Course:
    """Return the course of an account that knows its problem and looks at it now and then."""
    begins = rng.randint(-300, -12)
    last = min(begins + rng.randint(90, 330), -2)
    months = max((last - begins) / 30, 1)
    phases = (
        Phase(AWARENESS, begins, last, 1.5 * months),
        Phase(RESEARCH, begins, last, 0.6 * months),
        Phase(COMPARISON, begins, last, 0.2 * months),
    )
    return Course(begins, phases)


def present_course(story: Story, rng: random.Random) -> Course:
    """Return the course up to what happens this week, which ``scenes`` adds."""
    begins = rng.randint(-290, -230) if story is Story.CAME_BACK else rng.randint(-170, -100)
    quiet_since = begins + 70 if story is Story.CAME_BACK else rng.randint(-60, -40)
    is_strong = story in (Story.ASKS, Story.BOOKS, Story.READY)
    middle = (begins + quiet_since) // 2
    phases = (
        Phase(AWARENESS, begins, middle, 4),
        Phase(RESEARCH, begins + 10, quiet_since, 5 if is_strong else 2),
        Phase(COMPARISON, middle, -16 if is_strong else quiet_since, 4 if is_strong else 0.7),
    )
    return Course(begins, phases, window=begins)
