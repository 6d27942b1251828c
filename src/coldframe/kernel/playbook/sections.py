"""What no type can say of a section: orders that must hold, and ways out that must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from coldframe.kernel.playbook import conditions, fields, texts
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.doubts import Doubt, Names, Path, check_references, mistake, warning
from coldframe.kernel.playbook.fields import Kind, Step
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.problems import shown, suggestion
from coldframe.kernel.playbook.scalars import FROM_ASSET
from coldframe.kernel.playbook.units import Duration, Rate
from coldframe.kernel.vocabulary import PASSIVE_EVENT_KINDS, BuyerStage

#: Rules of a kind become the bits of one signed 64-bit number, with room to spare.
MOST_RULES = 62

# Sections, item by item


def check_signals(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    for name, signal in playbook.signals.items():
        path: Path = ("signals", name)
        if name in fields.SIGNAL_GROUPS:
            yield mistake(
                path,
                "PB401",
                "a name that is no group of signals",
                shown(name),
                f"signal.{name} means every signal with that mark.",
            )
        if signal.event in PASSIVE_EVENT_KINDS:
            advice = "What was done to the lead, or by a machine for it, shows no intent. Count clicks, replies and visits instead."
            yield mistake(
                (*path, "event"), "PB409", "something that the lead did", shown(signal.event), advice
            )
        close = suggestion(signal.event, fields.EVENT_KINDS, limit=0)
        if signal.event not in fields.EVENT_KINDS and signal.event not in PASSIVE_EVENT_KINDS and close:
            yield warning(
                (*path, "event"), "PB503", "a kind of event that is known", shown(signal.event), close
            )
        if signal.cap is not None and signal.cap < signal.points:
            advice = (
                f"Once must fit below the most: write `cap: {signal.points:.10g}` or more, or fewer points."
            )
            yield mistake(
                (*path, "cap"),
                "PB404",
                f"at least the points, {signal.points:.10g}",
                f"{signal.cap:.10g}",
                advice,
            )
        if isinstance(signal.stage, BuyerStage) and signal.stage not in playbook.stages.order:
            known = [stage.value.lower() for stage in playbook.stages.order]
            yield mistake(
                (*path, "stage"),
                "PB410",
                "a stage under `stages.order`",
                shown(signal.stage.value.lower()),
                suggestion("", known),
            )
        if signal.stage == FROM_ASSET and not playbook.assets:
            yield warning(
                (*path, "stage"), "PB504", "assets to take the stage from", "none", "Fill `assets`."
            )


def check_levels(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    best, good, fair = playbook.fit.levels.A, playbook.fit.levels.B, playbook.fit.levels.C
    if not 100 >= best > good > fair > 0:
        got = f"A: {best:.10g}, B: {good:.10g}, C: {fair:.10g}"
        yield mistake(
            ("fit", "levels"),
            "PB402",
            "levels that descend, within 100 and above 0",
            got,
            "Such as {A: 80, B: 60, C: 40}.",
        )
    levels = playbook.intent.levels
    if not levels.high > levels.medium > levels.low > 0:
        got = f"low: {levels.low:.10g}, medium: {levels.medium:.10g}, high: {levels.high:.10g}"
        yield mistake(
            ("intent", "levels"),
            "PB403",
            "levels that ascend, above 0",
            got,
            "Such as {low: 10, medium: 30, high: 60}.",
        )


def check_unique(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    named: list[tuple[Path, str | None, list[str]]] = [
        (("fit", "rules"), "name", [rule.name for rule in playbook.fit.rules]),
        (("disqualify",), "reason", [rule.reason for rule in playbook.disqualify]),
        (("segments",), "name", [segment.name for segment in playbook.segments]),
        (("assets",), "key", [asset.key for asset in playbook.assets]),
        (("templates",), "name", [template.name for template in playbook.templates]),
        (("paths",), "name", [path.name for path in playbook.paths]),
        (("triggers",), "name", [trigger.name for trigger in playbook.triggers]),
        (("exits",), "reason", [exit_.reason for exit_ in playbook.exits]),
        (("stages", "order"), None, [stage.value.lower() for stage in playbook.stages.order]),
        (("completeness", "sales_needs"), None, list(playbook.completeness.sales_needs)),
    ]
    for section, key, found in named:
        for index, name in repeats(found):
            path: Path = (*section, index, key) if key else (*section, index)
            yield mistake(
                path,
                "PB401",
                "each name once",
                f"{shown(name)} a second time",
                "Explanations and figures tell them apart by name.",
            )


def repeats(names: list[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def check_counts(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    for path, count in (
        (("fit", "rules"), len(playbook.fit.rules)),
        (("disqualify",), len(playbook.disqualify)),
        (("triggers",), len(playbook.triggers)),
        (("exits",), len(playbook.exits)),
        (("completeness", "sales_needs"), len(playbook.completeness.sales_needs)),
    ):
        if count > MOST_RULES:
            yield mistake(
                path,
                "PB411",
                f"at most {MOST_RULES} entries",
                str(count),
                "Join some with `any`, or use a list.",
            )


def check_dates(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    known = [
        name
        for name, field in fields.FIELDS.items()
        if field.kind is Kind.DATE and field.known_after < Step.TIMING
    ]
    for index, date_source in enumerate(playbook.timing.later.date_from):
        is_own = any(date_source.field.startswith(prefix) for prefix in fields.CUSTOM_PREFIXES)
        if date_source.field not in known and not is_own:
            path: Path = ("timing", "later", "date_from", index)
            yield mistake(
                path, "PB301", "a date field", shown(date_source.field), suggestion(date_source.field, known)
            )


def check_facts(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    named: list[tuple[Path, str]] = []
    named += [
        (("completeness", "sales_needs", index), name)
        for index, name in enumerate(playbook.completeness.sales_needs)
    ]
    named += [(("completeness", "questions", name), name) for name in playbook.completeness.questions]
    named += [
        (("calendar", "time_zone", "from", index), name)
        for index, name in enumerate(playbook.calendar.time_zone.from_)
    ]
    known = [name for name, field in fields.FIELDS.items() if field.known_after is Step.FACTS]
    for path, name in named:
        own = [name.removeprefix(prefix) for prefix in fields.CUSTOM_PREFIXES if name.startswith(prefix)]
        if name not in known and not (own and conditions.CUSTOM_NAME.match(own[0])):
            advice = suggestion(name, known) or "It must be known before the assessment begins."
            yield mistake(path, "PB301", "a field that holds a fact", shown(name), advice)


def check_path_references(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    for index, path in enumerate(playbook.paths):
        yield from check_references(
            ("paths", index), "segments", path.segments, names.segments, "a segment of this playbook"
        )
    for index, asset in enumerate(playbook.assets):
        yield from check_references(
            ("assets", index), "segments", asset.segments, names.segments, "a segment of this playbook"
        )
    for name, rule in playbook.sales.verdicts.items():
        if rule.path is not None:
            yield from check_references(
                ("sales", "verdicts", name), "path", rule.path, names.paths, "a path of this playbook"
            )


def check_cadence(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    """A floor shorter than what the ceiling allows would promise a contact that may not be made."""
    spacing = max((spaced(rate, playbook) for rate in playbook.cadence.at_most), default=0.0)
    general = playbook.cadence.floor.days()
    if general < spacing:
        yield floor_below(
            ("cadence", "floor"),
            playbook.cadence.floor,
            f"{spacing:.10g} days between contacts under cadence.at_most",
        )
    for index, path in enumerate(playbook.paths):
        if path.cadence is None:
            continue
        place: Path = ("paths", index, "cadence")
        floor, between = path.cadence.floor, path.cadence.between
        if floor is None:
            continue
        if between is not None and floor.days() < between.least.days(cycle=playbook.cycle):
            yield floor_below((*place, "floor"), floor, f"{between.least} of `between`")
        elif floor.days() < spacing:
            yield floor_below(
                (*place, "floor"), floor, f"{spacing:.10g} days between contacts under cadence.at_most"
            )


def floor_below(path: Path, floor: Duration, ceiling: str) -> Doubt:
    return mistake(
        path,
        "PB405",
        f"a floor not below the {ceiling}",
        str(floor),
        "Nobody can be promised contact sooner than it is allowed.",
    )


def spaced(rate: Rate, playbook: Playbook) -> float:
    """Return the days that a rate leaves between contacts on average."""
    return rate.per.days(cycle=playbook.cycle) / rate.count


# Sections as a whole


def check_stage_order(playbook: Playbook) -> Iterator[Doubt]:
    expected = [stage for stage in BuyerStage if stage is not BuyerStage.RE_ENGAGEMENT]
    for index, stage in enumerate(playbook.stages.order):
        if stage is BuyerStage.RE_ENGAGEMENT:
            advice = "It is no step forward: it is set by `stages.re_engagement`."
            yield mistake(
                ("stages", "order", index), "PB410", "a stage that lies on the way", "re_engagement", advice
            )
    lacking = [stage.value.lower() for stage in expected if stage not in playbook.stages.order]
    if lacking:
        yield mistake(
            ("stages", "order"),
            "PB410",
            "all five stages on the way",
            f"none named {', '.join(lacking)}",
            "Add what lacks.",
        )


def check_last_path(playbook: Playbook) -> Iterator[Doubt]:
    for index, path in enumerate(playbook.paths[:-1]):
        if takes_everybody(path.when) and not path.segments:
            got = f'"{path.name}", which takes everybody, before others'
            yield warning(
                ("paths", index),
                "PB505",
                "the path that takes everybody left at the end",
                got,
                "No path after it is ever chosen.",
            )
    if not playbook.paths or not takes_everybody(playbook.paths[-1].when) or playbook.paths[-1].segments:
        got = f'"{playbook.paths[-1].name}", which is not for everybody' if playbook.paths else "no path"
        place: Path = ("paths", len(playbook.paths) - 1) if playbook.paths else ("paths",)
        yield mistake(
            place,
            "PB406",
            "a last path that takes everybody left",
            got,
            "End with one that says `for: {all: []}`.",
        )


def takes_everybody(condition: Condition) -> bool:
    """Return whether a condition holds whatever is known: all of nothing, none of nothing, or made of such."""
    if isinstance(condition, Leaf):
        return False
    if condition.kind == "any":
        return any(map(takes_everybody, condition.of))
    return all(map(takes_everybody, condition.of)) if condition.kind == "all" else not condition.of


def check_segments(playbook: Playbook) -> Iterator[Doubt]:
    if not playbook.segments or not takes_everybody(playbook.segments[-1].when):
        yield warning(
            ("segments",),
            "PB506",
            "a last segment that takes everybody left",
            "none",
            "End with one that says `when: {all: []}`.",
        )


def check_ways_out(playbook: Playbook) -> Iterator[Doubt]:
    if not playbook.triggers:
        yield mistake(
            ("triggers",), "PB408", "at least one trigger", "none", "Without one nobody ever comes to sales."
        )
    elif not any(reads(trigger.when, "signal.hand_raise") for trigger in playbook.triggers):
        yield warning(
            ("triggers",),
            "PB507",
            "a trigger on signal.hand_raise",
            "none",
            "Whoever asks for sales would wait like everybody else.",
        )
    if not any(is_sunset(exit_.when) for exit_ in playbook.exits):
        advice = "Add {reason: sunset, when: {field: lead.time_since_meaningful_action, at_least: one cycle}, then: look again in 365 days}."
        yield mistake(("exits",), "PB407", "an exit for those gone quiet for good (sunset)", "none", advice)


def is_sunset(condition: Condition) -> bool:
    """Return whether mere silence makes a condition hold in the end, so that nobody is stored for ever."""
    if isinstance(condition, Leaf):
        return condition.field in fields.SILENCE_FIELDS and condition.op in (Op.AT_LEAST, Op.ABOVE)
    if condition.kind == "any":
        return any(map(is_sunset, condition.of))
    return condition.kind == "all" and bool(condition.of) and all(map(is_sunset, condition.of))


def reads(condition: Condition, field: str) -> bool:
    return any(leaf.field == field for _, leaf in conditions.leaves(condition))


def check_content(playbook: Playbook) -> Iterator[Doubt]:
    """Warn of stages without content, and of paths whose pool is empty."""
    served = {asset.stage for asset in playbook.assets}
    lacking = [stage.value.lower() for stage in BuyerStage if stage not in served]
    if lacking:
        path: Path = ("assets",) if playbook.assets else ()
        yield warning(
            path,
            "PB508",
            "an asset for every stage",
            f"none for {', '.join(lacking)}",
            "Leads in that stage have nothing to read.",
        )
    kinds = {asset.kind for asset in playbook.assets}
    for index, each in enumerate(playbook.paths):
        unknown = [kind for kind in each.pool.kinds if kind not in kinds]
        if each.pool.kinds and len(unknown) == len(each.pool.kinds):
            place: Path = ("paths", index, "pool", "kinds")
            yield warning(
                place,
                "PB509",
                "assets of these kinds",
                f"none of {', '.join(unknown)}",
                "Leads on this path have nothing to read.",
            )


SECTION_CHECKS: tuple[Callable[[Playbook, Names], Iterable[Doubt]], ...] = (
    check_signals,
    check_levels,
    check_unique,
    check_counts,
    check_dates,
    check_facts,
    check_path_references,
    check_cadence,
    texts.check_templates,
)
WHOLE_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Playbook], Iterable[Doubt]]], ...] = (
    (("stages",), check_stage_order),
    (("paths",), check_last_path),
    (("segments",), check_segments),
    (("triggers", "exits"), check_ways_out),
    (("assets", "paths"), check_content),
    (("assets", "completeness", "templates"), texts.check_served),
)
