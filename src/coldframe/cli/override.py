"""The command ``coldframe override``: decide by hand for one lead, with a reason and an end."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from coldframe.cli import output, start
from coldframe.cli.handoffs import parse_day
from coldframe.kernel.vocabulary import BuyerStage, LeadStatus, Refusal

Word = TypeVar("Word", bound=StrEnum)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def override(
        key: Annotated[str, typer.Argument(help="The lead: an address, an external id or a public id.")],
        status: Annotated[str | None, typer.Option(help="Hold it in this status, such as nurture.")] = None,
        path: Annotated[str | None, typer.Option(help="Keep it on this path of the playbook.")] = None,
        stage: Annotated[str | None, typer.Option(help="Take this for its buyer stage.")] = None,
        pause: Annotated[bool, typer.Option("--pause", help="Send nothing.")] = False,
        until: Annotated[str | None, typer.Option(help="Until this day, such as 2027-01-15.")] = None,
        reason: Annotated[str, typer.Option(help="Why; told wherever the lead is explained.")] = "",
        by: Annotated[str, typer.Option(help="Who says so.")] = "operator",
        lift: Annotated[bool, typer.Option("--lift", help="Leave the lead to the rules again.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        Decide by hand for one lead, for a limited time; the next cycle obeys, and says why.

        Example: coldframe override anna@brightpath.example --pause --until 2027-01-15 --reason "on parental leave"
        """
        start.open_database()
        from coldframe import clock
        from coldframe.library import operations as library
        from coldframe.nurture import overrides, queries

        at = clock.now()
        library.ensure_active_playbook(at=at)
        lead_id = queries.find_lead(key)
        said: dict[str, int | str]
        if lift:
            said = {"lead_id": lead_id, "lifted": overrides.lift_overrides(lead_id=lead_id, at=at)}
        else:
            setting = overrides.Setting(
                status=word_of(LeadStatus, status, "--status"), path=path,
                stage=word_of(BuyerStage, stage, "--stage"), is_paused=pause,
            )  # fmt: skip
            end = parse_day(until)
            if end is None:
                raise Refusal("An end is missing.", where="--until", expected="a day such as 2027-01-15")
            made = overrides.set_override(
                lead_id=lead_id, setting=setting, reason=reason, by=by, at=at, until=end
            )
            said = {"lead_id": lead_id, "override_id": made, "until": end.date().isoformat()}
        if as_json:
            output.emit_json(said)
        else:
            output.console().print("Recorded. The next cycle takes it into account.")


def word_of(words: type[Word], text: str | None, where: str) -> Word | None:
    """Return the word of a closed set that was typed; refuse others, naming all."""
    if text is None:
        return None
    known = {each.value.lower(): each for each in words}
    found = known.get(text.strip().lower().replace("-", "_").replace(" ", "_"))
    if found is None:
        raise Refusal("No such word.", where=where, expected=", ".join(known), got=text)
    return found
