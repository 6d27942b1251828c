"""Which playbook is active, and which versions there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import compiled
from coldframe.library.models import PlaybookActivation, PlaybookVersion


class NoActivePlaybook(Refusal):
    """Nothing has been activated yet."""


class NoSuchVersion(Refusal):
    """No version has that number."""


@dataclass(frozen=True, kw_only=True)
class ActivePlaybook:
    """One version, and what its text means."""

    version_id: int
    number: int
    name: str
    text: str
    playbook: Playbook


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """A version as lists show it."""

    version_id: int
    number: int
    name: str
    origin: str
    published_at: datetime
    #: When it was last made the active one, if ever.
    activated_at: datetime | None
    is_active: bool


def get_active_playbook() -> ActivePlaybook:
    """Return the version activated last; raise ``NoActivePlaybook`` before the first activation."""
    last = PlaybookActivation.objects.select_related("version").order_by("-id").first()
    if last is None:
        raise NoActivePlaybook(
            "No playbook is active.", expected="one", advice="Make one active: coldframe playbook use default"
        )
    return opened(last.version)


def get_version(*, number: int) -> ActivePlaybook:
    """Return the version of that number; raise ``NoSuchVersion`` for none."""
    version = PlaybookVersion.objects.filter(number=number).first()
    if version is None:
        raise no_such_version(number)
    return opened(version)


def opened(version: PlaybookVersion) -> ActivePlaybook:
    return ActivePlaybook(
        version_id=version.pk,
        number=version.number,
        name=version.name,
        text=version.text,
        playbook=compiled.playbook_of(version.text),
    )


def no_such_version(number: int) -> NoSuchVersion:
    highest = PlaybookVersion.objects.aggregate(highest=Max("number"))["highest"]
    expected = f"a number from 1 to {highest}" if highest else "a published playbook first"
    return NoSuchVersion(
        "There is no playbook version of this number.",
        expected=expected,
        got=str(number),
        advice="See them all: coldframe playbook list",
    )


def list_versions() -> list[VersionLine]:
    """Return every version, newest first."""
    active = PlaybookActivation.objects.order_by("-id").values_list("version_id", flat=True).first()
    versions = PlaybookVersion.objects.annotate(last_activated_at=Max("activations__activated_at")).order_by(
        "-number"
    )
    return [
        VersionLine(
            version_id=version.pk,
            number=version.number,
            name=version.name,
            origin=version.origin,
            published_at=version.published_at,
            activated_at=version.last_activated_at,
            is_active=version.pk == active,
        )
        for version in versions.defer("text")
    ]
