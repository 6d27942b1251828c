"""Mail that came in: what follows from it for the person, the touch, nurture and the sender, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from coldframe.activity import arrivals, digesting, mail_effects, mail_queries, mail_settling, persons
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.mail_settling import Answer
from coldframe.activity.models import Arrival, Event, Feedback, MailBody, ReceivedMail
from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.assessment.needs import needs
from coldframe.leads import merging, parting, tokens
from coldframe.leads.models import Lead, Pause, Suppression
from coldframe.library import queries as library
from coldframe.nurture import erasure, feedback
from coldframe.nurture.facts import load_facts
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Touch
from coldframe.outbox.models import OutboxMessage
from coldframe.work import trades
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR, Post
from tests.nurture.test_feedback import counts, silent, written_to
from tests.world import NOW

pytestmark = pytest.mark.django_db

READER = "reader@company1.example"
REPORT = """Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: sales@ours.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{name}@mx.example>
Date: {date}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: host mx.company1.example said: {said}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: text/rfc822-headers

Message-ID: <{touch}.0@ours.example>
X-Coldframe-Touch: {touch}
Subject: A checklist

--b--
"""
COMPLAINT = """From: Feedback <fbl@provider.example>
To: abuse@ours.example
Subject: FW: A checklist
Message-ID: <{name}@provider.example>
Date: {date}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is a complaint.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1

--b
Content-Type: message/rfc822

From: sales@ours.example
To: redacted@provider.example
Subject: A checklist
X-Coldframe-Touch: {touch}

Hello

--b--
"""
WRITTEN = """From: {sender}
To: sales@ours.example
Subject: {subject}
Message-ID: <{name}@company1.example>
Date: {date}
{more}Content-Type: text/plain; charset=utf-8

{text}
"""


def sent() -> Touch:
    """Return a touch that somebody was sent, as the outbox is of no matter."""
    company = world.account(name="Company 1", domain="company1.example")
    reader = world.lead(company, first_name="Reader1", last_name="Nowak", email=READER)
    return Touch.objects.create(
        lead=reader, account=company, enrollment_id=1, cycle_id=1, content_key="asset:checklist", channel="EMAIL",
        path="educate", lap=1, reason="", state="SENT", planned_for=NOW,
    )  # fmt: skip


def received(text: str, *, at: datetime) -> ReceivedMail:
    """Take a mail in and digest it; return what became of it."""
    before = set(ReceivedMail.objects.values_list("pk", flat=True))
    arrivals.accept([NewArrival(kind=Arrival.Kind.MAIL, body=text.encode())], at=at)
    digesting.run_turn(digesters=trades.digesters(), at=at)
    new = ReceivedMail.objects.exclude(pk__in=before)
    return new.get() if new else ReceivedMail.objects.latest("pk")


def report(
    touch: Touch, *, status: str, said: str, address: str = READER, name: str = "r1", at: datetime
) -> str:
    return REPORT.format(
        touch=touch.public_id.hex,
        status=status,
        said=said,
        address=address,
        name=name,
        date=format_datetime(at),
    )


def written(
    text: str, *, touch: Touch | None = None, sender: str = READER, subject: str = "Re: A checklist", name: str = "w1", at: datetime, more: str = ""
) -> str:  # fmt: skip
    if touch is not None:
        more += f"In-Reply-To: <{touch.public_id.hex}.0@ours.example>\n"
    return WRITTEN.format(
        sender=sender, subject=subject, text=text, name=name, date=format_datetime(at), more=more
    )


def reasons() -> set[str]:
    return set(Suppression.objects.values_list("reason", flat=True))


def events() -> list[tuple[str, str]]:
    return list(
        Event.objects.exclude(shape__kind="page").order_by("id").values_list("shape__kind", "shape__topic")
    )


def test_a_dead_address_is_suppressed_at_once_and_counted_once_whoever_tells_of_it() -> None:
    touch = written_to()
    at = touch.planned_for + HOUR
    text = report(touch, status="5.1.1", said="550 5.1.1 User unknown", at=at)

    mail = received(text, at=at)
    again = received(text, at=at + HOUR)
    feedback.pass_on(handler=TouchHandler(), at=at)

    assert (mail.mail_class, mail.matched_by, mail.state) == ("BOUNCE", "TOUCH", "DONE")
    assert again.pk == mail.pk
    assert reasons() == {"HARD_BOUNCE"}
    assert events() == [("email_bounced", "hard")]
    assert Event.objects.get(shape__kind="email_bounced").payload.properties["touch"] == touch.public_id.hex
    assert counts() == (1, 0)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.7.26", "550 5.7.26 This mail is unauthenticated: DKIM did not pass"),
        ("5.7.1", "550 5.7.1 Message rejected as spam"),
        ("4.7.28", "421 4.7.28 unusual rate of mail"),
        ("5.7.1", "550 5.7.1 blocked by policy"),
    ],
)
def test_what_the_sender_has_to_mend_suppresses_nobody(status: str, said: str) -> None:
    touch = sent()

    mail = received(
        report(touch, status=status, said=said, at=touch.planned_for), at=touch.planned_for + HOUR
    )

    assert mail.note == "Refused for the sender's sake; the person is kept."
    assert reasons() == set()
    assert list(Feedback.objects.values_list("kind", flat=True)) == ["SENDER_REFUSED"]


def test_a_bounce_settles_a_message_of_which_nobody_knew_whether_it_left() -> None:
    touch = written_to(silent)
    assert OutboxMessage.objects.get().state == "UNCERTAIN"

    received(
        report(touch, status="5.2.2", said="552 5.2.2 mailbox full", at=touch.planned_for),
        at=touch.planned_for + HOUR,
    )
    feedback.pass_on(handler=TouchHandler(), at=touch.planned_for + HOUR)

    assert OutboxMessage.objects.get().state == "SENT"
    assert reasons() == set()


def test_a_bounce_that_carries_nothing_of_ours_has_no_effect() -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    text = report(touch, status="5.1.1", said="550 5.1.1 User unknown", at=at)

    mail = received(text.replace(touch.public_id.hex, "f" * 32), at=at)
    stranger = received(
        text.replace(touch.public_id.hex, "e" * 32).replace(READER, "nobody@else.example"), at=at
    )

    assert (mail.matched_by, mail.state) == ("ADDRESS", "OPEN")
    assert (stranger.matched_by, stranger.state) == ("NOBODY", "DONE")
    assert reasons() == set()
    assert events() == []


def test_a_complaint_finds_its_person_though_the_address_is_hidden() -> None:
    touch = written_to()
    at = touch.planned_for + HOUR

    mail = received(COMPLAINT.format(touch=touch.public_id.hex, name="c1", date=format_datetime(at)), at=at)
    feedback.pass_on(handler=TouchHandler(), at=at)

    assert (mail.mail_class, mail.lead_id) == ("COMPLAINT", touch.lead_id)
    assert reasons() == {"COMPLAINT"}
    assert counts() == (0, 1)


@pytest.mark.parametrize(
    "wish", ["Please remove me from your list.", "STOP", "Bitte abmelden", "unsubscribe"]
)
def test_who_asks_to_leave_in_a_reply_is_suppressed_at_once(wish: str) -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    mail = received(written(wish, touch=touch, at=at), at=at)

    assert (mail.mail_class, mail.state) == ("UNSUBSCRIBE", "DONE")
    assert reasons() == {"UNSUBSCRIBE"}
    assert events() == [("unsubscribed", "")]


def test_the_address_for_leaving_by_mail_needs_no_words() -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    received(written("", subject="unsubscribe", at=at), at=at)

    assert reasons() == {"UNSUBSCRIBE"}
    assert touch.lead.email in Suppression.objects.values_list("email", flat=True)


def test_the_quoted_mail_says_unsubscribe_and_nobody_asked_for_it() -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    text = "Tuesday suits me.\n\nOn Monday, 1 June 2026, Sales <sales@ours.example> wrote:\n> Hello\n> Unsubscribe: https://ours.example/u/x"

    mail = received(written(text, touch=touch, at=at), at=at)

    assert (mail.mail_class, mail.text) == ("REPLY", "Tuesday suits me.")
    assert reasons() == set()


def test_who_is_away_is_left_in_peace_until_the_day_they_name_and_has_not_replied() -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    back = (at + timedelta(days=20)).date()
    text = f"I am out of the office until {back:%d %B %Y}."

    mail = received(
        written(
            text,
            touch=touch,
            at=at,
            subject="Automatic reply: A checklist",
            more="Auto-Submitted: auto-replied\n",
        ),
        at=at,
    )

    assert (mail.mail_class, mail.state) == ("AUTO_REPLY", "DONE")
    assert Pause.objects.get().until.date() == back
    assert events() == []


def test_who_is_away_and_names_no_day_is_left_in_peace_for_a_week() -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    received(
        written(
            "I am away.", touch=touch, at=at, subject="Out of office", more="Auto-Submitted: auto-replied\n"
        ),
        at=at,
    )

    assert Pause.objects.get().until == at.replace(microsecond=0) + mail_effects.AWAY


def test_who_has_left_is_marked_and_a_person_hears_who_came_after() -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    text = "Reader1 no longer works here. Please contact ola@company1.example instead."

    mail = received(
        written(
            text,
            touch=touch,
            at=at,
            subject="Automatic reply: A checklist",
            more="Auto-Submitted: auto-replied\n",
        ),
        at=at,
    )

    assert (mail.mail_class, mail.successor, mail.state) == ("LEFT_COMPANY", "ola@company1.example", "OPEN")
    assert Lead.objects.get(pk=touch.lead_id).left_company is True


def test_a_reply_is_an_event_with_its_words_and_holds_nurture_until_it_is_answered() -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    mail = received(written("How much is it for 40 people?", touch=touch, at=at), at=at)

    assert (mail.mail_class, mail.state) == ("REPLY", "OPEN")
    event = Event.objects.get(shape__kind="replied")
    assert event.evidence == Event.EvidenceCode.HUMAN
    assert event.payload.properties == {
        "touch": touch.public_id.hex, "subject": "Re: A checklist", "text": "How much is it for 40 people?", "from": READER,
    }  # fmt: skip
    assert [(each.source, each.ended_at) for each in Pause.objects.all()] == [("reply", None)]
    assert set(Feedback.objects.values_list("kind", flat=True)) == {"REPLIED"}

    mail_settling.settle(mail.pk, answer=Answer.ANSWERED, by="kim", at=at + HOUR)

    assert Pause.objects.get().ended_at == at + HOUR
    mail.refresh_from_db()
    assert (mail.state, mail.settled_as, mail.settled_by) == ("SETTLED", "answered", "kim")


def test_the_day_that_a_reply_names_is_what_timing_reads_and_holds_nurture_until_then() -> None:
    touch = sent()
    cast.use_playbook()
    playbook = library.get_active_playbook().playbook
    at = touch.planned_for + HOUR
    text = "Not now, please contact me again after 15 September 2026."

    mail = received(written(text, touch=touch, at=at), at=at)

    assert mail.mail_class == "REPLY"
    facts = load_facts(needs(playbook), as_of=at)
    assert dict(facts.leads.select("lead_id", "reply.until").iter_rows()) == {
        touch.lead_id: datetime(2026, 9, 15, tzinfo=UTC)
    }
    assert load_facts(needs(playbook), as_of=at - HOUR / 60).leads["reply.until"].to_list() == [None]
    told = assess(facts, playbook=playbook, as_of=at).select("timing", "timing_at").rows()
    assert told == [("LATER", datetime(2026, 9, 15, tzinfo=UTC))]
    assert Pause.objects.get().until == datetime(2026, 9, 15, tzinfo=UTC)


def test_a_message_that_waits_is_held_when_a_reply_comes_before_its_marker() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    cast.delivery.ensure_local_connection(at=NOW)
    at = NOW
    while not Touch.objects.exists():
        cast.all_due(at)
        cast.decide(at, reader)
        at += HOUR
    touch = Touch.objects.get()
    assert OutboxMessage.objects.get().state == "QUEUED"

    received(written("Let us talk.", at=touch.planned_for, sender=reader.email or ""), at=touch.planned_for)
    post = Post()
    cast.outbox_turn(post, touch.planned_for)

    assert post.arrived == []
    assert OutboxMessage.objects.get().reason == "PAUSED"


def test_not_interested_is_no_opt_out_and_goes_to_a_person() -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    mail = received(written("Thanks, we are not interested.", touch=touch, at=at), at=at)

    assert (mail.mail_class, mail.state) == ("REPLY", "OPEN")
    assert events() == [("declined", "")]
    assert reasons() == set()
    assert Pause.objects.get().source == "reply"


def test_a_reply_from_another_address_waits_for_a_person_who_says_whose_it_is() -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    mail = received(written("I am interested.", touch=touch, sender="private@home.example", at=at), at=at)

    assert (mail.matched_by, mail.note) == (
        "OTHER_ADDRESS",
        "Replied from private@home.example: is it the person?",
    )
    assert events() == []

    mail_settling.settle(mail.pk, answer=Answer.REPLY, by="kim", at=at)

    assert events() == [("replied", "")]


def test_a_signed_link_in_what_is_quoted_tells_whose_mail_it_is() -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    link = tokens.unsubscribe_url(lead=touch.lead.public_id, touch=touch.public_id)

    mail = received(written(f"Yes.\n\n> Unsubscribe: {link}", at=at), at=at)

    assert (mail.touch, mail.matched_by) == (touch.public_id, "TOUCH")


def test_what_nobody_can_tell_pauses_the_person_and_waits() -> None:
    touch = sent()
    at = touch.planned_for + HOUR

    mail = received(written("Does the unsubscribe link work?", touch=touch, at=at), at=at)

    assert (mail.mail_class, mail.state) == ("UNCLEAR", "OPEN")
    assert Pause.objects.get().source == "mail to read"
    assert [line.mail_id for line in mail_queries.list_open()] == [mail.pk]


@pytest.mark.parametrize(
    ("subject", "state"), [("Re: A checklist", "OPEN"), ("Your invoice", "DONE"), ("AW: A checklist", "OPEN")]
)
def test_mail_of_nobody_waits_for_a_person_only_where_it_answers_something(subject: str, state: str) -> None:
    mail = received(written("Here it is.", sender="billing@else.example", subject=subject, at=NOW), at=NOW)

    assert (mail.matched_by, mail.state) == ("NOBODY", state)
    assert (events(), reasons(), Pause.objects.count()) == ([], set(), 0)


@pytest.mark.parametrize("answer", list(Answer))
def test_every_answer_of_a_person_closes_a_mail(answer: Answer) -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    mail = received(written("Does the unsubscribe link work?", touch=touch, at=at), at=at)

    mail_settling.settle(mail.pk, answer=answer, by="kim", at=at)

    assert mail_queries.count_open() == 0
    expected = {Answer.UNSUBSCRIBE: {"UNSUBSCRIBE"}, Answer.DEAD: {"HARD_BOUNCE"}}
    assert reasons() == expected.get(answer, set())
    assert (Lead.objects.get(pk=touch.lead_id).left_company is True) == (answer is Answer.LEFT)
    with pytest.raises(mail_settling.AlreadySettled, match="waits for nobody"):
        mail_settling.settle(mail.pk, answer=answer, by="kim", at=at)


def test_three_soft_bounces_within_two_weeks_have_a_person_rest() -> None:
    touch = sent()
    first = touch.planned_for
    others = [touch, *(copied(touch, number) for number in (1, 2))]

    for number, each in enumerate(others):
        at = first + number * DAY
        received(
            report(each, status="5.2.2", said="552 5.2.2 mailbox full", name=f"s{number}", at=at),
            at=at + HOUR,
        )

    assert Pause.objects.get().source == "soft bounces"
    assert reasons() == set()


def copied(touch: Touch, number: int) -> Touch:
    """Return another touch of the same person."""
    found = Touch.objects.get(pk=touch.pk)
    found.pk = None
    found.public_id = world.uuid.uuid4()
    found.content_key = f"{touch.content_key}-{number}"
    found.save(force_insert=True)
    return found


ORDERS: list[tuple[str, Callable[[Touch, datetime], str]]] = [
    ("bounce", lambda touch, at: report(touch, status="5.1.1", said="550 5.1.1 User unknown", at=at)),
    ("away", lambda touch, at: written("Away.", touch=touch, at=at, subject="Out of office", name="a", more="Auto-Submitted: auto-replied\n")),
    ("reply", lambda touch, at: written("Yes.", touch=touch, at=at, name="b")),
    ("stop", lambda touch, at: written("stop", touch=touch, at=at, name="c")),
]  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True])
def test_any_order_and_repeats_come_to_the_same(backwards: bool) -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    texts = [make(touch, at) for _, make in ORDERS]

    for text in [*(reversed(texts) if backwards else texts), *texts]:
        received(text, at=at)

    assert reasons() == {"HARD_BOUNCE", "UNSUBSCRIBE"}
    assert sorted(events()) == [("email_bounced", "hard"), ("replied", ""), ("unsubscribed", "")]
    assert ReceivedMail.objects.count() == len(texts)
    running = Pause.objects.get(ended_at=None)
    assert (running.source, running.until) == ("reply", at + mail_effects.UNANSWERED)


def test_the_bytes_of_a_mail_are_kept_for_a_while() -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    text = written("Yes.", touch=touch, at=at)

    mail = received(text, at=at)
    assert mail_queries.find_body(mail.pk) == text.encode()

    mail_effects.tidy(at=at + mail_effects.BODIES_KEPT + HOUR)
    assert not MailBody.objects.exists()


def test_a_person_who_is_erased_leaves_nothing_in_mail_and_what_comes_later_is_not_kept(
    tmp_path: Path,
) -> None:
    touch = sent()
    at = touch.planned_for + HOUR
    received(written("Call me at home.", touch=touch, at=at), at=at)
    received(written(f"Ask {READER} about it.", sender="colleague@else.example", at=at, name="w2"), at=at)
    told = persons.about_mail([touch.lead_id])
    assert [(each["sender"], each["text"]) for each in told] == [(READER, "Call me at home.")]

    erasure.erase_person(touch.lead_id, home=tmp_path, at=at)
    later = received(written("And again.", touch=touch, at=at, name="w3"), at=at)

    held = [str(value) for row in ReceivedMail.objects.values() for value in row.values()]
    assert not [value for value in held if "reader@" in value or "home" in value or "again" in value.lower()]
    assert not MailBody.objects.exists()
    assert later.note == "Of somebody who was erased; nothing is kept."


def test_mail_follows_who_becomes_one_with_another_and_parts_with_them() -> None:
    touch = sent()
    anna = world.anna()
    mail = received(written("Yes.", touch=touch, at=NOW), at=NOW)

    merging.merge(lead_id=touch.lead_id, into_id=anna.pk, by="kim", reason="", at=NOW)
    mail.refresh_from_db()
    assert mail.lead_id == anna.pk

    parting.unmerge(lead_id=touch.lead_id, by="kim", at=NOW)
    mail.refresh_from_db()
    assert mail.lead_id == touch.lead_id
