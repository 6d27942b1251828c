"""What an import says of itself, as plain values: for people the CLI words them, for programs they are JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from coldframe.leads.importing.applying import Result
from coldframe.leads.importing.outcomes import Outcome

#: Counts that every summary shows, also where they are zero.
ALWAYS = ("rows", "new", "updated", "unchanged", "merged", "conflicting", "refused")
#: Single cases in a summary.
FIRST = 20


def as_json(result: Result) -> dict[str, Any]:
    """Return everything a summary says."""
    outcome, plan = result.outcome, result.plan
    return {
        "import": result.batch.pk if result.batch else None,
        "dry_run": result.is_dry_run,
        **plan.as_json(),
        "resumed_at": result.resumed_at or None,
        "counts": {name: outcome.counts[name] for name in ALWAYS},
        "also": {
            name: count for name, count in sorted(outcome.counts.items()) if name not in ALWAYS and count
        },
        "permission": permission_of(outcome) if plan.options.kind == "leads" else None,
        "refused": refused_of(outcome),
        "error_file": str(result.error_file) if result.error_file else None,
        "conflicts": [conflict.as_json() for conflict in outcome.conflicts[:FIRST]],
        "merged": [{"line": line, "into_line": into} for line, into in outcome.merged[:FIRST]],
        "not_recognized": texts_of(outcome.unrecognized),
        "taken_as_opt_outs": texts_of(outcome.doubted),
    }


def texts_of(counted: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the commonest texts of columns."""
    return [
        {"column": column, "text": text, "rows": rows} for (column, text), rows in counted.most_common(FIRST)
    ]


def permission_of(outcome: Outcome) -> dict[str, Any]:
    """Return who may be mailed, and why the others may not."""
    counts = outcome.counts
    return {
        "mailable": counts["mailable"],
        "suppressed": counts["suppressed"],
        "suppressed_by": {
            name.removeprefix("suppressed_"): count
            for name, count in sorted(counts.items())
            if name.startswith("suppressed_") and name != "suppressed_before"
        },
        "opted_out_before": counts["suppressed_before"],
        "opted_out_before_first": [
            {"line": line, "who": who, "reason": reason.lower()}
            for line, who, reason in outcome.suppressed_before[:FIRST]
        ],
        "without_address": counts["no_address"],
        "without_basis": counts["no_basis"],
    }


def refused_of(outcome: Outcome) -> dict[str, Any]:
    """Return which rows were refused, and why."""
    return {
        "reasons": dict(outcome.reasons.most_common(FIRST)),
        "rows": [{"line": row.line, "reason": reason} for row, reason in outcome.refused[:FIRST]],
    }
