"""What the outbox asks about touches: write them, may they still go, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from coldframe.delivery import operations as delivery
from coldframe.nurture import dispatch, guarding, outcomes, writing
from coldframe.outbox.handlers import Beat, Claimed, Composed, Mark, Report, Settled, Withheld


class TouchHandler:
    """The handler of touches, whatever their channel."""

    kind = dispatch.KIND

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        """Write each touch in the playbook's words."""
        return writing.write(messages, at=at)

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        """Say which touches may not leave after all."""
        found = guarding.refusals(messages, at=at)
        return {key: Withheld(reason.value, detail) for key, (reason, detail) in found.items()}

    def deliver(
        self,
        lane: str,
        messages: Iterator[Claimed],
        *,
        mark: Mark,
        report: Report,
        beat: Beat,
        at: datetime,
    ) -> None:
        """Hand over through the lane's connection."""
        delivery.deliver(lane, messages, mark=mark, report=report, beat=beat, at=at)

    def settled(self, ended: Sequence[Settled], *, at: datetime) -> None:
        """Record what came of touches, and have their accounts looked at again."""
        outcomes.record(ended, at=at)
