"""What the results call groups and counts, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from coldframe.reports.acceptance import DAYS, EVERYTHING, Dimension
from coldframe.web import wording

#: By what acceptance is told.
TITLES: dict[Dimension, Promise] = {
    Dimension.TRIGGER: lazy("By trigger"),
    Dimension.PATH: lazy("By path"),
    Dimension.SEGMENT: lazy("By segment"),
    Dimension.RULE: lazy("By fit rule"),
}
#: What a group is.
GROUPS: dict[Dimension, Promise] = {
    Dimension.TRIGGER: lazy("Trigger"),
    Dimension.PATH: lazy("Path"),
    Dimension.SEGMENT: lazy("Segment"),
    Dimension.RULE: lazy("Fit rule"),
}
NOTES: dict[Dimension, Promise] = {
    Dimension.TRIGGER: lazy("Why the lead was put before sales."),
    Dimension.PATH: lazy("The path that the lead was on last, before."),
    Dimension.SEGMENT: lazy("The segment of the lead when it was put before sales."),
    Dimension.RULE: lazy("Each fit rule that held then; a handoff counts under every one of them."),
}
NOBODY: dict[Dimension, Promise] = {
    Dimension.TRIGGER: lazy("no trigger"),
    Dimension.PATH: lazy("on no path before"),
    Dimension.SEGMENT: lazy("in no segment"),
    Dimension.RULE: lazy("no rule"),
}
#: What can have become of a handoff.
COUNTS: dict[str, Promise] = {
    "opened": lazy("Put before sales"),
    "answered": lazy("Answered"),
    "accepted": lazy("Accepted"),
    "returned": lazy("Returned"),
    "not_now": lazy("Not now"),
    "wrong_person": lazy("Wrong person"),
    "needs_education": lazy("Needs education"),
    "not_a_fit": lazy("Not a fit"),
    "waiting": lazy("Waiting for an answer"),
    "lapsed": lazy("Not answered in time"),
    "overtaken": lazy("Overtaken by events"),
}
#: Spans of time that one can choose, in days.
SPANS: dict[int, Promise] = {
    90: lazy("90 days"),
    DAYS: lazy("1 year"),
    EVERYTHING: lazy("All time"),
}


def group(dimension: Dimension, key: str | None) -> str:
    """Return what a group is called."""
    if key is None:
        return str(NOBODY[dimension])
    return wording.reason(key) if dimension is Dimension.TRIGGER else key


def within(days: int) -> str:
    """Return the time looked at, in a sentence."""
    return _("in the last %(days)s days") % {"days": wording.number(days)} if days else _("so far")
