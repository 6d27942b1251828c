"""The kernel stays pure: what it may import is a list, and everything else is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import coldframe.kernel

KERNEL = Path(coldframe.kernel.__file__).parent
#: Of the standard library nothing that reads a clock, a file, the network or chance.
STANDARD = {
    "__future__", "calendar", "collections", "copy", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools",
    "io", "ipaddress", "itertools", "json", "math", "operator", "re", "string", "textwrap", "types", "typing", "unicodedata", "zoneinfo",
}  # fmt: skip
LIBRARIES = {"polars", "pydantic", "pydantic_core", "ruamel", "annotated_types"}
#: Calls that would make the same question have two answers.
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


def modules() -> list[Path]:
    return sorted(KERNEL.rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_allowed(name: str) -> bool:
    return (
        name.startswith("coldframe.kernel")
        or name == "coldframe"
        or name.split(".")[0] in STANDARD | LIBRARIES
    )


def test_the_kernel_imports_only_what_is_on_the_list() -> None:
    found = {
        (path.name, name)
        for path in modules()
        for name in imported(ast.parse(path.read_text()))
        if not is_allowed(name)
    }

    assert found == set()


def test_the_kernel_reads_no_clock() -> None:
    calls = {
        (path.name, node.func.attr)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    }

    assert calls == set()


def test_the_list_would_notice() -> None:
    assert not any(map(is_allowed, ["django.db", "random", "coldframe.leads.models", "socket", "os"]))
    assert len(modules()) > 20
