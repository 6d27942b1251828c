"""Working on several parts at once, where connections of their own allow it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from coldframe.storage import adbc, memory

Part = TypeVar("Part")
Result = TypeVar("Result")

#: A part keeps about one core busy; more than this would hold too much in memory at a time.
MOST_THREADS = 4


def in_parts(parts: Iterable[Part], work: Callable[[Part], Result], *, whole: bool) -> Iterator[Result]:
    """
    Yield what ``work`` makes of each part, in order; several are worked on at once, on a thread each.

    ``work`` writes through a link of its own (``links.open_link``), and nobody uses Django's connection
    before the last result is there. Where bulk connections are not possible the parts are done in turn,
    in this thread. The first error is raised, after the parts already begun.
    """
    if not (whole and adbc.is_possible()):
        yield from map(work, parts)
        return
    adbc.make_ready()
    memory.release()
    at_once = min(MOST_THREADS, os.cpu_count() or 1)
    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(at_once) as threads:
        for part in parts:
            begun.append(threads.submit(work, part))
            del part
            if len(begun) > at_once:
                yield result_of(begun.popleft())
        while begun:
            yield result_of(begun.popleft())


def result_of(done: Future[Result]) -> Result:
    """Wait for one part; give back at once what it needed."""
    result = done.result()
    memory.release()
    return result
