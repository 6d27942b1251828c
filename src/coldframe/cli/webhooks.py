"""The commands ``coldframe sources add webhook`` and ``sources try``: payloads of others, and their mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from coldframe.cli import output, sources, start
from coldframe.cli.connections import read_secret, tell
from coldframe.cli.sources import AsJson, Name
from coldframe.kernel.vocabulary import Refusal

SecretFile = Annotated[
    Path | None, typer.Option(help="File that holds the sender's signing secret; else it is asked for.")
]
MappingFile = Annotated[Path | None, typer.Option(help="File with the mapping, in YAML.")]
Preset = Annotated[
    str | None, typer.Option(help="A mapping that comes along: calendly, typeform or zoom-webinar.")
]
Signature = Annotated[
    str | None, typer.Option(help="How calls are signed: standard, hex, base64, timed, zoom or token.")
]
SignatureHeader = Annotated[str | None, typer.Option(help="The header that holds the signature.")]


class NoMapping(Refusal):
    """A webhook without a mapping, or with two."""


class BadPayload(Refusal):
    """A file that holds no payload."""


def register(app: typer.Typer) -> None:
    """Add the commands to those of sources."""
    sources.adding.command("webhook")(add_webhook)
    sources.sources.command("try")(try_)
    sources.sources.command("map")(map_)


def add_webhook(
    name: Name,
    preset: Preset = None,
    mapping: MappingFile = None,
    signature: Signature = None,
    signature_header: SignatureHeader = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """
    Take in what another system posts, read by a mapping.

    Example: coldframe sources add webhook bookings --preset calendly --secret-file secret.txt
    """
    text, where = mapping_text(preset, mapping)
    secret = read_secret(secret_file, asks=True)
    start.open_database()
    from coldframe import clock, environment
    from coldframe.activity import sources as operations
    from coldframe.activity.webhooks import mapping as mappings
    from coldframe.activity.webhooks import signatures

    given = {"scheme": signature, "header": signature_header}
    signed = {
        **signatures.OF_PRESETS.get(preset or "", {}),
        **{key: value for key, value in given.items() if value},
    }
    signatures.check_settings(signed, secret=secret)
    settings: dict[str, Any] = {"signature": signed, "mapping": mappings.parse(text, where=where)}
    operations.add(name, kind=operations.Kind.WEBHOOK, at=clock.now(), settings=settings, secret=secret)
    address = f"{environment.base_url()}/hooks/{name}"
    lines = [f"Added {name}.", f"Have its sender post to {address}"]
    tell(lines, {"added": name, "address": address}, as_json=as_json)


def mapping_text(preset: str | None, file: Path | None) -> tuple[str, str]:
    """Return a mapping and what it is called. Raises ``NoMapping``, ``BadMapping``."""
    if (preset is None) == (file is None):
        raise NoMapping(
            "Expected one of --preset and --mapping.", advice="See docs/howto/receive-webhooks.md"
        )
    if file is not None:
        return read_text(file), file.name
    from coldframe.activity.webhooks import mapping

    return mapping.read_preset(preset or ""), preset or ""


def read_text(file: Path) -> str:
    """Return the text of a file. Raises ``BadPayload``."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadPayload("The file cannot be read as UTF-8.", where=str(file)) from error


def map_(
    name: Name,
    file: Annotated[Path, typer.Argument(help="File with the mapping, in YAML.")],
    as_json: AsJson = False,
) -> None:
    """
    Give a webhook another mapping. What was set aside is then tried again with: coldframe sources retry

    Example: coldframe sources map bookings bookings.yaml
    """
    text = read_text(file)
    start.open_database()
    from coldframe.activity import sources as operations
    from coldframe.activity.webhooks import mapping

    operations.change(name, settings={"mapping": mapping.parse(text, where=file.name)})
    tell([f"{name} is read by {file.name} from now on."], {"mapped": name}, as_json=as_json)


def try_(
    name: Name,
    file: Annotated[Path, typer.Argument(help="File with a payload, in JSON.")],
    as_json: AsJson = False,
) -> None:
    """
    Say what a payload would become, and store nothing.

    Example: coldframe sources try bookings payload.json
    """
    text = read_text(file)
    start.open_database()
    from coldframe import clock
    from coldframe.activity import bodies
    from coldframe.activity import sources as operations
    from coldframe.activity.webhooks import digesting

    source = operations.find(name)
    try:
        payload = bodies.read_any(text.encode())
    except bodies.BadBody as error:
        raise BadPayload("The file holds no payload.", where=str(file), got=str(error)) from error
    found = digesting.try_payload(payload, source=source, at=clock.now())
    if as_json:
        output.emit_json({"items": [told(item) for item in found]})
        return
    for item in found:
        for line in lines_of(item):
            print(line)


def told(item: Any) -> dict[str, Any]:
    """Return what an item becomes, as plain values."""
    return {
        "item": item.number,
        "rule": item.rule,
        "problem": item.problem or None,
        "calls": [
            {
                "type": call.type.value.lower(),
                "id": call.message_id,
                "user": call.user_id,
                "company": call.group_id or None,
                "traits": dict(call.traits),
                "event": call.kind or None,
                "at": call.occurred_at.isoformat(),
                "topic": call.topic or None,
                "properties": dict(call.properties),
            }
            for call in item.calls
        ],
        "owner": item.record.owner or None if item.record else None,
        "company_owner": item.record.company_owner or None if item.record else None,
        "deal": {"id": item.record.deal_id, **item.record.deal}
        if item.record and item.record.deal_id
        else None,
    }


def lines_of(item: Any) -> list[str]:
    """Return what an item becomes, in lines for people."""
    if item.problem:
        return [f"item {item.number}: cannot be used: {item.problem}"]
    if item.rule is None:
        return [f"item {item.number}: no rule reads it; it is left alone"]
    said = [f"item {item.number}, rule {item.rule}:"]
    for call in item.calls:
        what = call.kind or call.type.value.lower()
        values = ", ".join(
            f"{name}={value}" for name, value in {**call.traits, "topic": call.topic}.items() if value
        )
        said.append(f"  {what} of {call.user_id} at {call.occurred_at:%Y-%m-%d %H:%M}  {values}")
    return said + (lines_of_record(item.record) if item.record else [])


def lines_of_record(record: Any) -> list[str]:
    """Return what an item says of owners and of a deal, in lines for people."""
    said = [f"  owner={record.owner}"] if record.owner else []
    said += [f"  owner of the company={record.company_owner}"] if record.company_owner else []
    if record.deal_id:
        said.append(
            f"  deal {record.deal_id}  " + ", ".join(f"{name}={value}" for name, value in record.deal.items())
        )
    return said
