"""Texts of playbooks as the parser gives them, kept for the tests that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

#: How many texts are kept; most tests begin with one of a few.
TEXTS = 64


class Heard:
    """What a parser says of one text: asked as far as somebody reads on, and once."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.said: list[Any] = []
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[Any]:
        place = 0
        while place < len(self.said) or self.reads_on():
            yield self.said[place]
            place += 1
        if self.failure is not None:
            raise self.failure

    def reads_on(self) -> bool:
        """Ask for one more event; return whether there was one."""
        if self.failure is not None:
            return False
        try:
            self.said.append(next(self.events))
        except StopIteration:
            return False
        except Exception as failure:  # noqa: BLE001 - Whatever it is, the next reader gets it too.
            self.failure = failure
            return False
        return True


def once(parse: Callable[[str], Iterator[Any]]) -> Callable[[str], Iterator[Any]]:
    """Return a parser that parses each text once."""
    heard = lru_cache(maxsize=TEXTS)(lambda text: Heard(parse(text)))
    return lambda text: iter(heard(text))
