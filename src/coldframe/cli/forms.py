"""The commands ``coldframe forms …``: forms that are served here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from coldframe.cli import output, start
from coldframe.cli.connections import tell
from coldframe.cli.webhooks import read_text

forms = typer.Typer(
    name="forms", no_args_is_help=True, help="Forms that are served here, for any page to show."
)

Name = Annotated[str, typer.Argument(help="What the form is called; it stands in its address and in events.")]
File = Annotated[Path, typer.Argument(help="File with the form, in YAML.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
#: Height of the frame that shows a form, by its fields, in CSS pixels.
ABOVE, A_FIELD = 320, 96


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(forms)


@forms.command()
def add(name: Name, file: File, as_json: AsJson = False) -> None:
    """
    Serve a form.

    Example: coldframe forms add demo demo.yaml
    """
    text = read_text(file)
    start.open_database()
    from coldframe import clock
    from coldframe.activity.forms import catalog

    form = catalog.add(name, text, at=clock.now())
    tell(lines_of(name, form), told(name, form), as_json=as_json)


@forms.command()
def change(name: Name, file: File, as_json: AsJson = False) -> None:
    """
    Serve a form in other words. What was agreed to before keeps its own.

    Example: coldframe forms change demo demo.yaml
    """
    text = read_text(file)
    start.open_database()
    from coldframe.activity.forms import catalog

    form = catalog.change(name, text)
    tell(lines_of(name, form), told(name, form), as_json=as_json)


@forms.command("list")
def list_(as_json: AsJson = False) -> None:
    """
    List the forms, and where each is.

    Example: coldframe forms list
    """
    start.open_database()
    from coldframe.activity.forms import catalog

    found = [(source, catalog.found_of(source).form) for source in catalog.list_forms()]
    if as_json:
        output.emit_json({"forms": [told(source.name, form) for source, form in found]})
        return
    for source, form in found:
        state = "off" if source.disabled_at else "on"
        print(f"{source.name:<20}  {state:<3}  {address_of(source.name)}  {form.title}")
    if not found:
        print("There are none yet. See: coldframe forms add --help")


@forms.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """
    Print where a form is, and the lines that show it on another page.

    Example: coldframe forms show demo
    """
    start.open_database()
    from coldframe.activity import sources
    from coldframe.activity.forms import catalog

    form = catalog.found_of(sources.find(name)).form
    tell(lines_of(name, form), told(name, form), as_json=as_json)


def address_of(name: str) -> str:
    """Return where a form is."""
    from coldframe import environment

    return f"{environment.base_url()}/f/{name}"


def frame_of(name: str, form: Any) -> str:
    """Return the line of HTML that shows a form on another page."""
    height = ABOVE + A_FIELD * len(form.fields)
    return f'<iframe src="{address_of(name)}" title="{html(form.title)}" width="100%" height="{height}" loading="lazy" style="border:0"></iframe>'


def html(text: str) -> str:
    """Return a text as it stands in an attribute."""
    from html import escape

    return escape(text, quote=True)


def lines_of(name: str, form: Any) -> list[str]:
    """Return what to know of a form, in lines for people."""
    lines = [f"The form {name} is at {address_of(name)}"]
    if form.origins:
        return [*lines, f"On a page of {', '.join(form.origins)}:", frame_of(name, form)]
    return [*lines, "No other site may show it in a frame; name those that may under origins."]


def told(name: str, form: Any) -> dict[str, Any]:
    """Return what to know of a form, as plain values."""
    return {
        "form": name,
        "address": address_of(name),
        "version": form.version,
        "frame": frame_of(name, form) if form.origins else None,
    }
