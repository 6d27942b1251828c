"""
What machines ask: is the process alive, can it serve, and how is it going.

Programs on this machine may ask; from elsewhere only whether it is alive. No answer holds a person's data.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from coldframe import __version__, clock
from coldframe.activity.tracking import spool
from coldframe.outbox import holding, workers
from coldframe.reports import figures
from coldframe.storage import backup, disk, health
from coldframe.team import access

PREFIX = "coldframe_"


@access.is_open
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; looks at nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@access.for_this_machine
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether pages can be served and work is done: 200, or 503 with the reasons."""
    at = clock.now()
    reasons = why_not_ready(at=at)
    status = 503 if reasons else 200
    return JsonResponse({"ready": not reasons, "reasons": reasons, "notes": notes()}, status=status)


def why_not_ready(*, at: datetime) -> list[str]:
    """Return what is wrong, in words; nothing where all is well."""
    try:
        lacking = health.missing_migrations()
        if lacking:
            return [f"{len(lacking)} migrations are not applied"]
        seen = workers.list_workers(at=at)
    except DatabaseError as error:
        return [f"the database does not answer: {type(error).__name__}"]
    said = disk.why_not_writable(Path(settings.HOME))
    reasons = [f"the data folder cannot be written: {said}"] if said else []
    if not any(each.is_alive for each in seen):
        reasons.append("no worker has been seen lately")
    return reasons


def notes() -> list[str]:
    """Return what a person should know and a load balancer need not: sending that is held."""
    try:
        return [f"sending is held: {each.reason}" for each in holding.list_holds()]
    except DatabaseError:
        return []


@access.for_this_machine
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(Figures(clock.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Figures:
    """The figures at an instant, as Prometheus collects them."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def collect(self) -> list[GaugeMetricFamily]:
        """Return every figure; asked once, when they are written out."""
        return [family(each) for each in [*figures.look(at=self.at), *of_the_machine()]]


def of_the_machine() -> list[figures.Figure]:
    """Return what is known without the tables."""
    last = backup.last_backup_at()
    found = [
        figures.Figure(
            name="info", label="version", help="The version that runs.", values={__version__: 1.0}
        ),
        figures.single("disk_free_bytes", "Free in the data folder.", disk.free_bytes(Path(settings.HOME))),
        figures.single("database_bytes", "Size of the database.", backup.database_bytes()),
        figures.single(
            "spool_bytes",
            "Hits of links and pixels that wait for a worker.",
            spool.waiting(Path(settings.HOME) / spool.FOLDER),
        ),
    ]
    if last is not None:
        found.append(
            figures.single(
                "last_backup_timestamp_seconds", "When the newest backup was made.", last.timestamp()
            )
        )
    return found


def family(figure: figures.Figure) -> GaugeMetricFamily:
    """Return a figure as a gauge of Prometheus."""
    labels = [figure.label] if figure.label else []
    made = GaugeMetricFamily(PREFIX + figure.name, figure.help, labels=labels)
    for word, value in figure.values.items():
        made.add_metric([word] if figure.label else [], value)
    return made
