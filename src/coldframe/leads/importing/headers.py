"""Headers: which system a file comes from, and which field each column is."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads.importing import suppressing, values
from coldframe.leads.importing.suppressing import Suppressor

Kind = Literal["accounts", "leads", "events", "opportunities"]


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
    #: Field -> source of the external ids in that column, where it is another than ``source``.
    source_of: dict[str, str] = field(default_factory=dict)
    #: Of a file of events that are all of one kind (a file of calls): that kind.
    event_kind: str | None = None
    #: What no column gives and the kind needs, such as "email or external_id".
    missing: list[str] = field(default_factory=list)
    #: What was ambiguous, and what was decided, one sentence each.
    notes: list[str] = field(default_factory=list)


#: Our own export of leads: the name of the system, the key of the header of its ids, and how computed columns begin.
OWN, OWN_ID, COMPUTED = "coldframe", "coldframeid", "Coldframe "
#: Its column that says why a person may not be mailed: taken over like any system's opt-out.
OWN_SUPPRESSION = "Coldframe may not be mailed"


def is_computed(name: str) -> bool:
    """Say whether a column holds what Coldframe itself worked out or keeps elsewhere, so that no import takes it."""
    return name.startswith(COMPUTED) and key(name) != OWN_ID


def key(name: str) -> str:
    """Return a header without case, accents, spaces and punctuation, as it is compared."""
    plain = unicodedata.normalize("NFKD", re.sub(r" \(\d+\)$", "", name).casefold().replace("ł", "l"))
    return re.sub(r"[\W_]+", "", "".join(each for each in plain if not unicodedata.combining(each)))


@cache
def _known() -> dict[str, Any]:
    text = Path(__file__).with_name("known_headers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _aliases(kind: Kind) -> dict[str, list[tuple[int, str]]]:
    """Return header key -> (rank, field), of every field that knows it."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name, aliases in _known()[kind].items():
        ranked = dict.fromkeys([key(name), *map(key, aliases)])
        for rank, alias in enumerate(ranked):
            found.setdefault(alias, []).append((rank, name))
    return found


def fields_of(kind: Kind) -> dict[str, str]:
    """Return the fields a column may be mapped to, each with headers that are recognized as it."""
    return {name: ", ".join(aliases[:3]) for name, aliases in _known()[kind].items()}


def recognize(
    header: Sequence[str], sample: Sequence[Sequence[object]], *, kind: Kind, file_name: str = ""
) -> Recognition:
    """
    Return source and mapping of a header; ambiguous columns stay unmapped, with a note.

    ``sample`` holds some rows of cells, against which doubtful names are checked: a ``Title`` full of
    ``Mr.`` is no job title, an ``Email`` without a single address is none.
    """
    found = Recognition(source=find_source(header))
    claims = _claims(header, sample, kind, found)
    for name, columns in claims.items():
        _settle(name, columns, header, sample, found)
    _drop_what_parts_give(found, header)
    if kind == "events":
        found.event_kind = _kind_of_all(header)
        found.mapping = {
            column: name
            for column, name in found.mapping.items()
            if not (name == "kind" and found.event_kind and key(header[column]) == "calltype")
        }
    found.unmapped = [column for column in range(len(header)) if column not in found.mapping]
    found.suppressors = (
        suppressors(header, mapping=found.mapping, source=found.source) if kind == "leads" else []
    )
    found.suppresses_all = suppressing.of_file(file_name) if kind == "leads" else None
    _tell_id_spaces_apart(found, header)
    found.missing = what_is_missing(kind, set(found.mapping.values()), event_kind=found.event_kind)
    return found


def suppressors(header: Sequence[str], *, mapping: dict[int, str], source: str) -> list[Suppressor]:
    """Return the columns that suppress under a mapping; ask again when a person has changed it."""
    found = suppressing.find([key(name) for name in header], mapping=mapping, source=source)
    words = {word.value.casefold(): word.value for word in SuppressionReason}
    ours = [
        Suppressor(column=each, words=words) for each, name in enumerate(header) if name == OWN_SUPPRESSION
    ]
    return [replace(each, name=header[each.column]) for each in (*found, *ours)]


def find_source(header: Sequence[str]) -> str:
    """Return the system whose export has such a header, ``file`` where none is known for it."""
    keys, spelled = {key(name) for name in header}, set(header)
    if OWN_ID in keys:
        return OWN
    best, most = "file", 1
    for system in _known()["systems"]:
        if "exactly" in system:
            hits = 99 if spelled == set(system["exactly"]) else 0
        elif "spelled" in system:
            hits = 2 if spelled.issuperset(system["spelled"]) else 0
        elif not {key(name) for name in system.get("needs", [])} <= keys:
            hits = 0
        else:
            hits = len(keys & {key(name) for name in system.get("headers", [])})
            hits += sum(fnmatchcase(name, pattern) for name in header for pattern in system.get("any", []))
        if hits > most:
            best, most = system["name"], hits
    return best


def _claims(
    header: Sequence[str], sample: Sequence[Sequence[object]], kind: Kind, found: Recognition
) -> dict[str, list[tuple[int, int]]]:
    """Return field -> (rank, column) of the columns that claim it, best first."""
    aliases = _aliases(kind)
    claims: dict[str, list[tuple[int, int]]] = {}
    for column, name in enumerate(header):
        for rank, field_name in _own_aliases(found.source, kind, key(name)) or aliases.get(key(name), []):
            objection = _objection(field_name, [row[column] for row in sample if column < len(row)])
            if objection:
                found.notes.append(f"{name} is not taken as {field_name}: {objection}.")
            else:
                claims.setdefault(field_name, []).append((rank, column))
    return {name: sorted(columns) for name, columns in claims.items()}


#: What a header means in one system's exports only: (source, kind) -> header key -> field.
_OWN: dict[tuple[str, str], dict[str, str | None]] = {
    (OWN, "leads"): {"coldframeroleinthedecision": "role"},
    ("linkedin", "leads"): {"url": "external_id"},
    ("pipedrive", "leads"): {"leadtitle": None, "persontitle": None},
    ("leadsquared", "leads"): {"leadorigin": None},
    ("mailchimp", "leads"): {"region": None, "lastchanged": None},
    ("zoho", "events"): {"status": "kind"},
}


def _own_aliases(source: str, kind: Kind, header_key: str) -> list[tuple[int, str]]:
    own = _OWN.get((source, kind), {})
    name = own.get(header_key)
    return [(0, name)] if name else []


_SALUTATIONS = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "mx",
        "herr",
        "frau",
        "pan",
        "pani",
        "m",
        "mme",
        "mlle",
        "sr",
        "sra",
    }
)


def _objection(field_name: str, cells: Sequence[object]) -> str | None:
    """Say why a column cannot hold the field by what it holds; None where nothing speaks against it."""
    filled = [text for cell in cells if (text := str(cell).strip()) and not values.is_missing(text)]
    if not filled:
        return None
    if field_name in ("email", "lead_email") and not any("@" in text for text in filled):
        return "it holds no address"
    if field_name == "job_title" and all(text.casefold().rstrip(".") in _SALUTATIONS for text in filled):
        return "it holds forms of address"
    if field_name in ("website", "company_domain", "domain") and not any("." in text for text in filled):
        return "it holds no web address"
    if field_name in _INSTANTS and not any(any(sign.isdigit() for sign in text) for text in filled):
        return "it holds no dates"
    return None


_INSTANTS = frozenset(
    {"entered_at", "occurred_at", "opened_at", "closed_at", "consent_given_at", "renewal_on"}
)


def _settle(
    name: str,
    columns: list[tuple[int, int]],
    header: Sequence[str],
    sample: Sequence[Sequence[object]],
    found: Recognition,
) -> None:
    """Give a field its column; of two columns with equal right, none, unless only one of them is filled."""
    free = [(rank, column) for rank, column in columns if column not in found.mapping]
    if not free:
        return
    equals = [column for rank, column in free if rank == free[0][0]]
    filled = [
        column for column in equals if any(column < len(row) and str(row[column]).strip() for row in sample)
    ]
    if len(equals) > 1 and len(filled) > 1 and not _equal_columns(filled, sample):
        names = " and ".join(header[column] for column in filled)
        found.notes.append(
            f"{names} could both be {name}; neither is taken. Say which: --map '{header[filled[0]]}={name}'."
        )
        return
    taken = (filled or equals)[0]
    found.mapping[taken] = name
    others = [header[column] for _, column in free if column != taken]
    if others:
        found.notes.append(f"{name} is taken from {header[taken]}, not from {', '.join(others)}.")


def _equal_columns(columns: Sequence[int], sample: Sequence[Sequence[object]]) -> bool:
    return all(len({str(row[column]) for column in columns if column < len(row)}) <= 1 for row in sample)


def _drop_what_parts_give(found: Recognition, header: Sequence[str]) -> None:
    """Leave a full name out where first and last name have columns of their own."""
    columns = {name: column for column, name in found.mapping.items()}
    for whole, parts in (
        ("full_name", ("first_name", "last_name")),
        ("lead_full_name", ("lead_first_name", "lead_last_name")),
    ):
        if whole in columns and all(part in columns for part in parts):
            name = header[columns[whole]]
            del found.mapping[columns[whole]]
            found.notes.append(
                f"{name} is not taken: {header[columns[parts[0]]]} and {header[columns[parts[1]]]} give it."
            )


#: Systems that number leads and contacts apart: an equal number is another person.
_NUMBERED_APART = frozenset({"zoho"})


def _tell_id_spaces_apart(found: Recognition, header: Sequence[str]) -> None:
    if found.source not in _NUMBERED_APART:
        return
    for column, name in found.mapping.items():
        if name == "contact_external_id" or (name == "external_id" and key(header[column]) == "contactid"):
            found.source_of[name] = f"{found.source}-contacts"


def _kind_of_all(header: Sequence[str]) -> str | None:
    """Return the kind of the events of a file in which every row is one of a kind."""
    keys = {key(name) for name in header}
    return "call" if keys & {"callstarttime", "calltype", "calldurationinseconds", "callduration"} else None


_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "leads": (("email", "external_id"),),
    "accounts": (("name", "domain", "website"),),
    "opportunities": (("external_id", "name"),),
    "events": (
        ("lead_email", "lead_external_id", "contact_external_id", "lead_full_name", "lead_last_name"),
        ("kind",),
        ("occurred_at",),
    ),
}


def what_is_missing(kind: Kind, mapped: set[str], *, event_kind: str | None = None) -> list[str]:
    """Return what a mapping lacks: each entry names the fields of which one is needed."""
    given = mapped | ({"kind"} if event_kind else set())
    return [" or ".join(choice) for choice in _NEEDED[kind] if not given & set(choice)]
