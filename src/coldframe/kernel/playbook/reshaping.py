"""From the shape people write to the shape of the model, keeping every place."""

from __future__ import annotations

import re
from dataclasses import replace

from coldframe.kernel.playbook.problems import BadValue, shown
from coldframe.kernel.playbook.source import Node
from coldframe.kernel.playbook.units import BadQuantity

#: Sections and lists that an owner may leave empty by commenting every entry out.
MAY_BE_EMPTY = ("offers", "lists", "disqualify", "signals", "assets", "templates", "triggers", "exits")
LOOK_AGAIN = re.compile(r"^look again in (.+)$")


def reshape(root: Node) -> tuple[Node, list[tuple[Node, BadValue]]]:
    """Return the tree in the model's shape, and what could not be brought into it."""
    mistakes: list[tuple[Node, BadValue]] = []
    entries = dict(root.entries or {})
    for name in MAY_BE_EMPTY:
        if name in entries and is_empty(entries[name]):
            del entries[name]
    lists = entries.get("lists")
    if lists is not None and lists.entries is not None:
        filled = {name: emptied(node) if is_empty(node) else node for name, node in lists.entries.items()}
        entries["lists"] = replace(lists, entries=filled)
    if (paths := entries.get("paths")) and paths.items is not None:
        entries["paths"] = replace(paths, items=[reshape_path(path, mistakes) for path in paths.items])
    if (exits := entries.get("exits")) and exits.items is not None:
        entries["exits"] = replace(exits, items=[reshape_exit(item, mistakes) for item in exits.items])
    return replace(root, entries=entries), mistakes


def is_empty(node: Node) -> bool:
    return node.text is None and node.items is None and node.entries is None


def emptied(node: Node) -> Node:
    return replace(node, items=[])


def reshape_path(path: Node, mistakes: list[tuple[Node, BadValue]]) -> Node:
    """Split ``for`` into the segments and the condition."""
    if path.entries is None:
        return path
    entries, keys = dict(path.entries), dict(path.keys)
    for name in ("when", "segments"):
        if name in entries:
            mistakes.append(
                (keys[name], BadValue('"for", with segments and condition in it', shown(name), code="PB201"))
            )
            del entries[name]
    if "for" not in entries:
        lack = BadValue(
            '"for": whom the path is for',
            "nothing",
            advice="Write `for: {all: []}` for everybody.",
            code="PB202",
        )
        mistakes.append((replace(path, where=f"{path.where}.for"), lack))
        return replace(path, entries=entries, is_refused=True)
    whom, keys["when"] = entries.pop("for"), keys["for"]
    if whom.entries is None:
        entries["when"] = whom
        return replace(path, entries=entries, keys=keys)
    rest = {key: node for key, node in whom.entries.items() if key != "segments"}
    if "segments" in whom.entries:
        entries["segments"], keys["segments"] = whom.entries["segments"], whom.keys["segments"]
    if rest or "segments" not in whom.entries:
        entries["when"] = replace(whom, entries=rest)
    return replace(path, entries=entries, keys=keys)


def reshape_exit(item: Node, mistakes: list[tuple[Node, BadValue]]) -> Node:
    """Read ``then: look again in 365 days``."""
    if item.entries is None:
        return item
    entries, keys = dict(item.entries), dict(item.keys)
    if "look_again_in" in entries:
        mistakes.append(
            (
                keys["look_again_in"],
                BadValue('"then: look again in 365 days"', shown("look_again_in"), code="PB201"),
            )
        )
        del entries["look_again_in"]
    if "then" in entries:
        node, keys["look_again_in"] = entries.pop("then"), keys["then"]
        match = LOOK_AGAIN.match(node.text or "")
        if match:
            entries["look_again_in"] = replace(node, text=match.group(1))
        else:
            mistakes.append((node, BadQuantity('"look again in 365 days"', shown(node.plain()))))
    return replace(item, entries=entries, keys=keys)
