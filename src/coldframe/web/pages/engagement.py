"""What was seen of a mail after it left, in words: people, machines, and those of whom nobody knows, apart."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.activity.engagement import Engagement

NOTHING = Engagement()


def clicks(found: Engagement) -> str:
    """
    Return the clicks on a mail by who stands behind them; empty where there were none.

    >>> clicks(Engagement(machine=12, unsure=3, human=1))
    '12 machine, 3 unsure, 1 human'
    >>> clicks(Engagement(unsure=1))
    '1 unsure'
    """
    said = [
        _("%(count)s machine") % {"count": found.machine} if found.machine else "",
        _("%(count)s unsure") % {"count": found.unsure} if found.unsure else "",
        _("%(count)s human") % {"count": found.human} if found.human else "",
    ]
    return ", ".join(filter(None, said))


def opens(found: Engagement) -> str:
    """
    Return how often the mail's picture was loaded, and that it says nothing; empty for never.

    >>> opens(Engagement(opens=2))
    'Opened 2 times, by people or machines: opens decide nothing.'
    """
    if not found.opens:
        return ""
    return ngettext(
        "Opened once, by a person or a machine: opens decide nothing.",
        "Opened %(count)s times, by people or machines: opens decide nothing.",
        found.opens,
    ) % {"count": found.opens}


def note(found: Engagement) -> str:
    """Return the clicks as a note beside the mail."""
    said = clicks(found)
    return _("clicks: %(who)s") % {"who": said} if said else ""
