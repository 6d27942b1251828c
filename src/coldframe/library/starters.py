"""The playbooks that ship with Coldframe, as text to begin with."""

from __future__ import annotations

from importlib import resources

from coldframe.kernel.playbook.problems import nearest
from coldframe.kernel.vocabulary import Refusal

DEFAULT = "default"
#: Name of each shipped playbook, and for whom it is.
STARTERS: dict[str, str] = {
    DEFAULT: "business to business with long cycles, no trade in particular",
    "saas": "software as a service, sold to companies",
    "software-house": "custom software and IT services",
    "professional-services": "consulting, legal, accounting, agencies",
}


class UnknownStarter(Refusal):
    """No playbook of that name ships with Coldframe."""


def read(name: str) -> str:
    """Return the text of a shipped playbook; raise ``UnknownStarter`` for a name that none has."""
    if name not in STARTERS:
        close = nearest(name, STARTERS)
        raise UnknownStarter(
            "No playbook of this name ships with Coldframe.",
            expected=f"one of {', '.join(STARTERS)}",
            got=f'"{name}"',
            advice=f'Did you mean "{close}"?' if close else None,
        )
    return (
        resources.files("coldframe.library").joinpath("playbooks", f"{name}.yaml").read_text(encoding="utf-8")
    )
