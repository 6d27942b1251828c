"""Numbers and stored words as people read them."""

from __future__ import annotations

from coldframe.kernel.assessment import wording

#: What only the record has, or what the because card can call by a shorter name than a list of fields.
LABELS = {
    "lead.email": "e-mail address",
    "lead.owner": "sales owner",
    "lead.entered_at": "date of entry",
    "account.owner": "account owner",
}
RULE_KINDS = {
    "trigger": "Trigger",
    "path": "Path",
    "disqualify": "Disqualified",
    "exit": "Exit",
    "opportunity": "Deal",
}


def number(value: int) -> str:
    """Return a whole number with its thousands apart: 6,468."""
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: 1 lead, 6,468 leads."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share in percent; what is there never reads as nothing, nor what is not all as all."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def is_are(count: int) -> str:
    """Return the verb that goes with a count."""
    return "is" if count == 1 else "are"


def word(value: str | None, none: str = "None") -> str:
    """Return a code of the vocabulary as text: PROBLEM_AWARENESS is Problem awareness."""
    return value.replace("RE_EN", "RE-EN").replace("_", " ").capitalize() if value else none


def rule(value: str) -> str:
    """Return a stored reason as text: ``trigger:Hand raise`` is Trigger: Hand raise."""
    kind, _, name = value.partition(":")
    return f"{RULE_KINDS.get(kind, word(kind))}: {name.replace('_', ' ')}" if name else word(kind)


def field(name: str) -> str:
    """Return what a person calls a field of the playbook."""
    return LABELS.get(name) or wording.label(name)


def sentence(text: str) -> str:
    """Return the text with a capital at its start, the rest untouched."""
    return text[:1].upper() + text[1:]
