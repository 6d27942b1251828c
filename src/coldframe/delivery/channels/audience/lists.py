"""The lists as they stand: who leaves one, and the files that an ad platform takes."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coldframe.delivery.channels.audience.models import Membership
from coldframe.kernel.vocabulary import Refusal

#: Headers as ad platforms name them for hashed customer lists.
HEADERS = ("Email", "Phone")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written for one list."""

    audience: str
    in_count: int
    out_count: int


def leave(*, lead_ids: Collection[int], at: datetime, audience: str | None = None) -> int:
    """
    Take people off a path's list, or off every list; returns how many stays ended.

    To be called in the transaction in which they leave the path, object, or are suppressed.
    """
    open_stays = Membership.objects.filter(lead_id__in=lead_ids, left_at__isnull=True)
    if audience is not None:
        open_stays = open_stays.filter(audience=audience)
    return open_stays.update(left_at=at)


def export(*, folder: Path) -> list[Exported]:
    """
    Write two files for each list: ``<list>-in.csv`` and ``<list>-out.csv``, to add and to remove.

    Whoever left and came back is in. The files hold SHA-256 hashes alone. Raises ``Refusal`` when the folder
    cannot be written.
    """
    stays: dict[str, list[Membership]] = defaultdict(list)
    for stay in Membership.objects.order_by("audience", "id"):
        stays[stay.audience].append(stay)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [export_list(folder, audience, each) for audience, each in stays.items()]
    except OSError as error:
        raise Refusal(
            "The lists cannot be written.",
            where=str(folder),
            got=str(error.strerror),
            advice="Name another folder.",
        ) from error


def export_list(folder: Path, audience: str, stays: Iterable[Membership]) -> Exported:
    inside: set[tuple[str, str]] = set()
    outside: set[tuple[str, str]] = set()
    for stay in stays:
        hashes = (stay.email_hash, stay.phone_hash)
        (outside if stay.left_at else inside).add(hashes)
    outside -= inside
    name = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in audience)
    write(folder / f"{name}-in.csv", inside)
    write(folder / f"{name}-out.csv", outside)
    return Exported(audience=audience, in_count=len(inside), out_count=len(outside))


def write(file: Path, rows: Iterable[tuple[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADERS)
        writer.writerows(sorted(rows))
