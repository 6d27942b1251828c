"""Two versions side by side: what they say otherwise, in words and line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.playbook.differences import Difference, differences
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import examining, queries
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import words

#: What stands for the draft where a number stands for a version.
DRAFT = "draft"
#: Lines around a change.
CONTEXT = 3
#: Lines and differences shown; the rest is counted.
MOST_LINES = 800
MOST_DIFFERENCES = 200


class NothingToCompare(Refusal):
    """An address names no version that there is."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One text of a comparison; no playbook: it has mistakes."""

    text: str
    playbook: Playbook | None


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that is said otherwise."""

    place: str
    badge: parts.Badge
    before: str
    after: str
    has_values: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the comparison. ``sort`` is same, added, removed or gap."""

    sort: str
    before: str
    after: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that two texts say otherwise."""

    sentence: str
    said: tuple[Said, ...]
    more_said: str
    lines: tuple[Line, ...]
    more_lines: str
    #: Neither has mistakes; else there are no differences in words.
    is_read: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A version that may be compared."""

    value: str
    label: str
    is_before: bool
    is_after: bool


@dataclass(frozen=True, kw_only=True)
class ComparePage:
    """Two versions side by side."""

    frame: parts.Frame
    choices: tuple[Choice, ...]
    before: str
    after: str
    comparison: Comparison


def build(*, before: str, after: str, now: datetime) -> ComparePage:
    """Return the page; raise ``NothingToCompare`` for what is neither a version nor the draft."""
    draft = queries.find_draft()
    versions = queries.list_versions()
    before, after = before or default_before(versions), after or default_after(versions, draft)
    labels = {str(each.number): f"{each.number} · {each.name}" for each in versions}
    if draft:
        labels = {DRAFT: _("The draft"), **labels}
    return ComparePage(
        frame=parts.build_frame(section="playbook", now=now),
        choices=tuple(
            Choice(value=value, label=label, is_before=value == before, is_after=value == after)
            for value, label in labels.items()
        ),
        before=labels.get(before, before),
        after=labels.get(after, after),
        comparison=compared(side(before), side(after)),
    )


def default_before(versions: list[queries.VersionLine]) -> str:
    return next((str(each.number) for each in versions if each.is_active), "1")


def default_after(versions: list[queries.VersionLine], draft: queries.Draft | None) -> str:
    return DRAFT if draft else str(versions[0].number) if versions else "1"


def side(asked: str) -> Side:
    """Return a version, or the draft, as one side of a comparison."""
    if asked == DRAFT and (draft := queries.find_draft()):
        return side_of_draft(draft)
    if asked.isdecimal() and asked.isascii() and len(asked) < 8:
        return side_of_version(queries.get_version(number=int(asked)))
    raise NothingToCompare(
        _("There is nothing of that name to compare."),
        expected=_("two numbers of versions, or draft"),
        got=asked[:40],
    )


def side_of_version(version: queries.ActivePlaybook) -> Side:
    return Side(text=version.text, playbook=version.playbook)


def side_of_draft(draft: queries.Draft) -> Side:
    return side_of_text(draft.text)


def side_of_text(text: str) -> Side:
    return Side(text=text, playbook=examining.examined(text).playbook)


def href(before: str | int, after: str | int) -> str:
    """Return the address of a comparison."""
    return f"{reverse('web:playbook-compare')}?before={before}&after={after}"


def compared(before: Side, after: Side) -> Comparison:
    """Return what two texts say otherwise; of one with mistakes only the lines can be told."""
    is_read = before.playbook is not None and after.playbook is not None
    found = differences(before.playbook, after.playbook) if before.playbook and after.playbook else []
    lines = list(lines_of(before.text, after.text))
    return Comparison(
        sentence=sentence(found, is_read=is_read, is_same=before.text == after.text),
        said=tuple(said(each) for each in found[:MOST_DIFFERENCES]),
        more_said=more(len(found) - MOST_DIFFERENCES),
        lines=tuple(lines[:MOST_LINES]),
        more_lines=more(len(lines) - MOST_LINES),
        is_read=is_read,
    )


def more(count: int) -> str:
    """Return how many are not shown."""
    return ngettext("%(count)d more", "%(count)d more", count) % {"count": count} if count > 0 else ""


def sentence(found: list[Difference], *, is_read: bool, is_same: bool) -> str:
    """Return the answer of the page in one sentence."""
    if is_same:
        return _("The two are the same, letter by letter.")
    if not is_read:
        return _("One of the two has mistakes, so only their lines can be compared.")
    if not found:
        return _("They say the same; only comments or spelling differ.")
    count = len(found)
    return ngettext("One thing is said otherwise.", "%(count)d things are said otherwise.", count) % {
        "count": count
    }


def said(difference: Difference) -> Said:
    """Return one difference in words."""
    word, tone = words.sort(difference)
    return Said(
        place=words.place(difference.path),
        badge=parts.Badge(text=word, tone=tone),
        before="" if difference.before is None else words.value(difference.before),
        after="" if difference.after is None else words.value(difference.after),
        has_values=difference.before is not None and difference.after is not None,
    )


def lines_of(before: str, after: str) -> Iterator[Line]:
    """Yield the lines that differ, with those around them; between two stretches a gap."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new)
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if number:
            yield Line(sort="gap", before="", after="", text="")
        for kind, old_start, old_end, new_start, new_end in group:
            if kind == "equal":
                for step, text in enumerate(old[old_start:old_end]):
                    before_line, after_line = str(old_start + step + 1), str(new_start + step + 1)
                    yield Line(sort="same", before=before_line, after=after_line, text=text)
                continue
            for place, text in enumerate(old[old_start:old_end], start=old_start + 1):
                yield Line(sort="removed", before=str(place), after="", text=text)
            for place, text in enumerate(new[new_start:new_end], start=new_start + 1):
                yield Line(sort="added", before="", after=str(place), text=text)
