"""The sections of a playbook in words: one card each, every rule with how many leads it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.assessment import wording as kernel
from coldframe.kernel.playbook import printing
from coldframe.kernel.playbook.conditions import Condition
from coldframe.kernel.playbook.model import Path, Playbook, Signal, Trigger
from coldframe.kernel.playbook.sections import takes_everybody
from coldframe.reports import standing_counts
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import words


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rule, signal, path or figure."""

    name: str
    says: str = ""
    facts: tuple[str, ...] = ()
    leads: parts.Link | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One section."""

    key: str
    title: str
    icon: str
    about: str
    rows: tuple[Row, ...] = ()
    chips: tuple[parts.Link, ...] = ()
    #: What is shown of the rows until somebody asks for all.
    is_long: bool = False
    links: tuple[parts.Link, ...] = ()


@dataclass(frozen=True)
class Setting:
    """A version, and the counts of the leads that stand under it; no counts: it is not the one that decides."""

    playbook: Playbook
    counts: standing_counts.Counts = field(default_factory=dict)

    def leads(self, column: str, value: str, filter_name: str = "") -> parts.Link | None:
        """Return how many leads stand under a value, as the way to them."""
        if not self.counts:
            return None
        count = self.counts[column][value]
        label = ngettext("%(count)s lead", "%(count)s leads", count) % {"count": wording.number(count)}
        return parts.Link(label=label, href=parts.leads_url(**{filter_name or column: value}))


#: A card with more rows shows the first and folds the rest away.
MOST_ROWS = 8


def fit(setting: Setting) -> Card:
    levels = setting.playbook.fit.levels
    return Card(
        key="fit",
        title=_("Ideal profile"),
        icon="target",
        about=_(
            "A from %(a)s points, B from %(b)s, C from %(c)s, below that D. Below %(poor)s a lead is a poor fit."
        )
        % {
            "a": kernel.number(levels.A),
            "b": kernel.number(levels.B),
            "c": kernel.number(levels.C),
            "poor": setting.playbook.fit.poor_below.value,
        },
        chips=level_chips(setting, "fit_level", "fit", wording.FITS),
        rows=tuple(
            Row(name=rule.name, says=words.clause(rule.when), facts=(points(rule.points),))
            for rule in setting.playbook.fit.rules
        ),
        links=(form_link("levels"),),
    )


def level_chips(
    setting: Setting, column: str, filter_name: str, labels: Mapping[str, str]
) -> tuple[parts.Link, ...]:
    """Return each level with its leads."""
    if not setting.counts:
        return ()
    return tuple(
        parts.Link(
            label=str(label),
            count=wording.number(setting.counts[column][value]),
            href=parts.leads_url(**{filter_name: value}),
        )
        for value, label in labels.items()
    )


def points(value: float) -> str:
    """Return points with their sign: ``+15 points``."""
    return _("%(points)s points") % {"points": f"{value:+.10g}".replace("-", "\u2212")}


def intent(setting: Setting) -> Card:
    found = setting.playbook.intent
    low, medium, high = (kernel.number(getattr(found.levels, name)) for name in ("low", "medium", "high"))
    return Card(
        key="intent",
        title=_("Intent and signals"),
        icon="activity",
        about=_(
            "Low from %(low)s points, medium from %(medium)s, high from %(high)s. What colleagues did counts %(share)s; "
            "%(people)s people within %(time)s are a surge."
        )
        % {
            "low": low,
            "medium": medium,
            "high": high,
            "share": found.account.counts,
            "people": found.account.surge.stakeholders,
            "time": found.account.surge.within,
        },
        chips=level_chips(setting, "intent_level", "intent", wording.INTENTS),
        rows=tuple(signal_row(name, signal) for name, signal in setting.playbook.signals.items()),
        is_long=len(setting.playbook.signals) > MOST_ROWS,
        links=(form_link("signals"),),
    )


def signal_row(name: str, signal: Signal) -> Row:
    """Return one signal: what event, what it is worth, how fast that fades."""
    event = kernel.EVENT_NOUNS.get(signal.event, kernel.spaced(signal.event))
    told = [
        points(signal.points),
        _("half after %(time)s") % {"time": words.after(signal.half_life)},
        _("at most %(cap)s") % {"cap": kernel.number(signal.cap)} if signal.cap else "",
        _("asks for sales") if signal.hand_raise else "",
        _("page of high intent") if signal.high_intent_page else "",
        wording.plain(printing.plain(signal.stage)) if signal.stage else "",
    ]
    says = f"{event}, {words.clause(signal.where)}" if signal.where else event
    return Row(name=wording.plain(name), says=says, facts=tuple(filter(None, told)))


def stages(setting: Setting) -> Card:
    found = setting.playbook.stages
    rules = (("internal_alignment", found.internal_alignment), ("re_engagement", found.re_engagement))
    return Card(
        key="stages",
        title=_("Buyer stages"),
        icon="stairs",
        about=_("The furthest stage with %(points)s points of fresh evidence.")
        % {"points": kernel.number(found.needs)},
        chips=level_chips(setting, "stage", "stage", wording.STAGES),
        rows=tuple(
            Row(name=str(wording.STAGES[name.upper()]), says=words.clause(rule.when))
            for name, rule in rules
            if rule
        ),
    )


def timing(setting: Setting) -> Card:
    found, needs = setting.playbook.timing, setting.playbook.completeness
    return Card(
        key="timing",
        title=_("Timing and what sales needs to know"),
        icon="calendar-event",
        about=_("One question at a time is asked: the one whose answer would change most."),
        rows=(
            Row(name=_("Now"), says=words.clause(found.now)),
            Row(
                name=_("Later"),
                says=", ".join(map(str, printing.plain(found.later.date_from))).replace("_", " ")
                or wording.DASH,
            ),
            Row(name=_("Sales needs"), says=", ".join(wording.field(each) for each in needs.sales_needs)),
            *(
                Row(name=wording.field(name), says=each.ask, facts=each.options)
                for name, each in needs.questions.items()
            ),
        ),
        links=(form_link("questions"),),
    )


def segments(setting: Setting) -> Card:
    return Card(
        key="segments",
        title=_("Segments"),
        icon="users-group",
        about=_("The first that holds is a lead’s primary segment."),
        rows=tuple(
            Row(name=each.name, says=everybody(each.when), leads=setting.leads("segment", each.name))
            for each in setting.playbook.segments
        ),
    )


def everybody(condition: Condition) -> str:
    """Return a condition in words; one that always holds is for everybody left."""
    return _("everybody left") if takes_everybody(condition) else words.clause(condition)


def triggers(setting: Setting) -> Card:
    return Card(
        key="triggers",
        title=_("To sales"),
        icon="arrow-up-right",
        about=_("In order; the first that holds is the reason that sales reads."),
        rows=tuple(trigger_row(setting, each) for each in setting.playbook.triggers),
        links=(form_link("triggers"),),
    )


def trigger_row(setting: Setting, trigger: Trigger) -> Row:
    told = [
        _("answer within %(time)s") % {"time": words.after(trigger.answer_within)}
        if trigger.answer_within
        else "",
        _("never waits for room") if trigger.passes_capacity else "",
        _("re-engaged first") if trigger.to == "re_engaged" else "",
    ]
    return Row(
        name=trigger.name,
        says=words.clause(trigger.when),
        facts=tuple(filter(None, told)),
        leads=setting.leads("reason", f"trigger:{trigger.name}"),
    )


def paths(setting: Setting) -> Card:
    return Card(
        key="paths",
        title=_("Paths"),
        icon="route",
        about=_("In order; a lead is on the first whose condition holds."),
        rows=tuple(path_row(setting, each) for each in setting.playbook.paths),
        links=(form_link("cadence"),),
    )


def path_row(setting: Setting, path: Path) -> Row:
    says = everybody(path.when)
    if path.segments:
        among = _("in %(segments)s") % {"segments": ", ".join(path.segments)}
        says = among if takes_everybody(path.when) else f"{among}; {says}"
    told = [
        _("a touch every %(time)s") % {"time": words.quantity(path.cadence.between)}
        if path.cadence and path.cadence.between
        else "",
        _("nobody waits longer than %(time)s") % {"time": words.quantity(path.cadence.floor)}
        if path.cadence and path.cadence.floor
        else "",
        words.quantity(path.at_most) if path.at_most else "",
        _("asks one question a touch") if path.asks else "",
    ]
    return Row(
        name=path.name, says=says, facts=tuple(filter(None, told)), leads=setting.leads("path", path.name)
    )


def letting_go(setting: Setting) -> Card:
    playbook = setting.playbook
    return Card(
        key="disqualify",
        title=_("Let go at once"),
        icon="ban",
        about=_("In this order; the first that holds gives the reason."),
        rows=tuple(
            Row(
                name=wording.plain(each.reason),
                says=words.clause(each.when),
                leads=setting.leads("reason", f"disqualify:{each.reason}"),
            )
            for each in playbook.disqualify
        ),
    )


def exits(setting: Setting) -> Card:
    return Card(
        key="exits",
        title=_("Out of nurture"),
        icon="door-exit",
        about=_("Besides going to sales and being let go."),
        rows=tuple(
            Row(
                name=wording.plain(each.reason),
                says=words.clause(each.when),
                facts=(_("look again in %(time)s") % {"time": words.after(each.look_again_in)},)
                if each.look_again_in
                else (),
                leads=setting.leads("reason", f"exit:{each.reason}"),
            )
            for each in setting.playbook.exits
        ),
    )


def limits(setting: Setting) -> Card:
    cadence, sales = setting.playbook.cadence, setting.playbook.sales
    verdicts = [
        Row(
            name=wording.sentence(str(wording.VERDICT_ANSWERS.get(name.upper(), name))),
            says=words.value_of_part(rule),
        )
        for name, rule in sales.verdicts.items()
    ]
    return Card(
        key="limits",
        title=_("Cadence, capacity and the experiment"),
        icon="adjustments",
        about=_(
            "Ceilings bind over all paths and channels; hand raises count against the room at sales and never wait."
        ),
        rows=(
            Row(name=_("At most"), says=", ".join(map(words.quantity, cadence.at_most)) or wording.DASH),
            Row(name=_("Colleagues of one account"), says=words.quantity(cadence.per_account)),
            Row(name=_("Nobody waits longer than"), says=words.quantity(cadence.floor)),
            Row(name=_("Working hours"), says=setting.playbook.calendar.working_hours),
            Row(
                name=_("Sales takes"),
                says=_("%(rep)s for each rep, %(team)s for the team")
                % {
                    "rep": words.quantity(sales.capacity.per_rep),
                    "team": words.quantity(sales.capacity.team),
                },
            ),
            Row(name=_("Not to the same rep again for"), says=words.quantity(sales.cool_off)),
            Row(
                name=_("Held out"),
                says=_("%(share)s of accounts, to measure what nurture causes")
                % {"share": setting.playbook.experiment.holdout},
            ),
            *verdicts,
        ),
        links=(form_link("capacity"),),
    )


def content(setting: Setting) -> Card:
    playbook = setting.playbook
    assets = ngettext("%(count)d asset", "%(count)d assets", len(playbook.assets)) % {
        "count": len(playbook.assets)
    }
    return Card(
        key="content",
        title=_("Content"),
        icon="puzzle",
        about=_("%(assets)s, with the words of %(templates)d templates.")
        % {"assets": assets, "templates": len(playbook.templates)},
        rows=tuple(stage_rows(playbook)),
        links=(parts.Link(label=_("The content map"), href=reverse("web:content")), form_link("assets")),
    )


def stage_rows(playbook: Playbook) -> Iterable[Row]:
    for stage, label in wording.STAGES.items():
        titles = [asset.title for asset in playbook.assets if asset.stage.value == stage]
        yield Row(name=str(label), says=", ".join(titles) or _("nothing to read"))


def form_link(key: str) -> parts.Link:
    """Return the way to the form of a section."""
    return parts.Link(label=_("Change"), href=f"{reverse('web:playbook-forms')}#{key}")


CARDS = (fit, intent, stages, timing, segments, triggers, paths, letting_go, exits, limits, content)
