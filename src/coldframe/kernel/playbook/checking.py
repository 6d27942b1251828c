"""Whether what a well-formed playbook says makes sense: conditions here, sections in ``sections``."""

from __future__ import annotations

from collections.abc import Iterator

from coldframe.kernel.playbook import conditions, fields, sections
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.doubts import Doubt, Names, Path, check_references, mistake, warning
from coldframe.kernel.playbook.fields import Kind, Step
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.problems import shown, suggestion


def check(playbook: Playbook, *, names: Names, cut: frozenset[str] = frozenset()) -> list[Doubt]:
    """
    Return what is wrong or doubtful in the meaning of a well-formed playbook.

    ``cut`` names the sections of which something was left out for other mistakes; what can be said only
    of a whole section is not said of them.
    """
    doubts: list[Doubt] = []
    stages = None if "stages" in cut else reachable_stages(playbook)
    for path, condition, known_at in conditions_of(playbook):
        for below, leaf in conditions.leaves(condition):
            doubts += check_leaf((*path, *below), leaf, known_at, stages, names)
    for section_check in sections.SECTION_CHECKS:
        doubts += section_check(playbook, names)
    for section, whole_check in sections.WHOLE_CHECKS:
        if not cut & set(section):
            doubts += whole_check(playbook)
    return doubts


def conditions_of(playbook: Playbook) -> Iterator[tuple[Path, Condition, Step]]:
    """Yield each condition over leads, its path, and the first step whose results it may not read."""
    for section, items, known_at in (
        (("fit", "rules"), playbook.fit.rules, Step.FIT),
        (("disqualify",), playbook.disqualify, Step.DECISION),
        (("segments",), playbook.segments, Step.SEGMENT),
        (("paths",), playbook.paths, Step.DECISION),
        (("triggers",), playbook.triggers, Step.DECISION),
        (("exits",), playbook.exits, Step.DECISION),
    ):
        yield from (((*section, index, "when"), item.when, known_at) for index, item in enumerate(items))  # type: ignore[attr-defined]
    for name in ("internal_alignment", "re_engagement"):
        rule = getattr(playbook.stages, name)
        if rule is not None:
            yield ("stages", name, "when"), rule.when, Step.STAGE
    yield ("timing", "now"), playbook.timing.now, Step.TIMING


def check_leaf(
    path: Path, leaf: Leaf, known_at: Step, stages: set[str] | None, names: Names
) -> Iterator[Doubt]:
    """Check that a leaf asks for what is there, and known by then."""
    field = conditions.find_field(leaf.field, fields.FIELDS, ())
    if field.kind is Kind.SIGNAL:
        yield from check_signal((*path, "field"), leaf.field.removeprefix(fields.SIGNAL_PREFIX), names)
    if field.known_after >= known_at:
        step = field.known_after.name.lower()
        advice = f"{leaf.field} is made by the step {step}, which comes no earlier than this one."
        expected = "a field that an earlier step has made"
        yield mistake((*path, "field"), "PB306", expected, shown(leaf.field), advice)
    if leaf.op in conditions.LISTED:
        yield from check_list((*path, leaf.op.value), str(leaf.value), names)
    if leaf.field == "segment" and leaf.op is not Op.KNOWN:
        expected = "a segment of this playbook"
        yield from check_references(path, leaf.op.value, leaf.value, names.segments, expected)
    if leaf.field == "stage" and leaf.op is not Op.KNOWN:
        expected = "a stage that this playbook can reach"
        yield from check_references(path, leaf.op.value, leaf.value, stages, expected, doubtful=True)


def check_signal(path: Path, name: str, names: Names) -> Iterator[Doubt]:
    if names.signals is None:
        return
    known = [*sorted(names.signals), *fields.SIGNAL_GROUPS]
    if name not in known:
        yield mistake(path, "PB308", "a signal of this playbook", shown(name), suggestion(name, known))


def check_list(path: Path, name: str, names: Names) -> Iterator[Doubt]:
    if names.lists is None or name in names.lists:
        return
    if names.has_lists:
        advice = suggestion(name, sorted(names.lists))
        yield mistake(path, "PB305", "a list of this playbook", shown(name), advice)
    else:
        advice = f"Write it under `lists`: `{name}: [...]`. Until then it is empty, and the rule never holds."
        yield warning(path, "PB501", "a list of this playbook", shown(name), advice)


def reachable_stages(playbook: Playbook) -> set[str]:
    """Return the stages a lead can come to be in, as playbooks write them."""
    reachable = {stage.value.lower() for stage in playbook.stages.order}
    return reachable | {"re_engagement"} if playbook.stages.re_engagement else reachable
