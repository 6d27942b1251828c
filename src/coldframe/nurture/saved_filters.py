"""Lists of leads that somebody comes back to, and the columns that they want to see there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture.models import ListColumns, SavedFilter

#: Nobody finds anything again among more.
MOST_FILTERS = 100
LONGEST_NAME = 80
LONGEST_QUERY = 2_000


class BadFilter(Refusal):
    """A filter cannot be kept as it is."""


class NoSuchFilter(Refusal):
    """There is no such saved filter, or it is somebody else's."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A saved filter."""

    public_id: UUID
    name: str
    #: As the list of leads reads it.
    query: str
    is_shared: bool
    is_own: bool
    owner_name: str


def keep_filter(*, owner: str, owner_name: str, name: str, query: str, is_shared: bool, at: datetime) -> UUID:
    """
    Keep a filter under a name; what the owner has kept under the same name is replaced. Return its public id.

    ``owner`` is the number of the user as text, empty for whoever sits at this machine. Raises ``BadFilter``.
    """
    name = " ".join(name.replace("\0", " ").split())
    check(name, query)
    with transaction.atomic():
        own = SavedFilter.objects.filter(owner=owner)
        if own.exclude(name=name).count() >= MOST_FILTERS:
            raise BadFilter(
                "There are too many saved filters.",
                expected=f"at most {MOST_FILTERS}",
                advice="Remove one that is not used any more.",
            )
        made, _ = SavedFilter.objects.update_or_create(
            owner=owner,
            name=name,
            defaults={"owner_name": owner_name, "query": query, "is_shared": is_shared, "saved_at": at},
        )
    return made.public_id


def check(name: str, query: str) -> None:
    """Raise ``BadFilter`` for a name or a query that cannot be kept."""
    if not name or len(name) > LONGEST_NAME:
        raise BadFilter(
            "A filter is kept under a name.",
            expected=f"a name of at most {LONGEST_NAME} characters",
            got=f"{len(name)} characters",
        )
    if len(query) > LONGEST_QUERY or "\0" in query:
        raise BadFilter("This filter is too long to be kept.", expected=f"at most {LONGEST_QUERY} characters")


def remove_filter(*, public_id: UUID, owner: str) -> None:
    """Remove a filter of one's own. Raises ``NoSuchFilter``."""
    deleted, _ = SavedFilter.objects.filter(public_id=public_id, owner=owner).delete()
    if not deleted:
        raise NoSuchFilter("There is no such filter of yours.", advice="Only who saved a filter removes it.")


def list_filters(*, owner: str) -> list[Saved]:
    """Return the filters that somebody may open: their own by name, then those of others for everybody."""
    found = SavedFilter.objects.filter(Q(owner=owner) | Q(is_shared=True)).order_by("name", "id")
    lines = [saved_of(each, owner) for each in found[: 2 * MOST_FILTERS]]
    return [each for each in lines if each.is_own] + [each for each in lines if not each.is_own]


def find_filter(*, public_id: UUID, owner: str) -> Saved | None:
    """Return a filter that somebody may open, or None."""
    mine = Q(owner=owner) | Q(is_shared=True)
    found = SavedFilter.objects.filter(mine, public_id=public_id).first()
    return saved_of(found, owner) if found else None


def saved_of(row: SavedFilter, owner: str) -> Saved:
    return Saved(
        public_id=row.public_id,
        name=row.name,
        query=row.query,
        is_shared=row.is_shared,
        is_own=row.owner == owner,
        owner_name=row.owner_name,
    )


def choose_columns(*, owner: str, columns: Sequence[str]) -> None:
    """Keep which columns somebody wants to see; none: the usual ones."""
    ListColumns.objects.update_or_create(owner=owner, defaults={"columns": list(columns)})


def find_columns(*, owner: str) -> tuple[str, ...]:
    """Return the columns that somebody has chosen; empty where they have not."""
    found = ListColumns.objects.filter(owner=owner).values_list("columns", flat=True).first()
    return tuple(found or ())
