"""Which playbook is active, and which versions there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Asset, Playbook, Template
from coldframe.kernel.playbook.problems import suggestion
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import compiled
from coldframe.library.models import PlaybookActivation, PlaybookDraft, PlaybookVersion
from coldframe.storage import looks


class NoActivePlaybook(Refusal):
    """Nothing has been activated yet."""


class NoSuchVersion(Refusal):
    """No version has that number."""


class NoSuchAsset(Refusal):
    """The active playbook has no asset of that key."""


class NoSuchContent(Refusal):
    """A key names nothing that the playbook can send."""


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
    #: Who last made it the active one, and why; None: nobody said.
    activated_by: str | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The next version while it is written."""

    #: Names the draft as it stands; it is another one after each time it is saved.
    mark: str
    text: str
    base_number: int
    saved_by: str
    saved_at: datetime
    begun_by: str
    begun_at: datetime


def draft_of(row: PlaybookDraft) -> Draft:
    """Return a draft as others see it."""
    return Draft(
        mark=f"{row.pk}-{row.revision}",
        text=row.text,
        base_number=row.base.number,
        saved_by=row.saved_by,
        saved_at=row.saved_at,
        begun_by=row.begun_by,
        begun_at=row.begun_at,
    )


def find_draft() -> Draft | None:
    """Return the draft that is open, or None."""
    row = PlaybookDraft.objects.select_related("base").filter(is_open=True).first()
    return draft_of(row) if row else None


def has_set_aside() -> bool:
    """Return whether a draft was put aside that may be taken up again: the last one that ended."""
    last = PlaybookDraft.objects.filter(is_open=False).order_by("-ended_at", "-id").first()
    return last is not None and last.became_id is None


def get_active_playbook() -> ActivePlaybook:
    """Return the version activated last; raise ``NoActivePlaybook`` before the first activation."""
    last = looks.once("last activation", find_last_activation)
    if last is None:
        raise NoActivePlaybook(
            "No playbook is active.", expected="one", advice="Make one active: coldframe playbook use default"
        )
    return opened(last.version)


def find_last_activation() -> PlaybookActivation | None:
    """Return the last activation with its version, or None before the first."""
    return PlaybookActivation.objects.select_related("version").order_by("-id").first()


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
    # In order, so that the last activation of a version stays.
    activations = {each.version_id: each for each in PlaybookActivation.objects.order_by("id")}
    active = max(activations.values(), key=lambda each: each.pk, default=None)
    versions = PlaybookVersion.objects.order_by("-number").defer("text")
    return [line_of_version(version, activations.get(version.pk), active) for version in versions]


def line_of_version(
    version: PlaybookVersion, last: PlaybookActivation | None, active: PlaybookActivation | None
) -> VersionLine:
    return VersionLine(
        version_id=version.pk,
        number=version.number,
        name=version.name,
        origin=version.origin,
        published_at=version.published_at,
        activated_at=last.activated_at if last else None,
        is_active=active is not None and active.version_id == version.pk,
        activated_by=last.activated_by if last else None,
        why=last.why if last else None,
    )


# What the active version says and shows: projections, for reading alone.


@dataclass(frozen=True, kw_only=True)
class AssetLine:
    """An asset, and the template whose words go with it; None: no message goes out about it."""

    asset: Asset
    content_key: str
    template_name: str | None


def list_assets() -> list[AssetLine]:
    """Return the assets of the active playbook, in its order."""
    playbook = get_active_playbook().playbook
    return [line_of(asset, playbook) for asset in playbook.assets]


def get_asset(*, key: str) -> AssetLine:
    """Return one asset of the active playbook; raise ``NoSuchAsset`` for a key that none has."""
    playbook = get_active_playbook().playbook
    found = next((asset for asset in playbook.assets if asset.key == key), None)
    if found is None:
        advice = suggestion(key, [asset.key for asset in playbook.assets]) or None
        raise NoSuchAsset("The active playbook has no asset of this key.", got=key, advice=advice)
    return line_of(found, playbook)


def line_of(asset: Asset, playbook: Playbook) -> AssetLine:
    content_key = f"{templates.ASSET}:{asset.key}"
    template = templates.find_template(playbook, content_key)
    return AssetLine(asset=asset, content_key=content_key, template_name=template.name if template else None)


def list_templates() -> list[Template]:
    """Return the templates of the active playbook, in its order."""
    return list(get_active_playbook().playbook.templates)


def content_keys(playbook: Playbook) -> list[str]:
    """Return the keys of everything a playbook can send, but for follow-ups, whose key ends in a date."""
    assets = [f"{templates.ASSET}:{asset.key}" for asset in playbook.assets]
    return [*assets, *(f"{templates.QUESTION}:{field}" for field in playbook.completeness.questions)]


def check_content_key(playbook: Playbook, content_key: str) -> None:
    """Raise ``NoSuchContent`` for a key that names neither an asset, nor a question, nor a follow-up's date."""
    sort, rest = templates.sort_of(content_key)
    if content_key in content_keys(playbook) or (sort == templates.FOLLOW_UP and is_day(rest)):
        return
    raise NoSuchContent(
        "The active playbook has no such content.",
        expected="asset:<key>, question:<field> or follow_up:<date>",
        got=content_key,
        advice=suggestion(content_key, content_keys(playbook)) or None,
    )


def is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
