"""
A house in which every text attacks: ``house``, with an attack in place of whatever anybody could have written.

Every column of every table that holds text is attacked, but for those that ``OURS`` names; so a new column is attacked
from the day it is made. Run in a data folder of its own (``python -m tests.browser.attacked``): prints one JSON document of
the names that addresses are filled with, of the sessions, and of the columns by the mark that stands in their attacks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from coldframe.cli import start

#: Ends whatever a text may stand in, then brings elements that would run, load or ask; the longest that has room is taken.
ATTACKS = (
    "'\"--></title></style></textarea></script><img src=cfx onerror=alert(1)><svg/onload=alert(2)>"  # noqa: ISC004
    '<a href="javascript:alert(3)" hx-get="/cfx" hx-trigger="load" onclick=alert(4)>a</a>{{7*7}}\u202e\u200b',
    "'\"--></title></style></textarea></script><img src=cfx onerror=alert(1)>{{7*7}}",
    "\"'><img src=cfx onerror=alert(1)>",
    "><img src=cfx onerror=alert(1)>",
    "<img src=cfx>",
)
#: How a mark begins; behind it stands the number of the column.
MARK = "cf"
#: What stands for names that are the same in several tables: whoever sells.
SHARED = dict.fromkeys(
    (
        "team.User.rep",
        "handoff.Rep.name",
        "handoff.Handoff.owner",
        "handoff.Notification.to",
        "leads.Lead.owner",
        "leads.Account.owner",
    ),
    "owner",
)
#: A value of these begins with a word of ours and a colon; the name behind it is attacked.
WORD_FIRST = {
    "nurture.Standing.reason", "nurture.Standing.leaves_by", "nurture.Transition.reason", "nurture.Assessment.reason", "nurture.Assessment.leaves_by", "nurture.Enrollment.exit_reason",
    "handoff.Handoff.trigger", "handoff.Handoff.owner_from",
}  # fmt: skip
#: Columns that hold words, keys and numbers of ours, by table: nobody else can write there, or the door to them refuses it.
OURS: dict[str, set[str]] = {
    "activity.Arrival": {"about"},
    "activity.Belonging": {"node", "group"},
    "activity.Claim": {"node", "field"},
    "activity.ClaimedValue": {"entity", "field"},
    "activity.Confirmation": {"form", "version", "network"},
    "activity.EventShape": {"kind"},
    "activity.Group": {"node"},
    "activity.Hit": {"method", "network", "agent"},
    "activity.Identification": {"left", "right"},
    "activity.LastSaid": {"key"},
    "activity.ReceivedMail": {"settled_as"},
    "activity.Source": {"name", "settings", "key_hash", "former_keys", "key_hint", "secret", "refused"},
    "delivery.Bucket": {"key"},
    "delivery.Connection": {"name", "settings", "secret"},
    "delivery.Membership": {"email_hash", "phone_hash", "message_id"},
    "handoff.Capacity": {"team", "reps", "tells"},
    "handoff.Handoff": {"team", "stage", "fit_level"},
    "handoff.Rep": {"countries"},
    "leads.Erasure": {"key_hash", "reason"},
    "leads.Consent": {"purpose"},
    "leads.CustomField": {"entity", "name"},
    "leads.ImportBatch": {"kind", "file_hash", "options", "mapping", "counts"},
    "leads.ImportChange": {"entity"},
    "leads.MergeStep": {"model", "rows", "before", "after"},
    "library.PlaybookDraft": {"text"},
    "library.PlaybookVersion": {"text", "text_hash"},
    "nurture.Assessment": {"disposition", "fit_level", "fit_level_best", "fit_verdict", "intent_level", "stage", "timing"},
    "nurture.AccountStanding": {"fit_level"},
    "nurture.BulkChange": {"what"},
    "nurture.Cycle": {"kernel_version", "counts"},
    "nurture.Hold": {"content_key"},
    "nurture.ListColumns": {"owner", "columns"},
    "nurture.Override": {"status", "stage"},
    "nurture.SavedFilter": {"owner"},
    "nurture.Standing": {"disposition", "fit_level", "fit_level_best", "fit_verdict", "intent_level", "stage", "timing", "status"},
    "nurture.Touch": {"content_key"},
    "nurture.Transition": {"from_status", "to_status"},
    "outbox.Attempt": {"phase", "outcome"},
    "outbox.Content": {"body_hash"},
    "outbox.KnownPlace": {"fingerprint"},
    "outbox.OutboxMessage": {"key", "kind", "lane", "locks", "reason"},
    "outbox.PastHandover": {"key", "message_id"},
    "outbox.SendingHold": {"place"},
    "outbox.Worker": {"name", "place"},
    "team.ApiKey": {"prefix", "digest"},
    "team.LogEntry": {"what"},
    "team.Remembered": {"cache_key", "value"},
    "team.User": {"password", "zone", "language"},
}  # fmt: skip
#: Names of the playbook that columns repeat, and what they are called here.
PATH, SEGMENT = "stay relevant", "everyone else"
CALLED = {
    "path": f"cfpath{ATTACKS[2]}",
    "segment": f"cfsegment{ATTACKS[2]}",
    "audience": f"cfpath{ATTACKS[2]}",
}
#: Texts of the starter that anybody in marketing may write in other words.
WRITTEN = {
    "name: B2B, long cycle": "playbook name",
    "about: Companies of some twenty people and more, bought from by several people over months.": "playbook about",
    "- name: Business industry": "rule",
    "title: A guide to the ways of solving it": "asset title",
    "answers: What options exist?": "asset question",
    "ask: What is your part in the decision?": "question",
    "- name: Ready": "trigger",
    "- name: one-pager": "template",
}
FORM = """title: {0}
text: {0}
fields:
  - {{field: lead.email, label: {0}, required: true}}
  - {{field: lead.timeline, label: {0}, kind: choice, choices: [{0}, this year]}}
consent: {{wording: {0}}}
button: {0}
thanks: {0}
"""


def attack(mark: str, room: int | None) -> str:
    """Return the longest attack that a column has room for, with a mark before it; empty where none fits."""
    left = (room or 10_000) - len(mark)
    return next((mark + each for each in ATTACKS if len(each) <= left), "")


@dataclass
class Marks:
    """Numbers by which a text on a page is traced back to where it came from."""

    names: list[str] = field(default_factory=list)

    def of(self, name: str) -> str:
        """Return the mark of a place, such as ``leads.Lead.first_name``; a place has one."""
        if name not in self.names:
            self.names.append(name)
        return f"{MARK}{self.names.index(name):03}."


def in_yaml(text: str) -> str:
    """Return a text as YAML takes it on one line."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def playbook(marks: Marks) -> str:
    """Return the starter, in the words of somebody who attacks."""
    from coldframe.library import starters

    text = starters.read("default")
    for line, what in WRITTEN.items():
        assert line in text, line
        key, _, _value = line.partition(": ")
        text = text.replace(line, f"{key}: {in_yaml(attack(marks.of(what), 78))}")
    for old, key in ((PATH, "path"), (SEGMENT, "segment")):
        text = text.replace(f"name: {old}", f"name: {in_yaml(CALLED[key])}")
        text = text.replace(f"path: {old}}}", f"path: {in_yaml(CALLED[key])}}}")
    return text


def use(text: str) -> None:
    """Have a playbook decide."""
    from coldframe import clock
    from coldframe.library import operations

    published = operations.publish_playbook(text=text, at=clock.now())
    operations.activate_playbook(number=published.number, at=clock.now())


def columns() -> Iterator[tuple[Any, Any]]:
    """Yield each table and column that holds text of others."""
    from django.apps import apps
    from django.db import models

    texts = (models.CharField, models.TextField, models.JSONField)
    for table in apps.get_models():
        if not table.__module__.startswith("coldframe."):
            continue
        for column in table._meta.concrete_fields:
            is_ours = column.name in OURS.get(table._meta.label, set())
            if isinstance(column, texts) and not (column.choices or column.primary_key or is_ours):
                yield table, column


def attack_all(marks: Marks) -> None:
    """Put an attack into every column that holds text of others."""
    from django.db import models

    for table, column in columns():
        name = f"{table._meta.label}.{column.name}"
        if isinstance(column, models.JSONField):
            attack_json(table, column, marks.of(name))
        elif column.name in CALLED and table._meta.app_label != "activity":
            table.objects.exclude(**{column.name: None}).update(**{column.name: CALLED[column.name]})
        elif name in WORD_FIRST:
            attack_behind_word(table, column, marks.of(name))
        else:
            attack_column(table, column, marks.of(SHARED.get(name, name)))


def attack_column(table: Any, column: Any, mark: str) -> None:
    """Put an attack into a column, in each row another one where rows must differ."""
    from django.db.models import CharField, Value
    from django.db.models.functions import Cast, Concat

    apart = 12 if is_unique(table, column) else 0
    text = attack(mark, column.max_length and column.max_length - apart)
    rows = table.objects.exclude(**{column.name: None})
    if not text:
        return
    if apart:
        rows.update(**{column.name: Concat(Cast("pk", CharField()), Value(text))})
    else:
        rows.update(**{column.name: text})


def is_unique(table: Any, column: Any) -> bool:
    """Return whether rows must differ in a column, by itself or together with others."""
    sets = [set(each.fields) for each in table._meta.constraints if hasattr(each, "fields")]
    named = [str(each) for each in table._meta.constraints]
    return (
        column.unique
        or any(column.name in each for each in sets)
        or any(f"F({column.name})" in each for each in named)
    )


def attack_behind_word(table: Any, column: Any, mark: str) -> None:
    """Put an attack behind the word and the colon with which a value begins."""
    for value in table.objects.exclude(**{column.name: None}).values_list(column.name, flat=True).distinct():
        word, colon, _name = value.partition(":")
        text = attack(f"{word}{colon}{mark}" if colon else mark, column.max_length)
        table.objects.filter(**{column.name: value}).update(**{column.name: text})


def attack_json(table: Any, column: Any, mark: str) -> None:
    """Put an attack into every text of a document, of a hundred rows; keys are names that were checked."""
    for row in table.objects.exclude(**{column.name: {}}).order_by("-pk")[:100]:
        table.objects.filter(pk=row.pk).update(
            **{column.name: attacked(getattr(row, column.name), attack(mark, 200))}
        )


def attacked(value: Any, text: str) -> Any:
    """Return a document with an attack in place of each of its texts."""
    if isinstance(value, dict):
        return {key: attacked(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [attacked(each, text) for each in value]
    return text if isinstance(value, str) else value


def seed() -> dict[str, Any]:
    """Fill the house, then attack; return what the tests ask for."""
    from coldframe import clock
    from coldframe.activity.forms import catalog
    from coldframe.team.models import User
    from tests.attacks.on_pages import hostile
    from tests.browser import house

    seeded, marks = house.seed(), Marks()
    catalog.add("attacked", FORM.format(in_yaml(attack(marks.of("form"), 60))), at=clock.now())
    use(playbook(marks))
    let_be_changed()
    names = {**seeded.names, "file": brought(seeded.sessions["ADMIN"], hostile.file())}
    attack_all(marks)
    names |= {
        "path": quote(CALLED["path"], safe=""),
        "rep": quote(User.objects.exclude(rep="").values_list("rep", flat=True)[0], safe=""),
    }
    return {"names": names, "sessions": seeded.sessions, "marks": marks.names}


def let_be_changed() -> None:
    """Take the guards away from rows that are never changed: here they are to look as if they had been written so."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')


def brought(session: str, file: Any) -> str:
    """Bring a file in the browser of somebody who has signed in; return its token."""
    from django.test import Client

    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sessionid"] = session
    answer = browser.post("/import", {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"].rpartition("/")[2]


if __name__ == "__main__":
    start.open_database()
    print(json.dumps(seed()))
