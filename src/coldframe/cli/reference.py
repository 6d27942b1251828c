"""The page ``docs/reference/commands.md``, made from the commands themselves.

``python -m coldframe.cli.reference > docs/reference/commands.md`` writes it; a test fails while it is stale.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

#: Rich's markup in help texts, such as ``[bold]``.
MARKUP = re.compile(r"\[/?[a-z ]+\]")
OPENING = """# Commands

Generated from the program by `python -m coldframe.cli.reference`. Every command takes `--help`, and `--json` where it says
something: one JSON document on standard output, nothing else there. Exit codes: 0 done, 2 refused (the message says why),
130 stopped.
"""


def markdown() -> str:
    """Return the page."""
    import typer.main

    from coldframe.cli.root import app

    root = typer.main.get_command(app)
    return "\n".join([OPENING, *sections(root, "coldframe")]).rstrip() + "\n"


def sections(command: Any, name: str) -> list[str]:
    """Return the text of a command, or of all commands of a group."""
    if hasattr(command, "commands"):
        return [
            part
            for key, each in sorted(command.commands.items())
            if not each.hidden
            for part in sections(each, f"{name} {key}")
        ]
    usage = " ".join(
        [name, *(metavar(each) for each in command.params if each.param_type_name == "argument")]
    )
    about = MARKUP.sub("", inspect.cleandoc(command.help or "").replace("\b", "")).strip()
    rows = [
        row(each)
        for each in command.params
        if each.param_type_name == "option" and not each.hidden and each.name != "help"
    ]
    table = ["| Option | Means |", "|---|---|", *rows, ""] if rows else []
    return [f"## {name}\n", f"```\n{usage}\n```\n", f"{about}\n", *table]


def metavar(argument: Any) -> str:
    word = argument.metavar or argument.name.upper()
    return word if argument.required else f"[{word}]"


def row(option: Any) -> str:
    names = ", ".join(f"`{each}`" for each in [*option.opts, *option.secondary_opts])
    about = MARKUP.sub("", " ".join((option.help or "").split())).replace("|", "\\|")
    return f"| {names} | {about} |"


if __name__ == "__main__":
    print(markdown(), end="")
