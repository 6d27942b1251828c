"""Recording facts, in bulk: the only place that writes events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from coldframe.activity.models import Event, EventShape, Payload
from coldframe.kernel.vocabulary import Evidence, Refusal
from coldframe.leads import merged, merging, recording
from coldframe.leads.models import ImportBatch, Lead
from coldframe.storage.instants import to_micros

#: Rows in one statement. Nine parameters each stay below SQLite's limit of 32 766 for a statement.
ROWS_PER_STATEMENT = 2_000
#: Keys in one ``IN``.
KEYS_PER_QUERY = 5_000
KEY_BYTES = 16
SHAPES_REMEMBERED = 10_000

T = TypeVar("T")

SHAPE_COLUMNS = ("kind", "path", "form", "asset", "topic", "campaign")
EVENT_COLUMNS = (
    "key",
    "shape_id",
    "lead_id",
    "account_id",
    "occurred_at",
    "received_at",
    "evidence",
    "batch_id",
    "visitor_id",
)
#: What a fact of an undone import gets when it arrives again; the rest of it is the fact itself.
TAKEN_OVER = ("lead_id", "account_id", "received_at", "evidence", "batch_id", "visitor_id")
EVENT_TABLE, BATCH_TABLE = Event._meta.db_table, ImportBatch._meta.db_table
INSERT = f"INSERT INTO {EVENT_TABLE} ({', '.join(EVENT_COLUMNS)})"
ON_CONFLICT = (
    f"ON CONFLICT (key) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in TAKEN_OVER)}"
    f" WHERE {EVENT_TABLE}.batch_id IN"
    f" (SELECT id FROM {BATCH_TABLE} WHERE state = '{ImportBatch.State.UNDONE.value}')"
    " RETURNING id, key, account_id"
)
INSERT_PAYLOADS = f"INSERT INTO {Payload._meta.db_table} (event_id, properties)"
PAYLOAD_AGAIN = "ON CONFLICT (event_id) DO UPDATE SET properties = excluded.properties"
EVIDENCE_CODES = {word: Event.EvidenceCode[word.value].value for word in Evidence}
#: PostgreSQL takes rows quickest as one array for each column; its instants are made from microseconds.
FROM_ARRAYS = (
    "SELECT key, shape_id, lead_id, account_id,"
    " 'epoch'::timestamptz + occurred_at * interval '1 microsecond',"
    " 'epoch'::timestamptz + received_at * interval '1 microsecond', evidence, batch_id, visitor_id"
    " FROM unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
    f" %s::smallint[], %s::bigint[], %s::bigint[]) AS arrived ({', '.join(EVENT_COLUMNS)})"
)

#: ``www.acme.example/pricing`` and ``acme.example/pricing``: a host that was written without its scheme.
BARE_HOST = re.compile(r"^(?:www\.[^/\s]+|[^/\s.]+(?:\.[^/\s.]+)+(?=/))", re.IGNORECASE)

#: Values of ``SHAPE_COLUMNS``.
Shape = tuple[str, str, str, str, str, str]


class EventOfNobody(Refusal):
    """An event names neither a lead nor an account nor a visitor."""


class NaiveInstant(Refusal):
    """An event's instant has no time zone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEvent:
    """
    A fact to record, of a lead, an account or a visitor; a missing account is the lead's.

    ``path`` may be a whole URL: host, query and fragment are dropped, and so are the query and the fragment
    of a URL in ``topic``. ``properties`` is the personal part (JSON values), kept apart to be erasable.
    """

    source: str
    #: The source's own id; None: the fact is known by its content.
    external_id: str | None = None
    lead_id: int | None = None
    account_id: int | None = None
    visitor_id: int | None = None
    kind: str
    path: str = ""
    form: str = ""
    asset: str = ""
    topic: str = ""
    campaign: str = ""
    occurred_at: datetime
    evidence: Evidence = Evidence.HUMAN
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How many of the given events were new, and how many were there already (or given twice)."""

    new: int
    known: int


def record_events(events: Sequence[NewEvent], *, at: datetime, batch: ImportBatch | None = None) -> Recorded:
    """
    Record facts once each, and make their accounts due at ``at``, all in one transaction.

    The same fact twice, in one call or in two, also at the same time, is one row. A fact that an undone
    import had brought is taken over from it. Instants in the future are the caller's to refuse.

    Raises ``EventOfNobody`` and ``NaiveInstant``; nothing is recorded then.
    """
    by_key = {key_of(event): event for event in checked(events)}
    with transaction.atomic():
        shapes = shape_ids({shape_of(event) for event in by_key.values()})
        roots = merged.roots_of({event.lead_id for event in by_key.values() if event.lead_id is not None})
        came_by = {key: event.lead_id for key, event in by_key.items() if event.lead_id in roots}
        by_key |= {key: of_root(by_key[key], roots) for key in came_by}
        accounts = accounts_of({event.lead_id for event in by_key.values() if event.account_id is None})
        rows = [
            event_row(key, event, shape_id=shapes[shape_of(event)], accounts=accounts, at=at, batch=batch)
            for key, event in sorted(by_key.items())
        ]
        written = write_events(rows)
        write_payloads((row_id, by_key[key].properties) for row_id, key, _ in written)
        note_arrived([(row_id, came_by[key]) for row_id, key, _ in written if key in came_by])
        recording.make_due({account_id for _, _, account_id in written if account_id is not None}, at=at)
    return Recorded(new=len(written), known=len(events) - len(written))


def of_root(event: NewEvent, roots: Mapping[int, int]) -> NewEvent:
    """Return the event of a merged lead as one of the lead that it is now."""
    return event if event.lead_id is None else replace(event, lead_id=roots[event.lead_id], account_id=None)


def note_arrived(came_by: Iterable[tuple[int, int | None]]) -> None:
    """Note events that came in by merged leads, to go back with them if the merge is undone."""
    found: dict[int, list[int]] = {}
    for event_id, lead_id in came_by:
        if lead_id is not None:
            found.setdefault(lead_id, []).append(event_id)
    if found:
        merging.note_arrived(Event, found)


def checked(events: Iterable[NewEvent]) -> Iterator[NewEvent]:
    """Yield the events; refuse one that nobody did, or whose instant could be any of several."""
    for position, event in enumerate(events, start=1):
        if event.lead_id is None and event.account_id is None and event.visitor_id is None:
            raise EventOfNobody(
                f"The event {event.kind} belongs to nobody.",
                where=f"event {position}",
                expected="a lead, an account or a visitor",
            )
        if event.occurred_at.tzinfo is None:
            raise NaiveInstant(
                f"The instant of the event {event.kind} has no time zone.",
                where=f"event {position}",
                expected="an instant with a time zone",
                got=event.occurred_at.isoformat(),
            )
        yield event


def key_of(event: NewEvent) -> bytes:
    """Return the 16 bytes a fact is known by: of (source, its id), else of (source, its content)."""
    parts: tuple[Any, ...]
    if event.external_id is not None:
        parts = ("id", event.source, event.external_id)
    else:
        who = next(
            (name, pk)
            for name, pk in (
                ("lead", event.lead_id),
                ("account", event.account_id),
                ("visitor", event.visitor_id),
            )
            if pk is not None
        )
        parts = ("content", event.source, *who, *shape_of(event), to_micros(event.occurred_at))
        if event.properties:
            parts += (json.dumps(dict(event.properties), sort_keys=True, default=str),)
    return blake2b(repr(parts).encode(), digest_size=KEY_BYTES).digest()


def shape_of(event: NewEvent) -> Shape:
    """Return what the event has in common with others, no personal value among it, cut to the columns."""
    return shape(event.kind, event.path, event.form, event.asset, event.topic, event.campaign)


@lru_cache(maxsize=SHAPES_REMEMBERED)
def shape(kind: str, path: str, form: str, asset: str, topic: str, campaign: str) -> Shape:
    """Return the texts as a shape holds them; remembered, for most events look like another."""
    return (
        clean(kind)[:64],
        page_path(path)[:500],
        clean(form)[:120],
        clean(asset)[:120],
        without_query(topic)[:300],
        clean(campaign)[:200],
    )


def clean(text: str) -> str:
    """Return the text without surrounding space and without NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "").strip()


def page_path(address: str) -> str:
    """
    Return the path of a page's address, without host, query and fragment; of no address, none.

    >>> page_path("https://www.brightpath.example/pricing?email=anna#top")
    '/pricing'
    >>> page_path("brightpath.example/Guides/"), page_path("pricing"), page_path("https://brightpath.example")
    ('/Guides/', '/pricing', '/')
    """
    text = clean(address)
    if not text:
        return ""
    if "://" in text or text.startswith("//"):
        text = text.partition("//")[2]
        text = "/" + text.partition("/")[2] if "/" in text else "/"
    else:
        text = BARE_HOST.sub("", text)
    text = text.partition("#")[0].partition("?")[0]
    return text if text.startswith("/") else f"/{text}"


def without_query(topic: str) -> str:
    """
    Return a link's target without query and fragment, where addresses travel; other text as it is.

    >>> without_query("https://brightpath.example/offer?to=anna%40brightpath.example")
    'https://brightpath.example/offer'
    >>> without_query("no answer?")
    'no answer?'
    >>> without_query("mailto:anna@brightpath.example")
    'mailto:'
    """
    text = clean(topic)
    if text.lower().startswith("mailto:"):
        return "mailto:"
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text.partition("#")[0].partition("?")[0]
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def shape_ids(wanted: set[Shape]) -> dict[Shape, int]:
    """Return the id of each shape; makes those that are not there yet."""
    known = read_shapes(wanted)
    missing = sorted(wanted - known.keys())
    if missing:
        EventShape.objects.bulk_create(
            [EventShape(**dict(zip(SHAPE_COLUMNS, shape, strict=True))) for shape in missing],
            ignore_conflicts=True,
            batch_size=ROWS_PER_STATEMENT,
        )
        known |= read_shapes(set(missing))
    return known


def read_shapes(wanted: set[Shape]) -> dict[Shape, int]:
    """Return the ids of the shapes that are there."""
    found: dict[Shape, int] = {}
    kinds = {shape[0] for shape in wanted}
    for paths in chunks(sorted({shape[1] for shape in wanted}), KEYS_PER_QUERY):
        rows = EventShape.objects.filter(kind__in=kinds, path__in=paths).values_list("id", *SHAPE_COLUMNS)
        found |= {
            (kind, path, form, asset, topic, campaign): pk
            for pk, kind, path, form, asset, topic, campaign in rows
        }
    return {shape: pk for shape, pk in found.items() if shape in wanted}


def accounts_of(lead_ids: set[int | None]) -> dict[int, int]:
    """Return the account of each lead."""
    found: dict[int, int] = {}
    for ids in chunks(sorted(pk for pk in lead_ids if pk is not None), KEYS_PER_QUERY):
        found |= dict(Lead.objects.filter(pk__in=ids).values_list("pk", "account_id"))
    return found


def event_row(
    key: bytes,
    event: NewEvent,
    *,
    shape_id: int,
    accounts: dict[int, int],
    at: datetime,
    batch: ImportBatch | None,
) -> tuple[Any, ...]:
    """Return the values of ``EVENT_COLUMNS``, instants in microseconds."""
    account_id = event.account_id
    if account_id is None and event.lead_id is not None:
        account_id = accounts.get(event.lead_id)
    return (
        key,
        shape_id,
        event.lead_id,
        account_id,
        to_micros(event.occurred_at),
        to_micros(at),
        EVIDENCE_CODES[event.evidence],
        batch.pk if batch else None,
        event.visitor_id,
    )


def write_events(rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, bytes, int | None]]:
    """
    Insert rows that are not there, ordered by key so that two writers cannot block each other for ever.

    Returns (id, key, account_id) of each row that is new, or that was taken over from an undone import.
    """
    written: list[tuple[int, bytes, int | None]] = []
    with connection.cursor() as cursor:
        for chunk in chunks(rows, ROWS_PER_STATEMENT):
            source, parameters = source_of_rows(chunk)
            cursor.execute(f"{INSERT} {source} {ON_CONFLICT}", parameters)
            written += [(pk, bytes(key), account_id) for pk, key, account_id in cursor.fetchall()]
    return written


def source_of_rows(rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """Return what an INSERT takes its rows from, and its parameters."""
    if connection.vendor == "postgresql":
        return FROM_ARRAYS, [array_literal(column) for column in zip(*rows, strict=True)]
    one = "(" + ", ".join(["%s"] * len(EVENT_COLUMNS)) + ")"
    return "VALUES " + ", ".join([one] * len(rows)), [value for row in rows for value in row]


def array_literal(column: Sequence[int | bytes | None]) -> str:
    r"""
    Return a column as PostgreSQL writes an array; much quicker than having the driver look at each value.

    >>> array_literal([7, None]), array_literal([b"\x00\xff"])
    ('{7,NULL}', '{"\\\\x00ff"}')
    """
    texts = (rf'"\\x{value.hex()}"' if isinstance(value, bytes) else value for value in column)
    return "{" + ",".join("NULL" if text is None else str(text) for text in texts) + "}"


def write_payloads(properties: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Keep the personal part of the events that have one."""
    encode = DjangoJSONEncoder().encode
    rows = [(pk, encode(dict(values))) for pk, values in properties if values]
    if not rows:
        return
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            ids, texts = zip(*rows, strict=True)
            cursor.execute(
                f"{INSERT_PAYLOADS} SELECT * FROM unnest(%s, %s::jsonb[]) {PAYLOAD_AGAIN}",
                [list(ids), list(texts)],
            )
        else:
            # Django's cursor would look at every value once more.
            cursor.connection.executemany(f"{INSERT_PAYLOADS} VALUES (?, ?) {PAYLOAD_AGAIN}", rows)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in runs of ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
