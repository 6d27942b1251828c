"""What is wrong or doubtful in one text of a template: its tags, filters and fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from coldframe.kernel.playbook import addresses, merge_fields, templates
from coldframe.kernel.playbook.problems import shown, suggestion
from coldframe.library import forms, markdown, merge_tags, scanning
from coldframe.library.merge_tags import Output, Unmergeable
from coldframe.library.scanning import Fault, Piece, Scan

#: Faults that do not keep a template from being used.
WARNINGS = ("PB512", "PB514")
SORT_WORDS = {
    templates.ASSET: "a message about an asset",
    templates.QUESTION: "a question",
    templates.FOLLOW_UP: "a follow-up",
    None: "greeting and signature",
}


def faults_of(source: str, *, sort: str | None, is_body: bool) -> list[Fault]:
    """
    Return everything that is wrong or doubtful in a text, each ``offset`` characters into it.

    ``sort`` is the sort of content that the text is for; None for what stands around every message.
    """
    scan = scanning.scan(source)
    if scan.faults:
        return list(scan.faults)
    found = [fault for piece in scan.pieces for fault in piece_faults(piece, sort)]
    if not any(fault.code not in WARNINGS for fault in found):
        found += tag_faults(source, scan)
        found += link_faults(source, scan) if is_body else ()
    return found


def piece_faults(piece: Piece, sort: str | None) -> Iterator[Fault]:
    if piece.kind == "output":
        output = merge_tags.output_of(piece.inner)
        inner = piece.offset + piece.text.index(piece.inner, 2) if piece.inner else piece.offset
        if isinstance(output, Fault):
            yield replace(output, offset=inner + output.offset)
            return
        unknown = list(field_faults(output.field, inner, sort))
        yield from unknown or gap_faults(output, inner, piece)
    elif piece.kind == "tag":
        for name in merge_tags.fields_in(piece.rest):
            yield from field_faults(name, piece.offset + max(0, piece.text.find(name)), sort)


def field_faults(name: str, offset: int, sort: str | None) -> Iterator[Fault]:
    """Say that a field is none, or none of this sort of content."""
    known = merge_fields.FIELDS.get(name)
    if merge_fields.is_own(name) or (known and known.sort in (None, sort)):
        return
    expected = f"a merge field of {SORT_WORDS[sort]}" if known else "a merge field"
    here = [each.name for each in merge_fields.FIELDS.values() if each.sort in (None, sort)]
    advice = suggestion(name, here) or "The reference lists them all: docs/reference/playbook.md#merge-fields"
    yield Fault(offset=offset, code="PB604", expected=expected, got=shown(name), advice=advice)


def gap_faults(output: Output, offset: int, piece: Piece) -> Iterator[Fault]:
    """Warn of an output that may be empty: without a fallback, and in no tag that asks for the field."""
    known = merge_fields.FIELDS.get(output.field)
    asked = {name for rest in piece.around for name in merge_tags.fields_in(rest)}
    if output.has_fallback or (known and known.is_always_there) or output.field in asked:
        return
    advice = f'Messages to leads without it are held. Write {{{{ {output.field} | default: "…" }}}}, or ask first: {{% if {output.field} %}}.'
    yield Fault(
        offset=offset,
        code="PB512",
        expected="a fallback, or a question before",
        got=output.field,
        advice=advice,
    )


def tag_faults(source: str, scan: Scan) -> Iterator[Fault]:
    """Say what Liquid does not take: decided once for a reader of whom all is known, once for one of whom nothing is."""
    if not scan.has_tags:
        return
    offset = next(piece.offset for piece in scan.pieces if piece.kind == "tag")
    bare = "".join("x" * len(piece.text) if piece.kind == "output" else piece.text for piece in scan.pieces)
    everything = {name: each.sample for name, each in merge_fields.FIELDS.items()}
    for values in (everything, {}):
        try:
            merge_tags.decide(bare, values)
        except Unmergeable as error:
            at = offset if error.offset is None else error.offset
            yield scanning.malformed(
                at, "tags that can be decided", str(error), "Such as {% if account.employees > 50 %}."
            )
            return


def link_faults(source: str, scan: Scan) -> Iterator[Fault]:
    """Warn of a link that is none, and would be shown with its brackets."""
    mark = "0" * 16
    text = "".join(
        forms.token(0, mark) if piece.kind == "output" else piece.text if piece.kind == "literal" else ""
        for piece in scan.pieces
    )
    html, _ = markdown.both(text, also=forms.PREFIX)
    if "](" in html:
        at = max(0, source.find("]("))
        advice = "Links are written [words](https://…), and lead to the web or to an address: mailto:…"
        yield Fault(offset=at, code="PB514", expected="a link", got="brackets that are none", advice=advice)
    for address in forms.addresses_in(html, mark):
        fault = addresses.fault_of(address) if markdown.is_web(address) else None
        if fault:
            at = max(0, source.find(address))
            yield Fault(
                offset=at, code="PB608", expected="a web address that every reader reaches", got=f"{address[:80]}: {fault}"
            )  # fmt: skip
