"""Every address of this program, as the URL table has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

#: Something that a converter of a path takes.
EXAMPLES = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "int": "1",
    "str": "x",
    "slug": "x",
    "path": "x",
    "name": "x",
}
#: A named part of a pattern, and whether it is a choice of words.
GROUP = re.compile(r"\(\?P<\w+>(?P<choices>[^()]*)\)")
WORDS = re.compile(r"[\w|]+$")
IN_A_PATH = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Route:
    """One address, with the view behind it."""

    name: str
    path: str
    view: Callable[..., Any]
    #: What of the address names something, such as ``public_id``.
    parameters: tuple[str, ...] = ()


def every_route() -> list[Route]:
    """Return every address that the URL table knows."""
    return list(walk(get_resolver(), name="", path="/"))


def walk(resolver: URLResolver, *, name: str, path: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        here = path + example(str(entry.pattern))
        if isinstance(entry, URLResolver):
            space = f"{name}{entry.namespace}:" if entry.namespace else name
            yield from walk(entry, name=space, path=here)
        elif isinstance(entry, URLPattern):
            parameters = tuple(entry.pattern.regex.groupindex)
            yield Route(f"{name}{entry.name or entry.pattern}", here, entry.callback, parameters)


def example(pattern: str) -> str:
    """Return a path that a pattern takes."""
    if not pattern.startswith("^"):
        return IN_A_PATH.sub(lambda found: EXAMPLES[found["kind"] or "str"], pattern)
    named = GROUP.sub(
        lambda found: found["choices"].split("|")[0] if WORDS.match(found["choices"]) else "x", pattern
    )
    return re.sub(r"\[(\w)\w*\]", r"\1", named).strip("^$").replace("\\", "")
