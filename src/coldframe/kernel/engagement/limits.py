"""
The figures by which engagement is judged.

They stand here and not in the playbook: they describe machines, not a business. Where they come from is told in
``docs/explanation/engagement-evidence.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a person does not do, and what a machine does not."""

    #: A machine that falls for the hidden link visits the others about then, from where it was.
    around_hidden: timedelta = timedelta(seconds=30)
    #: So many links of one mail within so long are a machine's: nobody reads that quickly.
    burst_links: int = 3
    burst_within: timedelta = timedelta(seconds=2)
    #: So many from one network within this, too. Whoever clicks just then from elsewhere is another.
    slow_burst_links: int = 5
    slow_burst_within: timedelta = timedelta(seconds=10)
    #: So many recipients of one domain from one network within so long: a gateway, not an office.
    crowd: int = 5
    crowd_within: timedelta = timedelta(seconds=1)
    #: The time of scanners after a hand-over; a click alone is not believed then, nor is a second page.
    early: timedelta = timedelta(seconds=60)
    #: Pages looked at belong to the click for so long.
    session: timedelta = timedelta(minutes=30)
    #: A second click so much later is another visit.
    another_visit: timedelta = timedelta(hours=1)
    #: What happens so long after a hit may still change what is made of it.
    judged_for: timedelta = timedelta(hours=24)


LIMITS = Limits()
#: A click decides nothing before it is so old: what unmasks a machine has mostly arrived by then.
QUARANTINE = timedelta(minutes=10)
