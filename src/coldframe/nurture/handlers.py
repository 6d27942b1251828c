"""What the outbox asks about touches: write them, may they still go, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coldframe.delivery import operations as delivery
from coldframe.nurture import dispatch, guarding, outcomes, writing
from coldframe.outbox.handlers import Claimed, Composed, Settled, Withheld


class TouchHandler(delivery.ByLane):
    """The handler of touches, whatever their channel."""

    kind = dispatch.KIND

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        """Write each touch in the playbook's words."""
        return writing.write(messages, at=at)

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        """Say which touches may not leave after all."""
        found = guarding.refusals(messages, at=at)
        return {key: Withheld(reason.value, detail) for key, (reason, detail) in found.items()}

    def settled(self, ended: Sequence[Settled], *, at: datetime) -> None:
        """Record what came of touches, and have their accounts looked at again."""
        outcomes.record(ended, at=at)
