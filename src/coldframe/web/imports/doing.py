"""What the pages of imports have done: each changes one thing, and notes it where it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from coldframe.activity import importing as events
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import operations as leads
from coldframe.leads import uploads
from coldframe.leads.importing import choosing, looking
from coldframe.leads.importing.looking import Look
from coldframe.leads.uploads import State, Upload
from coldframe.team import operations as team
from coldframe.team.rights import Person
from coldframe.web import wording
from coldframe.web.imports.parsing import Chosen
from coldframe.work import uploads as work

Clock = Callable[[], datetime]


class NotNow(Refusal):
    """The file is being worked on, or is in already."""


def receive(file: UploadedFile[Any], *, person: Person, at: datetime) -> Upload:
    """Keep a file that was brought, and guess of what kind it is."""
    taken = uploads.receive(file.chunks(), name=file.name or "", by=person.name, at=at)
    team.note(by=person, what="import.uploaded", at=at, details={"bytes": taken.size})
    return taken


def look_at(upload: Upload) -> Look:
    """
    Return what the file says of itself, as it is to be looked at.

    Raises TooManyColumns, and what ``open_table`` refuses.
    """
    asked = {name: upload.choice.get(name) or None for name in ("kind", "encoding", "delimiter", "sheet")}
    found = looking.look(upload.path, **asked)
    if len(found.columns) > uploads.MOST_COLUMNS:
        raise uploads.TooManyColumns(
            _("The file has too many columns for the browser."),
            where=upload.name,
            expected=_("at most %(count)s columns") % {"count": uploads.MOST_COLUMNS},
            got=wording.number(len(found.columns)),
            advice=_("Leave some out, or import it on the command line."),
        )
    return found


def look_anew(upload: Upload, asked: dict[str, str]) -> None:
    """Forget what was said about the columns, and look at the file as asked."""
    with unoccupied(upload) as waiting:
        uploads.change(waiting, state=State.CHOOSING, choice=asked, problem={}, preview={})


def choose(upload: Upload, chosen: Chosen, *, clock: Clock) -> None:
    """Keep what was said about the columns, and find out what would happen; a refusal is kept to be shown."""
    with unoccupied(upload) as idle:
        try:
            choice = choice_of(look_at(idle), chosen, before=idle.choice)
            choosing.options_of(choice)
        except Refusal as refusal:
            uploads.change(idle, state=State.CHOOSING, problem=work.problem_of(refusal), preview={})
            return
        waiting = uploads.change(
            idle, state=State.PREVIEWING, choice=choice, problem={}, attempts=0, rows=0, rows_done=0
        )
    if work.is_small(waiting):
        work.run(waiting.token, clock=clock)


def choice_of(look: Look, chosen: Chosen, *, before: dict[str, Any]) -> dict[str, Any]:
    """Return what was said as it is kept. Raises FieldTwice."""
    names = {column.index: column.name for column in look.columns}
    return {
        **{name: before.get(name, "") for name in ("encoding", "delimiter", "sheet")},
        "kind": look.kind,
        **chosen.whole,
        "mapping": choosing.mapping_of(look, chosen.fields),
        "rules": [[names[place], rule] for place, rule in chosen.rules.items() if place in names],
        "dates": [[names[place], order] for place, order in chosen.orders.items() if place in names],
    }


def choose_again(upload: Upload) -> None:
    """Go back to what the columns are."""
    with unoccupied(upload) as idle:
        uploads.change(idle, state=State.CHOOSING, problem={})


def start(upload: Upload, *, person: Person, clock: Clock) -> None:
    """
    Take a file in whose preview was seen; a small one at once, any other by the worker.

    Asked for again meanwhile, or afterwards, it does nothing more.
    """
    with uploads.alone(upload.token) as seen:
        if seen.state in {State.IMPORTING, State.DONE}:
            return
        if seen.state is not State.PREVIEWED:
            raise NotNow(_("What this file would do was not looked at yet."), where=seen.name)
        details = {"kind": seen.choice.get("kind", ""), "rows": seen.rows}
        team.note(by=person, what="import.started", at=clock(), details=details)
        waiting = uploads.change(
            seen, state=State.IMPORTING, by=person.name, problem={}, attempts=0, rows_done=0
        )
    if work.is_small(waiting):
        work.run(waiting.token, clock=clock)


def remove(upload: Upload) -> None:
    """Take a file away. Raises NotNow while it is being worked on."""
    with unoccupied(upload):
        uploads.remove(upload.token)


@contextmanager
def unoccupied(upload: Upload) -> Iterator[Upload]:
    """Yield a file as it stands now, to decide about it. Raises NotNow where it is being worked on, or is in."""
    with uploads.alone(upload.token) as found:
        if found.is_waiting or found.state is State.DONE:
            raise NotNow(
                _("This file is being worked on, or is in already."),
                where=found.name,
                advice=_("Wait until it has finished; what is in can be taken back."),
            )
        yield found


def error_file(number: int, *, person: Person, at: datetime) -> Path | None:
    """Return the file of refused rows of an import, if there is one, and note who takes it out."""
    path = work.error_file(number)
    if number >= 2**63 or not path.is_file():
        return None
    team.note(by=person, what="import.refused_rows_exported", at=at, subject=str(number))
    return path


def undo(number: int, *, person: Person, at: datetime) -> str:
    """Take an import back; return what to say of it."""
    done = leads.undo_import(number, at=at)
    events.follow_leads(done.moved_leads)
    gone = {"leads": done.leads, "accounts": done.accounts, "opportunities": done.opportunities}
    team.note(by=person, what="import.undone", at=at, subject=str(number), details=gone)
    return _("Import %(number)d is taken back.") % {"number": number}
