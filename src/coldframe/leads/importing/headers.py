"""Headers: which system a file comes from, and which field each column is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["accounts", "leads", "events", "opportunities"]


@dataclass(frozen=True, kw_only=True)
class Suppressor:
    """A column that can say that a person may not be mailed."""

    column: int
    #: Casefolded cell value -> word of ``SuppressionReason``. Any other value suppresses nobody.
    words: dict[str, str]


@dataclass(kw_only=True)
class Recognition:
    """What the header says. ``mapping`` and ``unmapped`` together name every column once."""

    #: hubspot, salesforce, pipedrive, zoho, mautic, mailchimp, marketo …, else "file".
    source: str
    #: Column index -> field name. No field twice.
    mapping: dict[int, str] = field(default_factory=dict)
    #: Columns that nothing maps; candidates for fields of one's own.
    unmapped: list[int] = field(default_factory=list)
    #: Columns (mapped or not) that suppress.
    suppressors: list[Suppressor] = field(default_factory=list)
    #: Every row suppresses, whatever its cells say: a file of unsubscribed or cleaned people. A word of
    #: ``SuppressionReason``.
    suppresses_all: str | None = None
    #: What was ambiguous, and what was decided, one sentence each.
    notes: list[str] = field(default_factory=list)


def recognize(
    header: Sequence[str], sample: Sequence[Sequence[object]], *, kind: Kind, file_name: str = ""
) -> Recognition:
    """Return source and mapping of a header; ambiguous columns stay unmapped, with a note."""
    raise NotImplementedError


def fields_of(kind: Kind) -> dict[str, str]:
    """Return the fields a column may be mapped to, each with a line on what it holds."""
    raise NotImplementedError
