"""What a form says about who takes leads, how many, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from coldframe.handoff import operations as handoffs
from coldframe.kernel.vocabulary import Refusal
from coldframe.team.rights import Person
from coldframe.web.desk import answering

#: Letters of a form's list of names.
LONGEST = 20_000
#: Days beyond these are typing errors, and the first and the last that there are have no beginning in every zone.
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
DIGITS = 6


class OddForm(Refusal):
    """A form says something that cannot be meant."""


def carry_out(form: Mapping[str, str], *, person: Person) -> tuple[str, dict[str, str]]:
    """Change who takes leads, or what is agreed with one; return the word and the details for the log."""
    if form.get("what") == "reps":
        names = [line.strip() for line in form.get("reps", "")[:LONGEST].splitlines() if line.strip()]
        handoffs.set_reps(reps=names)
        return "desk.reps_set", {"reps": ", ".join(names)[:500]}
    name = form.get("name", "")
    handoffs.agree(
        name,
        most=whole(form.get("most", "")),
        away_until=day(form.get("away_until", ""), person=person),
        countries=[code for code in form.get("countries", "")[:LONGEST].replace(",", " ").split() if code],
    )
    return "desk.agreed", {"rep": name[:150]}


def choose(form: Mapping[str, str], *, person: Person) -> None:
    """Change how somebody is told. Raises ``OddForm`` for somebody who is no rep."""
    if not person.rep:
        raise OddForm(
            _("You have no name as a rep, so there is nothing to be told of."),
            advice=_("Whoever manages people can give you one."),
        )
    handoffs.agree(
        person.rep,
        email=form.get("email", "").strip()[:254],
        by_email="by_email" in form,
        hand_raises_only="hand_raises_only" in form,
        with_calendar="with_calendar" in form,
    )


def whole(text: str) -> int | None:
    """Return a whole number, or None for nothing. Raises ``OddForm``."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise OddForm(
            _("That is no number of leads."), expected=_("a whole number, or nothing"), got=text[:40]
        )
    return int(text)


def day(text: str, *, person: Person) -> datetime | None:
    """Return the beginning of a day by the clocks of who says it, or None for nothing. Raises ``OddForm``."""
    if not text.strip():
        return None
    try:
        named = date.fromisoformat(text.strip())
        if not EARLIEST <= named <= LATEST:
            raise ValueError
        return answering.start_of(named, answering.zone_of(person))
    except (ValueError, OverflowError) as error:
        raise OddForm(
            _("That is no day."), expected=_("a day such as 2027-01-15, or nothing"), got=text[:40]
        ) from error
