"""
What is known of a mail that was handed over, as whoever keeps the touches says it; a hit names the touch alone.

The tables of touches lie above this package, so that whoever joins digesters to the worker hands the look-up in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """The mail of one touch."""

    lead_id: int
    #: When it was handed over; None: not known (yet).
    handed_over_at: datetime | None
    #: The asset it is about; empty: none.
    asset: str = ""


class FindMails(Protocol):
    """Returns the mails of touches, by their public ids; what is no touch, or of somebody erased, is left out."""

    def __call__(self, touches: Collection[UUID], /) -> Mapping[UUID, Mail]: ...
