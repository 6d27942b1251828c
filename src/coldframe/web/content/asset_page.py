"""A content: what it answers and for whom, who had it and what they did, what came after it, who gets it next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.activity.engagement import Engagement
from coldframe.kernel.planning import catalog
from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Asset, Playbook
from coldframe.kernel.vocabulary import TouchState
from coldframe.library import queries
from coldframe.nurture import listing, remembering, words
from coldframe.reports import content_effects, content_use, outlooks
from coldframe.reports import paths as path_reports
from coldframe.web import wording
from coldframe.web.content import links
from coldframe.web.content.lines import AssetLine, asset_line
from coldframe.web.pages import parts

#: What is heard of a mail after it left, in this order: kind, filter that finds the leads.
HEARD = (("UNSUBSCRIBED", "left_after"), ("COMPLAINED", "complained"), ("HARD_BOUNCED", "bounced"))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number with what it counts; without a way where nobody is behind it."""

    label: str
    number: parts.Link
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many leads of so many, with an interval, and beside it the same of all contents of the stage."""

    label: str
    #: In whole percent; empty where there is nothing to be a share of.
    percent: str
    number: parts.Link
    of: str
    interval: str
    beside: str
    #: Width of the bar, 0 to 100.
    width: int


@dataclass(frozen=True, kw_only=True)
class PathLine:
    """A path whose pool holds the content."""

    name: str
    href: str
    number: parts.Link


@dataclass(frozen=True, kw_only=True)
class ReaderLine:
    """A lead that gets the content next."""

    name: str
    href: str
    company: str
    why: str
    when: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class AssetPage:
    """One content."""

    frame: parts.Frame
    content_key: str
    asset: AssetLine
    window_title: str
    sentence: str
    #: Where it can be read; empty for a question.
    url: str
    edit: str
    paths: tuple[PathLine, ...]
    figures: tuple[Figure, ...]
    clicks: tuple[Figure, ...]
    opens: int
    effects: tuple[Share, ...]
    effects_note: str
    within_days: int
    readers: tuple[ReaderLine, ...]
    on_its_way: parts.Link
    coming: parts.Link
    preview: str


def build(content_key: str, *, may_edit: bool, now: datetime) -> AssetPage:
    """Return the page. Raises ``NoActivePlaybook`` and ``NoSuchContent``."""
    active = queries.get_active_playbook()
    playbook = active.playbook
    queries.check_content_key(playbook, content_key)
    asset, line = templates.find_asset(playbook, content_key), asset_line(content_key, playbook)
    remembering.begin_all(
        lambda: content_use.find(content_key),
        lambda: content_effects.remembered(content_key, active=active, as_of=now),
        lambda: content_effects.of_stage(asset.stage, active=active, as_of=now) if asset else None,
        lambda: content_use.count_found(content_key, active),
        lambda: path_reports.load(as_of=now),
        outlooks.load,
    )
    use = content_use.find(content_key)
    effects = content_effects.remembered(content_key, active=active, as_of=now)
    beside = content_effects.of_stage(asset.stage, active=active, as_of=now) if asset else None
    return AssetPage(
        frame=parts.build_frame(section="content", now=now),
        content_key=content_key,
        asset=line,
        window_title=wording.without_marks(line.title),
        sentence=sentence(use, has_template=bool(line.template)),
        url=asset.url if asset else "",
        edit=links.edit(content_key) if may_edit else "",
        paths=path_lines(asset, playbook, now=now),
        figures=figures(content_key, use, active),
        clicks=clicks(content_key, use.clicks, use.clicked_count),
        opens=use.clicks.opens,
        effects=shares(content_key, effects, beside),
        effects_note=effects_note(effects),
        within_days=content_effects.WITHIN.days,
        readers=readers_of(content_key, now=now),
        on_its_way=links.leads(use.by_state.get(TouchState.PLANNED, 0), getting=content_key),
        coming=links.leads(outlooks.count_held_with(content_key), coming=content_key),
        preview=reverse("web:preview", args=[content_key]),
    )


def sentence(use: content_use.Use, *, has_template: bool) -> str:
    """Return the answer of the page in one sentence."""
    if use.sent_count:
        replied = use.feedback.get("REPLIED", 0)
        return ngettext(
            "%(count)s lead has been sent it; %(clicked)s clicked, %(replied)s replied.",
            "%(count)s leads have been sent it; %(clicked)s clicked, %(replied)s replied.",
            use.sent_count,
        ) % {
            "count": wording.number(use.sent_count),
            "clicked": wording.number(use.clicked_count),
            "replied": wording.number(replied),
        }
    if not has_template:
        return _("It is never sent, for no template is for it.")
    return _("Nobody has been sent it yet.")


def path_lines(asset: Asset | None, playbook: Playbook, *, now: datetime) -> tuple[PathLine, ...]:
    """Return the paths that draw on an asset, with how many leads are on each; a question has none of its own."""
    if asset is None:
        drawing = [path for path in playbook.paths if path.asks]
    else:
        drawing = [path for path in playbook.paths if catalog.in_pool(asset, path)]
    use = path_reports.load(as_of=now) if drawing else {}
    return tuple(
        PathLine(
            name=path.name,
            href=reverse("web:path", args=[path.name]),
            number=links.leads(use[path.name].count if path.name in use else 0, on=path.name),
        )
        for path in drawing
    )


def figures(content_key: str, use: content_use.Use, active: queries.ActivePlaybook) -> tuple[Figure, ...]:
    """Return who had it, and how."""
    ways = ", ".join(
        f"{wording.number(count)} {words.CHANNELS.get(channel, channel)}" for channel, count in use.by_channel.items()
    )  # fmt: skip
    found = [Figure(label=_("Sent"), number=links.number(use.sent_count, had=content_key), note=ways)]
    if content_use.shapes_of(content_key, active.playbook):
        count = content_use.count_found(content_key, active)
        note = _("people alone, without having been sent it")
        found.append(
            Figure(label=_("Found by themselves"), number=links.number(count, found=content_key), note=note)
        )
    replied = use.feedback.get("REPLIED", 0)
    found.append(Figure(label=_("Replied"), number=links.number(replied, replied=content_key)))
    for kind, name in HEARD:
        if count := use.feedback.get(kind, 0):
            found.append(Figure(label=heard(kind), number=links.number(count, **{name: content_key})))
    undone = (
        (TouchState.FAILED, "undelivered", _("Could not be delivered")),
        (TouchState.UNCERTAIN, "uncertain", _("Uncertain")),
    )
    for state, name, label in undone:
        if count := use.by_state.get(state, 0):
            found.append(Figure(label=label, number=links.number(count, **{name: content_key})))
    return tuple(found)


def heard(kind: str) -> str:
    """Return what was heard of a mail in words."""
    said = {
        "UNSUBSCRIBED": _("Unsubscribed"),
        "COMPLAINED": _("Complained of spam"),
        "HARD_BOUNCED": _("Address dead"),
    }
    return said[kind]


def clicks(content_key: str, seen: Engagement, people: int) -> tuple[Figure, ...]:
    """Return the clicks by who stands behind them; those of people lead to the people."""
    times = ngettext("%(count)s click", "%(count)s clicks", seen.human) % {
        "count": wording.number(seen.human)
    }
    return (
        Figure(
            label=_("People"), number=links.number(people, clicked=content_key), note=times if people else ""
        ),
        Figure(
            label=_("Not known who"), number=parts.Link(label=wording.number(seen.unsure), href=""), note=_("decides nothing")
        ),
        Figure(
            label=_("Machines"), number=parts.Link(label=wording.number(seen.machine), href=""), note=_("counts for nothing")
        ),
    )  # fmt: skip


def shares(
    content_key: str, effects: content_effects.Effects, beside: content_effects.Effects | None
) -> tuple[Share, ...]:
    """Return what came after it, as shares; none where nobody's days are over."""
    if not effects.forward.of:
        return ()
    return (
        share(_("A stage further"), effects.forward, beside.forward if beside else None, forward=content_key),
        share(_("Put before sales"), effects.handed, beside.handed if beside else None, handed=content_key),
    )


def share(
    label: str, seen: content_effects.Share, beside: content_effects.Share | None, **filters: str
) -> Share:
    """Return one share in words."""
    low, high = seen.interval
    return Share(
        label=label,
        percent=wording.percent(seen.count / seen.of),
        number=links.number(seen.count, **filters),
        of=wording.number(seen.of),
        interval=_("%(low)s to %(high)s") % {"low": wording.percent(low), "high": wording.percent(high)},
        beside=_("%(share)s for all contents of its stage")
        % {"share": wording.percent(beside.count / beside.of)}
        if beside and beside.of > seen.of
        else "",
        width=round(100 * seen.count / seen.of),
    )


def effects_note(effects: content_effects.Effects) -> str:
    """Return what the shares leave out."""
    said = []
    if effects.too_early_count:
        said.append(
            ngettext(
                "%(count)s lead got it less than %(days)s days ago and is not counted yet.",
                "%(count)s leads got it less than %(days)s days ago and are not counted yet.",
                effects.too_early_count,
            )
            % {"count": wording.number(effects.too_early_count), "days": content_effects.WITHIN.days}
        )
    if effects.is_cut:
        said.append(
            _("Counted over the latest %(count)s.") % {"count": wording.number(content_effects.LOOKED_AT)}
        )
    return " ".join(said)


def readers_of(content_key: str, *, now: datetime) -> tuple[ReaderLine, ...]:
    """Return who gets it next: to whom it is on its way, then who would get it once what holds it back is over."""
    found = [on_its_way(each, now=now) for each in content_use.list_next(content_key)]
    room = content_use.SHOWN - len(found)
    if room <= 0:
        return tuple(found)
    held = outlooks.held_with(content_key).head(room)
    rows = {row.id: row for row in listing.rows(listing.leads().filter(pk__in=held["lead_id"].to_list()))}
    return (*found, *(held_line(rows[key], reason, at, now=now) for key, reason, at in held.select("lead_id", "reason", "at").iter_rows() if key in rows))  # fmt: skip


def on_its_way(reader: content_use.Reader, *, now: datetime) -> ReaderLine:
    """Return a lead to whom it is on its way."""
    return ReaderLine(
        name=wording.person(first_name=reader.first_name, last_name=reader.last_name, email=reader.email),
        href=reverse("web:lead", args=[reader.public_id]),
        company=reader.company or "",
        why=_("On its way"),
        when=parts.instant(reader.planned_for, now=now),
    )


def held_line(row: listing.LeadRow, reason: str, at: datetime | None, *, now: datetime) -> ReaderLine:
    """Return a lead that would get it next, and what holds it back."""
    return ReaderLine(
        name=wording.person(first_name=row.first_name, last_name=row.last_name, email=row.email),
        href=reverse("web:lead", args=[row.public_id]),
        company=row.company or "",
        why=words.HOLDS.get(reason, wording.plain(reason.lower())),
        when=parts.maybe_instant(at, now=now),
    )
