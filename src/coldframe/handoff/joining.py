"""How handoffs follow when leads become one."""

from __future__ import annotations

from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import HandoffState
from coldframe.leads import merging

OPEN = HandoffState.OPEN.value


def join(journal: merging.Journal, *, keeps_open: bool) -> None:
    """
    Have the handoffs of the one be the other's, counted by when they were opened.

    ``keeps_open``: what sales has of the one goes on; else it is closed, for the other is not with sales or is
    there by itself.
    """
    mine = Handoff.objects.filter(lead=journal.lead)
    if not mine.exists():
        return
    others = Handoff.objects.filter(lead=journal.into)
    if not keeps_open or others.filter(state=OPEN).exists():
        journal.change(mine.filter(state=OPEN), state=HandoffState.CLOSED.value, ended_at=journal.at)
    together = sorted([*mine, *others], key=lambda each: (each.opened_at, each.pk))
    # Below zero first: an episode is one lead's once, at every moment.
    for number, handoff in enumerate(together, start=1):
        journal.change(Handoff.objects.filter(pk=handoff.pk), episode=-number)
    journal.move(mine)
    for number, handoff in enumerate(together, start=1):
        journal.change(Handoff.objects.filter(pk=handoff.pk), episode=number)


FOLLOWER = merging.Follower(name="handoff", tables=(Handoff,))
