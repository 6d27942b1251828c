"""The audit as one page that stands alone: no request to anywhere, light and dark, on paper and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.template import Context, Engine

from coldframe.kernel.vocabulary import Refusal
from coldframe.reports import wording
from coldframe.reports.findings import Audit, Chart


class CannotWrite(Refusal):
    """The page cannot be written."""


TEMPLATES = Path(__file__).parent / "templates"


def render(audit: Audit) -> str:
    """Return the page as HTML; every text of the data is escaped."""
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=True)
    return engine.get_template("audit.html").render(Context(context(audit)))


def write(audit: Audit, *, file: Path) -> None:
    """Write the page to a file; raise ``CannotWrite`` where that cannot be done."""
    try:
        file.write_text(render(audit), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            "The page cannot be written.",
            where=str(file),
            got=error.strerror or str(error),
            advice="Name another place.",
        ) from error


def context(audit: Audit) -> dict[str, Any]:
    """Return what the template shows: text and numbers, every share with its width in the picture."""
    return {
        "audit": audit,
        "day": f"{audit.as_of.day} {audit.as_of:%B %Y, %H:%M} UTC",
        "worth": chart(audit.worth),
        "problems": audit.problems,
        "which": [chart(each) for each in (audit.statuses, audit.reasons, audit.entries) if any_count(each)],
        "sources": [source_row(each) for each in audit.sources],
        "interactions": [interaction_row(each) for each in audit.interactions],
        "without": figure(audit.without_interaction),
        "evidence": chart(audit.evidence) if audit.event_count else None,
        "missing": [missing_row(each) for each in audit.missing],
        "duplicates": audit.duplicates,
        "duplicate_rules": [
            (wording.sentence(rule), wording.number(count)) for rule, count in audit.duplicates.rules
        ],
        "mail": [
            chart(each) for each in (audit.addresses, audit.mailing, audit.suppressed) if any_count(each)
        ],
        "dormant": figure(audit.dormant),
        "dormant_by_fit": chart(audit.dormant_by_fit),
        "axes": [chart(each) for each in audit.axes if any_count(each)],
        "counts": [
            (wording.number(audit.lead_count), "leads"),
            (wording.number(audit.account_count), "accounts"),
            (wording.number(audit.event_count), "events"),
        ],
    }


def any_count(each: Chart) -> bool:
    """Return whether a chart shows anything."""
    return any(figure.count for figure in each.figures)


def chart(each: Chart) -> dict[str, Any]:
    """Return a chart as the template reads it."""
    return {"title": each.title, "note": each.note, "rows": [figure(part) for part in each.figures]}


def figure(each: Any) -> dict[str, Any]:
    """Return a figure with its bar; a width in thousandths keeps what is there from being drawn as nothing."""
    return {
        "label": each.label,
        "count": wording.number(each.count),
        "share": wording.percent(each.share),
        "width": thousandths(each.share),
    }


def thousandths(share: float) -> int:
    """Return the width of a bar, of 1000."""
    return max(round(share * 1000), 4 if share > 0 else 0)


def source_row(each: Any) -> dict[str, Any]:
    """Return a source with the picture of its interval."""
    low, high = thousandths(each.good_low), thousandths(each.good_high)
    return {
        "label": each.label,
        "count": wording.number(each.count),
        "share": wording.percent(each.good_share),
        "range": f"{each.good_low * 100:.0f} to {each.good_high * 100:.0f} %",
        "undetermined": wording.number(each.undetermined_count),
        "to_sales": wording.number(each.to_sales_count),
        "point": thousandths(each.good_share),
        "low": low,
        "span": max(high - low, 4),
    }


def interaction_row(each: Any) -> dict[str, Any]:
    """Return a kind of event."""
    return {
        "label": each.label,
        "events": wording.number(each.event_count),
        "leads": wording.number(each.lead_count),
        "last": each.last_at.date().isoformat() if each.last_at else "",
        "is_passive": each.is_passive,
    }


def missing_row(each: Any) -> dict[str, Any]:
    """Return a field that records lack."""
    return {
        "label": wording.sentence(each.label),
        "is_needed": each.is_needed_by_sales,
        "count": wording.number(each.missing),
        "share": wording.percent(each.share),
        "width": thousandths(each.share),
        "settles": wording.number(each.settles) if each.settles else "",
    }
