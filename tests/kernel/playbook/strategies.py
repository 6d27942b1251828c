"""Playbooks of every shape the language allows, for properties that hold for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from coldframe.kernel.playbook import conditions, fields, model
from coldframe.kernel.playbook.conditions import EVERYBODY, Condition, Leaf, Op, Tree
from coldframe.kernel.playbook.fields import Field, Kind, Step
from coldframe.kernel.playbook.units import DAYS, Duration, DurationRange, Rate, Share
from coldframe.kernel.vocabulary import BuyerStage, FitLevel, StakeholderRole

LISTS = ("competitors", "served_countries", "a list: with, odd name")
SIGNALS = ("pricing_page", "reply", "no", "demo_request")
STAGES = tuple(stage for stage in BuyerStage if stage is not BuyerStage.RE_ENGAGEMENT)
SUNSET = Leaf(field="lead.time_since_meaningful_action", op=Op.AT_LEAST, value=Duration(1, "cycle"))

texts = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff", include_characters="\n\t"
    ),
    min_size=1,
    max_size=20,
).filter(str.strip)
words = st.sampled_from(
    [
        "no",
        "yes",
        "1.10",
        "12:30",
        "~",
        "null",
        "0x1f",
        "- a",
        "a: b",
        "#x",
        "'",
        '"',
        "{",
        "&a",
        "*a",
        "!t",
        "?",
        "|",
        "%",
    ]
)
anything = texts | words
handles = st.from_regex(r"\A[a-z][a-z0-9_]{0,12}\Z")
numbers = st.decimals(-1000, 1000, places=3).map(float)
counts = st.integers(1, 60)
durations = st.builds(Duration, counts, st.sampled_from(tuple(DAYS)))
rates = st.builds(Rate, counts, durations)
shares = st.decimals(0, 100, places=2).map(lambda percent: Share(float(f"{percent}") / 100))
ranges = st.tuples(counts, counts, st.sampled_from(tuple(DAYS))).map(
    lambda parts: DurationRange(Duration(min(parts[:2]), parts[2]), Duration(max(parts[:2]), parts[2]))
)


def several(
    items: st.SearchStrategy[object], *, least: int = 0, most: int = 3
) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def optional(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


def named(
    cls: type[model.Part], key: str, names: st.SearchStrategy[str], **parts: st.SearchStrategy[object]
) -> st.SearchStrategy[tuple[model.Part, ...]]:
    """Return lists of parts whose names differ."""
    one = st.builds(cls, **{key: names}, **parts)
    return st.lists(one, max_size=3, unique_by=lambda part: getattr(part, key)).map(tuple)


# Conditions


def leaf_value(field: Field, op: Op) -> st.SearchStrategy[object]:
    """Return values that fit a field and a comparison, as the reader makes them."""
    if op in (Op.KNOWN, Op.REACHED) or field.kind is Kind.YES_NO:
        return st.booleans()
    if op is Op.WITHIN or field.kind is Kind.DURATION:
        return durations
    if op is Op.COUNT_AT_LEAST:
        return counts
    if op in conditions.LISTED:
        return st.sampled_from(LISTS)
    if op is Op.BETWEEN:
        return st.tuples(numbers, numbers).map(lambda pair: tuple(sorted(pair)))
    is_number = field.kind is Kind.NUMBER or (field.kind is Kind.CUSTOM and op in conditions.ORDER)
    one = numbers if is_number else st.sampled_from(field.words) if field.words else anything
    if op in (Op.IN, Op.NOT_IN, Op.MENTIONS):
        return several(one, least=1)
    return one | several(one, least=1) if op is Op.CONTAINS else one


@st.composite
def leaves(draw: st.DrawFn, scope: Sequence[Field]) -> Leaf:
    field = draw(st.sampled_from(scope))
    op = draw(st.sampled_from(conditions.OPS[field.kind]))
    may_narrow = op is Op.COUNT_AT_LEAST or (op is Op.AT_LEAST and field.name in conditions.COUNTED_FIELDS)
    within = draw(optional(durations)) if may_narrow else None
    return Leaf(field=field.name, op=op, value=draw(leaf_value(field, op)), within=within)


def conditions_over(scope: Sequence[Field]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        leaves(scope),
        lambda inner: st.builds(Tree, kind=st.sampled_from(conditions.TREE_KINDS), of=several(inner)),
        max_leaves=5,
    )


def policy_scope(before: Step) -> list[Field]:
    """Return the fields that a condition of this step may read, one's own and signals among them."""
    known = [
        field for field in fields.FIELDS.values() if field.known_after < before and field.name != "segment"
    ]
    known.append(Field("lead.custom.total_visits", Kind.CUSTOM, "one's own"))
    if before > Step.INTENT:
        known += [Field(f"signal.{name}", Kind.SIGNAL, "") for name in (*SIGNALS, *fields.SIGNAL_GROUPS)]
    return known


over_facts = conditions_over(policy_scope(Step.FIT))
over_intent = conditions_over(policy_scope(Step.STAGE))
over_stage = conditions_over(policy_scope(Step.TIMING))
over_all = conditions_over(policy_scope(Step.DECISION))
over_events = conditions_over(tuple(fields.EVENT_FIELDS.values()))

# Parts

stages = st.sampled_from(STAGES)
roles = st.sampled_from(StakeholderRole).map(lambda role: role.value.lower())


@st.composite
def signals(draw: st.DrawFn) -> model.Signal:
    points = draw(numbers)
    cap = draw(optional(st.just(round(abs(points) + 1, 3))))
    return draw(
        st.builds(
            model.Signal,
            event=handles.map(lambda name: f"my_{name}"),
            where=optional(over_events),
            points=st.just(points),
            half_life=durations,
            cap=st.just(cap),
            stage=optional(stages),
            hand_raise=st.booleans(),
            high_intent_page=st.booleans(),
        )
    )


@st.composite
def paths(draw: st.DrawFn, segments: tuple[str, ...]) -> tuple[model.Path, ...]:
    """Return paths that differ in name, the last of them for everybody."""
    whom = several(st.sampled_from(segments), most=2) if segments else st.just(())
    cadence = st.builds(model.PathCadence, between=ranges, floor=st.none())
    one = st.builds(
        model.Path,
        name=anything,
        segments=whom,
        when=over_all,
        goals=st.dictionaries(st.sampled_from(BuyerStage), anything, max_size=2),
        pool=st.builds(
            model.Pool,
            stages=several(stages),
            kinds=several(handles),
            roles=several(roles),
            problems=several(anything),
        ),
        cadence=optional(cadence),
        at_most=optional(st.builds(model.PathLimit, first=rates, then=optional(rates))),
        asks=st.sampled_from([None, "one question per touch"]),
    )
    found = draw(st.lists(one, min_size=1, max_size=3, unique_by=lambda path: path.name))
    return (*found[:-1], found[-1].model_copy(update={"when": EVERYBODY, "segments": ()}))


@st.composite
def sales(draw: st.DrawFn, path_names: tuple[str, ...]) -> model.Sales:
    rule = st.builds(
        model.VerdictRule,
        back_to=st.sampled_from([None, "nurture"]),
        wait=optional(durations),
        path=optional(st.sampled_from(path_names)),
    )
    answers = st.sampled_from(["not_now", "needs_education", "wrong_person", "not_a_fit"])
    return draw(
        st.builds(
            model.Sales,
            capacity=st.builds(model.Capacity, per_rep=rates, team=rates),
            cool_off=durations,
            verdicts=st.dictionaries(answers, rule, max_size=2),
            lapsed=st.builds(model.Lapsed, escalate_to=anything),
        )
    )


whom = st.one_of(
    st.builds(model.TemplateFor, assets=st.just(("all",)), kinds=several(handles), stages=several(stages)),
    st.builds(model.TemplateFor, stages=several(stages, least=1)),
    st.just(model.TemplateFor(questions=("all",))),
    st.just(model.TemplateFor(follow_ups=True)),
)
#: Texts of several lines, blank ones and indented ones among them.
letters = st.lists(anything | st.sampled_from(["", "  a", "- b", "# c", "{{ lead.city }}", "> d"]), min_size=1, max_size=5).map(
    "\n".join
).filter(str.strip)  # fmt: skip
variants = st.builds(
    model.Variant,
    roles=several(roles, least=1),
    industries=several(anything),
    problems=several(anything),
    languages=several(anything),
    subject=optional(anything),
    body=optional(letters),
)


@st.composite
def playbooks(draw: st.DrawFn) -> model.Playbook:
    """Return playbooks that pass every check."""
    fair, good, best = sorted(draw(st.lists(st.integers(1, 100), min_size=3, max_size=3, unique=True)))
    low, medium, high = sorted(draw(st.lists(st.integers(1, 500), min_size=3, max_size=3, unique=True)))
    segments = draw(named(model.Segment, "name", anything, when=conditions_over(policy_scope(Step.SEGMENT))))
    chosen = draw(paths(tuple(segment.name for segment in segments)))
    reference = st.sampled_from(
        [
            model.DateSource(field="verdict.until"),
            model.DateSource(field="account.renewal_on", before=Duration(180, "day")),
        ]
    )
    return model.Playbook(
        name=draw(anything),
        about=draw(optional(anything)),
        cycle=draw(durations),
        offers=draw(st.dictionaries(anything, st.builds(model.Offer, complexity=st.sampled_from([None, "low", "high"]), cycle=optional(durations)), max_size=2)),
        lists={name: draw(several(anything)) for name in LISTS},
        calendar=draw(st.sampled_from([model.Calendar(), model.Calendar(working_hours="Sun-Thu 9:00-24:00", holidays=("2026-12-24",))])),
        fit=model.Fit(
            levels=model.FitLevels(A=best, B=good, C=fair),
            poor_below=draw(st.sampled_from(FitLevel)),
            rules=draw(named(model.FitRule, "name", anything, when=over_facts, points=numbers)),
        ),
        disqualify=draw(named(model.Disqualification, "reason", handles, when=over_all)),
        signals={name: draw(signals()) for name in SIGNALS},
        intent=model.Intent(
            levels=model.IntentLevels(low=low, medium=medium, high=high),
            account=draw(st.builds(model.AccountIntent, counts=shares, surge=st.builds(model.Surge, stakeholders=counts, within=durations))),
        ),
        stages=model.Stages(
            needs=draw(st.integers(1, 50)),
            order=tuple(draw(st.permutations(STAGES))),
            re_engagement=draw(optional(st.builds(model.StageRule, when=over_intent))),
        ),
        timing=model.Timing(now=draw(over_stage), later=model.Later(date_from=draw(several(reference)))),
        completeness=model.Completeness(
            sales_needs=draw(st.lists(st.sampled_from(["lead.role", "account.industry", "lead.custom.x"]), unique=True).map(tuple)),
            questions=draw(st.dictionaries(st.sampled_from(["lead.role", "lead.offer"]), st.builds(model.Question, ask=anything, options=several(anything)), max_size=2)),
        ),
        segments=segments,
        assets=draw(
            named(
                model.Asset, "key", anything, title=anything, kind=handles, stage=st.sampled_from(BuyerStage), answers=anything,
                problems=several(anything), roles=several(roles), segments=st.just(()), url=st.just("https://example.com/a?b=c&d=#e"),
            )
        ),
        tracking=draw(st.builds(model.Tracking, links=st.booleans(), plain_links_in=several(st.sampled_from(["DE", "NO"])), visits=st.booleans(), pixel=st.sampled_from(["no", "day", "time"]))),
        letter=draw(st.builds(model.Letter, greeting=optional(anything), signature=optional(letters))),
        templates=draw(named(model.Template, "name", anything, for_=whom, subject=anything, value=anything, preheader=optional(anything), body=letters, variants=several(variants))),
        paths=chosen,
        cadence=draw(st.sampled_from([model.Cadence(), model.Cadence(at_most=(Rate(2, Duration(1, "week")),), floor=Duration(60, "day"))])),
        triggers=draw(named(model.Trigger, "name", anything, when=over_all, answer_within=optional(durations), to=st.sampled_from(["sales_review", "re_engaged"])))
        or (model.Trigger(name="Hand raise", when=Leaf(field="signal.hand_raise", op=Op.WITHIN, value=Duration(2, "day"))),),
        exits=(
            *draw(named(model.Exit, "reason", handles.map(lambda name: f"my_{name}"), when=over_all, look_again_in=optional(durations))),
            model.Exit(reason="sunset", when=SUNSET, look_again_in=Duration(365, "day")),
        ),
        sales=draw(sales(tuple(path.name for path in chosen))),
        experiment=model.Experiment(holdout=draw(shares)),
    )  # fmt: skip
