"""
The clock. Only the doors (web, cli) read it, once for each request or command.

A data folder that was lived through on a virtual clock (``coldframe work --clock virtual``) is ahead of the
machine's clock for good: how far is kept in a file there, and every door reads the same time.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from coldframe import environment
from coldframe.environment import BadSetting

#: Holds the instant that is now, whatever the machine says.
PINNED = "COLDFRAME_NOW"
#: Lies in the data folder: by how many seconds it is ahead.
AHEAD = "clock-ahead-seconds"


def now() -> datetime:
    """Return the present instant in UTC, or the one that ``COLDFRAME_NOW`` pins for a rehearsal or a test.

    Raises ``BadSetting`` when what is pinned is no instant.
    """
    pinned = os.environ.get(PINNED)
    if pinned:
        try:
            return datetime.fromisoformat(pinned).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise BadSetting(
                f'COLDFRAME_NOW: expected an instant such as "2026-11-22T09:00:00+00:00", got "{pinned}". '
                "Leave it unset to use this machine's clock."
            ) from error
    return machine_now() + ahead()


def is_pinned() -> bool:
    """Return whether the present is pinned, so that no time passes."""
    return bool(os.environ.get(PINNED))


def machine_now() -> datetime:
    """Return what the machine's clock says."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the one place.


def ahead() -> timedelta:
    """Return how far the data folder is ahead of the machine's clock; nothing where it never jumped."""
    file = environment.home() / AHEAD
    try:
        return timedelta(seconds=float(file.read_text()))
    except FileNotFoundError:
        return timedelta(0)
    except (OSError, ValueError, OverflowError) as error:
        raise BadSetting(
            f"{file}: expected a number of seconds ({error}). Remove the file to live by this machine's clock."
        ) from error


def jump_to(instant: datetime) -> None:
    """Have every door of this data folder read at least this instant from now on."""
    seconds = (instant - machine_now()).total_seconds()
    if seconds > ahead().total_seconds():
        file = environment.home() / AHEAD
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{seconds:.3f}\n")
        os.replace(fresh, file)
