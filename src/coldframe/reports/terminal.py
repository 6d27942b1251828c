"""The audit as text with small charts: readable at 80 columns, without color, and without anything but ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.text import Text

from coldframe.reports import wording
from coldframe.reports.findings import (
    Audit,
    Chart,
    Duplicates,
    Figure,
    Interaction,
    MissingField,
    Problem,
    Source,
)

WIDEST = 100
LABEL = 38
BAR = 20
MOST_ROWS = 12
MOST_MONTHS = 24
MOST_GROUPS = 5
EIGHTHS = " ▏▎▍▌▋▊▉█"


def show(audit: Audit, *, console: Console) -> None:
    """Print the audit."""
    is_plain = "utf" not in (console.encoding or "").lower()
    width = min(console.width, WIDEST)
    for line in lines(audit, width=width, is_plain=is_plain):
        console.print(line, soft_wrap=True)


def lines(audit: Audit, *, width: int = 80, is_plain: bool = False) -> Iterator[Text]:
    """Yield the audit line by line, none wider than ``width``; ``is_plain`` draws bars in ASCII."""
    yield from wrapped(audit.sentence, width=width, style="bold")
    if not audit.lead_count:
        return
    yield Text()
    for note in audit.notes:
        yield from wrapped(note, width=width, style="dim")
    yield from chart(audit.worth, width=width, is_plain=is_plain)
    yield from problems(audit.problems, width=width)
    for each in (audit.statuses, audit.reasons, audit.entries):
        yield from chart(each, width=width, is_plain=is_plain)
    yield from sources(audit.sources, width=width)
    yield from interactions(audit.interactions, audit.without_interaction, width=width)
    yield from chart(audit.evidence, width=width, is_plain=is_plain)
    yield from missing(audit.missing, width=width, is_plain=is_plain)
    yield from duplicates(audit.duplicates, width=width)
    for each in (audit.addresses, audit.mailing, audit.suppressed):
        yield from chart(each, width=width, is_plain=is_plain)
    yield from dormant(audit.dormant, audit.dormant_by_fit, width=width, is_plain=is_plain)
    for each in audit.axes:
        yield from chart(each, width=width, is_plain=is_plain)


def heading(title: str) -> Iterator[Text]:
    """Yield an empty line and a title."""
    yield Text()
    yield Text(title, style="bold cyan")


def wrapped(text: str, *, width: int, style: str = "", indent: str = "") -> Iterator[Text]:
    """Yield a paragraph in lines of at most ``width``; a word longer than a line is divided."""
    room = width - len(indent)
    lines, line = [], ""
    for word in (part for long in printable(text).split() for part in chop_cells(long, room)):
        if line and cell_len(line) + 1 + cell_len(word) > room:
            lines.append(line)
            line = ""
        line = f"{line} {word}".lstrip()
    for place, each in enumerate([*lines, line]):
        yield Text((indent if place == 0 else " " * len(indent)) + each, style=style)


def chart(each: Chart, *, width: int, is_plain: bool) -> Iterator[Text]:
    """Yield one chart: label, count, share, bar."""
    if not any(figure.count for figure in each.figures):
        return
    yield from heading(each.title)
    most = MOST_MONTHS if each.key == "entered" else MOST_ROWS
    for figure in each.figures[:most]:
        yield row(figure, width=width, is_plain=is_plain)
    yield from more(len(each.figures) - most)
    if each.note:
        yield from wrapped(each.note, width=width, style="dim", indent="  ")


def row(figure: Figure, *, width: int, is_plain: bool) -> Text:
    """Return one line of a chart."""
    room = max(4, min(BAR, width - LABEL - 23))
    share = wording.percent(figure.share)
    text = Text(f"  {column(figure.label, LABEL)}{wording.number(figure.count):>10}{share:>10}")
    return text.append(f" {bar(figure.share, width=room, is_plain=is_plain)}".rstrip(), style="green")


def bar(share: float, *, width: int, is_plain: bool) -> str:
    """
    Return a bar of ``share`` of the width; what is there is never drawn as nothing.

    >>> bar(0.5, width=8, is_plain=True)
    '####    '
    """
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    if is_plain:
        return ("#" * -(-eighths // 8)).ljust(width)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)


def column(text: str, width: int) -> str:
    """Return text cut or filled to a number of terminal cells."""
    clean = printable(text)
    return (
        set_cell_size(clean, width - 2) + "  "
        if cell_len(clean) <= width - 2
        else set_cell_size(clean, width - 3) + "~ "
    )


def printable(text: str) -> str:
    """Return text in which nothing steers a terminal or turns the writing direction."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(each) in {"Cc", "Cf", "Cs"} else each
        for each in text
    )


def more(count: int) -> Iterator[Text]:
    """Yield how many rows are left out, if any."""
    if count > 0:
        yield Text(f"  and {wording.number(count)} more, in --json and --html", style="dim")


def problems(found: tuple[Problem, ...], *, width: int) -> Iterator[Text]:
    """Yield the problems, each with what to do about it."""
    if not found:
        return
    yield from heading("Biggest problems, and what to do")
    for place, each in enumerate(found, start=1):
        yield from wrapped(each.text, width=width, indent=f"{place:>3}. ")
        yield from wrapped(each.advice, width=width, style="dim", indent="     ")


def sources(found: tuple[Source, ...], *, width: int) -> Iterator[Text]:
    """Yield which sources bring good fits."""
    if not found:
        return
    yield from heading("Which sources bring good fits")
    name = max(16, width - 60)
    heads = f"{'leads':>10}{'good fits':>11}{'(95 % range)':>15}{'undecided':>11}{'to sales':>10}"
    yield Text(f"  {'':{name}}{heads}", style="dim")
    for each in found[:MOST_ROWS]:
        span = f"{each.good_low * 100:.0f} to {each.good_high * 100:.0f} %"
        good = (
            f"{wording.percent(each.good_share):>11}{span:>15}{wording.number(each.undetermined_count):>11}"
        )
        counts = f"{wording.number(each.count):>10}{good}{wording.number(each.to_sales_count):>10}"
        yield Text(f"  {column(each.label, name)}{counts}")
    yield from more(len(found) - MOST_ROWS)


def interactions(found: tuple[Interaction, ...], without: Figure, *, width: int) -> Iterator[Text]:
    """Yield with which interactions leads came."""
    yield from heading("Which interactions are known")
    if found:
        yield Text(f"  {'':{LABEL}}{'events':>10}{'leads':>10}  last", style="dim")
    for each in found[:MOST_ROWS]:
        last = each.last_at.date().isoformat() if each.last_at else ""
        counts = f"{wording.number(each.event_count):>10}{wording.number(each.lead_count):>10}"
        yield Text(f"  {column(each.label, LABEL)}{counts}  {last}")
    yield from more(len(found) - MOST_ROWS)
    share = wording.percent(without.share)
    text = f"{wording.counted(without.count, 'lead has', 'leads have')} none at all ({share})."
    yield from wrapped(text, width=width, indent="  ")


def missing(found: tuple[MissingField, ...], *, width: int, is_plain: bool) -> Iterator[Text]:
    """Yield what the records lack."""
    if not found:
        return
    yield from heading("What is missing")
    room = max(4, min(BAR, width - LABEL - 32))
    yield Text(f"  {'':{LABEL}}{'missing':>10}{'':>10}{'settles':>9}", style="dim")
    for each in found[: 2 * MOST_ROWS]:
        label = wording.sentence(each.label) + (" *" if each.is_needed_by_sales else "")
        settles = wording.number(each.settles) if each.settles else ""
        counts = f"{wording.number(each.missing):>10}{wording.percent(each.share):>10}{settles:>9} "
        picture = bar(each.share, width=room, is_plain=is_plain).rstrip()
        yield Text(f"  {column(label, LABEL)}{counts}").append(picture, style="yellow")
    yield from more(len(found) - 2 * MOST_ROWS)
    if any(each.is_needed_by_sales for each in found):
        yield Text("  * Sales needs it.", style="dim")
    if any(each.settles for each in found):
        note = "Settles: undetermined fits that this field alone would decide, whatever its value."
        yield from wrapped(note, width=width, style="dim", indent="  ")


def duplicates(found: Duplicates, *, width: int) -> Iterator[Text]:
    """Yield how many records are likely second entries, with the largest groups."""
    yield from heading("Likely the same person twice")
    if not found.group_count:
        yield Text("  Nobody.")
    else:
        records = wording.counted(found.surplus_count, "record")
        yield from wrapped(
            f"{records} would go if {wording.counted(found.group_count, 'group')} of likely duplicates became one person each.",
            width=width,
            indent="  ",
        )
    for rule, count in found.rules:
        yield Text(f"  {column(wording.sentence(rule), LABEL + 12)}{wording.counted(count, 'pair'):>14}")
    for each in found.groups[:MOST_GROUPS]:
        people = "; ".join(
            " ".join(filter(None, [who.name, who.email and f"<{who.email}>", who.company]))
            for who in each.people
        )
        yield from wrapped(people, width=width, style="dim", indent="   - ")
    if found.skipped_blocks:
        text = f"{wording.counted(found.skipped_blocks, 'block')} too large to compare {wording.is_are(found.skipped_blocks)} left out."
        yield from wrapped(text, width=width, style="dim", indent="  ")


def dormant(figure: Figure, by_fit: Chart, *, width: int, is_plain: bool) -> Iterator[Text]:
    """Yield the good fits that fell silent."""
    yield from heading("Dormant but good")
    yield row(figure, width=width, is_plain=is_plain)
    for each in by_fit.figures:
        if each.count:
            yield Text(f"    {column('level ' + each.label, LABEL - 2)}{wording.number(each.count):>10}")
