"""Whether the desk shows what there is: a text that changes with what lies before sales, and with every minute."""

from __future__ import annotations

from datetime import datetime

from coldframe.nurture import marks


def of_desk(*, at: datetime) -> str:
    """Return the mark of the desk: what was decided and said, and the minute that its clocks tell."""
    return f"{marks.of_desk()}{at:%d%H%M}"
