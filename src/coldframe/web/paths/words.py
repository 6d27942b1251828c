"""A path of the playbook in words: for whom, toward what, from which content, how often."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.assessment import wording as rules
from coldframe.kernel.planning import catalog
from coldframe.kernel.planning.cadence import USUAL
from coldframe.kernel.playbook.conditions import Tree
from coldframe.kernel.playbook.model import Asset, Path, Playbook
from coldframe.nurture import words
from coldframe.web import phrases, wording


def whom(path: Path, playbook: Playbook) -> str:
    """Return for whom a path is; who fits an earlier one is on that."""
    parts = []
    if path.segments:
        parts.append(_("in the segment %(names)s") % {"names": ", ".join(path.segments)})
    if not (isinstance(path.when, Tree) and not path.when.of):
        parts.append(phrases.said(rules.say(path.when)))
    if not parts:
        return _("Everybody who fits no other path")
    return wording.sentence(_(" and ").join(parts))


def goals(path: Path) -> list[tuple[str, str]]:
    """Return the stages with what the path is after there."""
    return [(wording.STAGES.get(stage.value, stage.value), goal) for stage, goal in path.goals.items()]


def cadence(path: Path, playbook: Playbook) -> str:
    """Return how often a lead on the path hears from you."""
    between = (path.cadence and path.cadence.between) or USUAL
    floor = (path.cadence and path.cadence.floor) or playbook.cadence.floor
    said = _("every %(between)s, nobody waits longer than %(floor)s") % {
        "between": phrases.said(str(between)),
        "floor": phrases.said(str(floor)),
    }
    if path.at_most:
        then = (
            _(", then %(rate)s") % {"rate": phrases.said(str(path.at_most.then))} if path.at_most.then else ""
        )
        said += "; " + _("at most %(rate)s") % {"rate": phrases.said(str(path.at_most.first))} + then
    return said


def ways(path: Path) -> str:
    """Return by which ways the path reaches a lead, in order."""
    return ", ".join(str(words.CHANNELS.get(each.upper(), each)) for each in path.channels)


def drawn_on(path: Path, playbook: Playbook) -> list[Asset]:
    """Return the assets of the path's pool, in the order of the catalogue."""
    return [asset for asset in playbook.assets if catalog.in_pool(asset, path)]


def pool(path: Path, playbook: Playbook) -> str:
    """Return what the path draws on: how much, and of what."""
    count = len(drawn_on(path, playbook))
    said = ngettext("%(count)s asset", "%(count)s assets", count) % {"count": count}
    stages = [wording.STAGES.get(stage.value, stage.value) for stage in path.pool.stages]
    kinds = [wording.plain(kind) for kind in path.pool.kinds]
    about = ", ".join(kinds or stages)
    asks = _("; asks one question per touch") if path.asks else ""
    return (f"{said}: {about}" if about else said) + asks
