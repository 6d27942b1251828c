"""Hosted forms: what they show, what each bad or hostile input gets, and what follows from a good one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.test import Client

from coldframe.activity import digesting
from coldframe.activity.forms import catalog, confirmations, definition
from coldframe.activity.models import Arrival, Confirmation, Event, Source
from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import ConsentBasis, SuppressionReason
from coldframe.leads import merging, parting, tokens
from coldframe.leads import operations as leads
from coldframe.leads.models import Consent, Lead, Suppression
from coldframe.library import operations as library
from coldframe.nurture import erasure, persons
from coldframe.outbox import queries as outbox
from coldframe.outbox.models import OutboxMessage
from coldframe.web.public import rates
from coldframe.work import trades
from coldframe.work.clocks import VirtualClock
from tests import world
from tests.nurture import cast
from tests.world import NOW

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
DEMO = """
title: See it at work
text: A colleague shows you what it does with your own data.
fields:
  - {field: lead.email, label: Work e-mail, required: true}
  - {field: lead.first_name, label: First name}
  - {field: account.name, label: Company}
  - {field: account.country, label: Country}
  - {field: lead.message, label: What are you working on?, kind: long_text}
  - {field: lead.timeline, label: When, kind: choice, choices: [now, this year, later]}
consent: {wording: "Yes, write to me about what I am working on. I can end it at any time."}
thanks: Thank you. A colleague answers today.
origins: [https://www.ours.example]
"""
POLYGLOT = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


class Time:
    """The instant at which the pages look at the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.set(NOW)

    def set(self, at: datetime) -> None:
        self.at = at
        self.monkeypatch.setenv("COLDFRAME_NOW", at.isoformat())


@pytest.fixture(autouse=True)
def time(monkeypatch) -> Time:
    rates._seen.clear()
    return Time(monkeypatch)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost", enforce_csrf_checks=True)


@pytest.fixture
def demo() -> str:
    library.ensure_active_playbook(at=NOW)
    catalog.add("demo", DEMO, at=NOW)
    return "/f/demo"


def filled(**changes: str) -> dict[str, str]:
    answers = {
        "lead-email": "anna@brightpath.example",
        "lead-first_name": "Anna",
        "account-name": "Brightpath",
        "account-country": "Poland",
        "lead-message": "Two systems\nthat do not talk.",
        "lead-timeline": "this year",
    }
    return {**answers, **changes}


def stamp_on(page: bytes) -> str:
    found = re.search(rb'name="stamp" value="([^"]+)"', page)
    assert found
    return found[1].decode()


def send(visitor: Client, url: str, time: Time, *, after: timedelta = 20 * SECOND, **changes: str) -> Any:
    """Open a form and send it in some time later."""
    stamp = stamp_on(visitor.get(url).content)
    time.set(time.at + after)
    return visitor.post(url, {"stamp": stamp, **filled(**changes)})


def take_in(time: Time) -> dict[str, int]:
    return dict(digesting.run_turn(digesters=trades.digesters(), at=time.at))


def events() -> list[tuple[str, str, str]]:
    rows = Event.objects.order_by("id").values_list("shape__kind", "shape__form", "shape__topic")
    return sorted(rows)


def test_a_form_that_is_sent_in_is_stored_thanked_for_and_becomes_a_lead(visitor, demo, time):
    answer = send(visitor, demo, time)

    assert (answer.status_code, Arrival.objects.count(), Lead.objects.count()) == (200, 1, 0)
    assert "A colleague answers today." in answer.content.decode()

    assert take_in(time) == {"digested": 1, "set_aside": 0}

    anna = Lead.objects.select_related("account").get()
    assert (anna.email, anna.first_name, anna.timeline) == ("anna@brightpath.example", "Anna", "this year")
    assert (anna.account.domain, anna.account.name, anna.account.country) == (
        "brightpath.example", "Brightpath", "PL",
    )  # fmt: skip
    assert anna.message == "Two systems\nthat do not talk."
    assert events() == [("form_submitted", "demo", "")]
    assert Consent.objects.count() == 0


def test_when_it_was_sent_in_last_is_noted_where_the_sources_are(visitor, demo, time):
    visitor.get(demo)
    assert Source.objects.get().last_at is None

    send(visitor, demo, time)

    assert Source.objects.get().last_at == time.at


def test_the_campaign_that_leads_to_a_form_is_the_leads_unless_another_was_first(visitor, demo, time):
    for campaign in ("spring", "autumn"):
        page = visitor.get(f"{demo}?utm_campaign={campaign}")
        time.set(time.at + 20 * SECOND)
        visitor.post(demo, {"stamp": stamp_on(page.content), "utm_campaign": campaign, **filled()})
        take_in(time)

    assert Lead.objects.get().campaign == "spring"
    shapes = Event.objects.filter(shape__kind="form_submitted").order_by("id")
    assert list(shapes.values_list("shape__campaign", flat=True)) == ["spring", "autumn"]


def test_a_page_that_is_sent_in_twice_counts_once(visitor, demo, time):
    stamp = stamp_on(visitor.get(demo).content)
    time.set(NOW + 20 * SECOND)
    for _ in range(2):
        visitor.post(demo, {"stamp": stamp, **filled()})

    assert take_in(time) == {"digested": 2, "set_aside": 0}

    assert events() == [("form_submitted", "demo", "")]


def test_what_is_wrong_is_marked_and_what_was_written_is_kept(visitor, demo, time):
    answer = send(visitor, demo, time, **{"lead-email": "anna@brightpath", "lead-timeline": "never"})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "no dot after the @" in text
    assert "Please choose one of these." in text
    assert 'value="anna@brightpath"' in text
    assert Arrival.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"lead-email": ""},
        {"lead-email": "a@b.example\r\nBcc: c@d.example"},
        {"lead-email": "a@b.example, c@d.example"},
        {"lead-first_name": "x" * 301},
        {"lead-message": "x" * 5_001},
        {"lead-first_name": "A\x00nna"},
        {"lead-first_name": "An\x1bna"},
        {"lead-timeline": "<script>"},
    ],
)
def test_nothing_is_stored_of_a_form_with_a_bad_answer(visitor, demo, time, changes):
    assert send(visitor, demo, time, **changes).status_code == 422
    assert Arrival.objects.count() == 0


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Bonjour\u00a0! À quel prix\u202f?", "Bonjour\u00a0! À quel prix\u202f?"),
        ("Call me 👩\u200d💻", "Call me 👩\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("one line\u2028and another", "one line\u2028and another"),
        ("+49 30 1234, \u202a+49 30 1235\u202c", "+49 30 1234, +49 30 1235"),
    ],
)
def test_people_write_with_whatever_signs_their_keyboards_and_clipboards_have(
    visitor, demo, time, written, kept
):
    answer = send(visitor, demo, time, **{"lead-message": written, "lead-first_name": "\ufeffAnna\u200e"})
    take_in(time)

    assert answer.status_code == 200
    anna = Lead.objects.get()
    assert (anna.message, anna.first_name) == (kept, "Anna")


@pytest.mark.parametrize("stamp", ["", "x", "other form", "too old", "forged"])
def test_a_form_that_was_not_shown_here_is_asked_for_again(visitor, demo, time, stamp):
    shown = stamp_on(visitor.get(demo).content)
    if stamp == "other form":
        catalog.add("other", DEMO, at=NOW)
        shown = stamp_on(visitor.get("/f/other").content)
    if stamp == "forged":
        shown = shown[:-3] + "abc"
    time.set(NOW + (timedelta(days=3) if stamp == "too old" else 20 * SECOND))
    answer = visitor.post(demo, {"stamp": stamp if stamp in ("", "x") else shown, **filled()})

    assert answer.status_code == 400
    assert "Please send it again" in answer.content.decode()
    assert Arrival.objects.count() == 0


def test_a_form_too_large_or_with_too_many_inputs_is_refused(visitor, demo, time):
    many = {f"field{number}": "x" for number in range(500)}

    assert visitor.post(demo, filled(**{"lead-message": "x" * 300_000})).status_code == 400
    assert visitor.post(demo, many).status_code == 400
    assert Arrival.objects.count() == 0


@pytest.mark.parametrize(
    ("after", "changes", "why"),
    [
        (20 * SECOND, {"website_2": "https://spam.example"}, "a field that nobody sees was filled in"),
        (SECOND, {}, "it was filled in faster than anybody reads"),
        (20 * SECOND, {"lead-email": "x@mailinator.com"}, "the address is one that is thrown away"),
    ],
)
def test_a_machine_is_thanked_like_a_person_and_nothing_follows(visitor, demo, time, after, changes, why):
    answer = send(visitor, demo, time, after=after, consent="yes", **changes)

    assert answer.status_code == 200
    assert "A colleague answers today." in answer.content.decode()

    assert take_in(time) == {"digested": 0, "set_aside": 1}

    assert Arrival.objects.get().reason == f"suspected: {why}"
    assert (Lead.objects.count(), Confirmation.objects.count()) == (0, 0)


def test_a_flood_from_one_network_is_suspected(visitor, demo, time):
    stamp = stamp_on(visitor.get(demo).content)
    time.set(NOW + 20 * SECOND)
    for number in range(102):
        visitor.post(demo, {"stamp": stamp, **filled(**{"lead-email": f"a{number}@b.example"})})

    take_in(time)

    reasons = list(Arrival.objects.values_list("reason", flat=True))
    assert reasons == ["suspected: too many from one network in a minute"] * 2


def test_who_is_known_is_neither_shown_nor_overwritten(visitor, demo, time):
    anna = world.anna(world.brightpath())
    before = Lead.objects.values().get(pk=anna.pk)

    page = visitor.get(demo).content.decode()
    send(visitor, demo, time, **{"lead-email": anna.email, "lead-first_name": "Mallory"})
    take_in(time)

    after = Lead.objects.values().get(pk=anna.pk)
    assert anna.email not in page
    assert after["first_name"] == before["first_name"] != "Mallory"
    assert Event.objects.get(shape__kind="form_submitted").lead_id == anna.pk


def test_who_is_known_by_a_form_is_not_overwritten_by_whoever_sends_it_in_again(visitor, demo, time):
    send(visitor, demo, time)
    take_in(time)
    changed = {
        "lead-first_name": "Mallory",
        "lead-message": "Never mind.",
        "account-name": "Evil",
        "account-country": "Germany",
    }

    send(visitor, demo, time, **changed)
    send(visitor, demo, time, **changed, **{"lead-email": "ola@brightpath.example"})
    take_in(time)

    anna = Lead.objects.select_related("account").get(email="anna@brightpath.example")
    assert (anna.first_name, anna.message) == ("Anna", "Two systems\nthat do not talk.")
    assert (anna.account.name, anna.account.country) == ("Brightpath", "PL")
    assert Event.objects.filter(lead=anna, shape__kind="form_submitted").count() == 2


def test_what_was_sent_in_with_a_consent_is_believed_once_its_owner_has_confirmed_it(visitor, demo, time):
    send(visitor, demo, time, **{"lead-message": ""})
    take_in(time)
    send(visitor, demo, time, consent="yes", **{"lead-first_name": "Ania", "account-country": "Germany"})
    live_a_moment(time)
    assert Lead.objects.get().first_name == "Anna"

    visitor.post(confirm_url(OutboxMessage.objects.get(kind="confirmation")))
    send(visitor, demo, time, **{"lead-first_name": "Mallory"})
    take_in(time)

    anna = Lead.objects.get()
    assert (anna.first_name, anna.message) == ("Ania", "Two systems\nthat do not talk.")


def test_nobody_is_ticked_for_and_no_mail_is_agreed_to_by_silence(visitor, demo, time):
    assert b"checked" not in visitor.get(demo).content

    send(visitor, demo, time)
    take_in(time)

    assert (Consent.objects.count(), Confirmation.objects.count()) == (0, 0)


def test_a_consent_is_kept_word_for_word_where_no_proof_is_asked_for(visitor, demo, time):
    send(visitor, demo, time, consent="yes")
    take_in(time)

    given = Consent.objects.get()
    version = definition.checked(definition.parse(DEMO, where="demo"), where="demo").version
    assert (given.basis, given.source, given.confirmed_at) == (ConsentBasis.CONSENT, "form demo", None)
    assert given.wording == "Yes, write to me about what I am working on. I can end it at any time."
    assert given.given_at == NOW + 20 * SECOND
    assert given.proof is not None
    assert version in given.proof


def two_who_are_one() -> tuple[Lead, Lead]:
    """Return Anna's record, and another one of hers that was merged into it, whose address the form is sent in with."""
    anna = world.lead(world.account(name="Elsewhere", domain="home.example"), email="anna@home.example")
    double = world.anna()
    merging.merge(lead_id=double.pk, into_id=anna.pk, by="ola", reason="one person", at=NOW)
    return anna, double


def test_a_consent_by_another_record_s_address_is_kept_and_goes_with_it(visitor, demo, time):
    anna, double = two_who_are_one()

    send(visitor, demo, time, consent="yes")
    take_in(time)

    assert Consent.objects.get().lead == anna
    parting.unmerge(lead_id=double.pk, by="ola", at=time.at)
    assert Consent.objects.get().lead == double


def test_so_is_one_that_was_asked_for_by_mail(visitor, demo, time):
    anna, double = two_who_are_one()
    send(visitor, demo, time, consent="yes", **{"account-country": "Germany"})
    take_in(time)
    asked = Confirmation.objects.get()
    assert asked.lead == anna

    confirmations.confirm(public_id=asked.public_id, at=time.at)

    parting.unmerge(lead_id=double.pk, by="ola", at=time.at)
    assert Consent.objects.get(confirmed_at=time.at).lead == double


@pytest.mark.parametrize("country", ["Germany", "Austria", ""])
def test_where_the_law_asks_or_the_country_is_unknown_a_mail_asks_first(visitor, demo, time, country):
    send(visitor, demo, time, consent="yes", **{"account-country": country})
    take_in(time)

    asked = Confirmation.objects.get()
    assert (asked.state, asked.email, Consent.objects.count()) == ("WAITING", "anna@brightpath.example", 0)


def live_a_moment(time: Time) -> None:
    """Let a worker do what is due."""
    cast.worker(VirtualClock(at=time.at, end=time.at + 5 * SECOND)).run(until=time.at + 5 * SECOND)


def text_of(message: OutboxMessage) -> str:
    found = outbox.find_message(message.pk)
    assert found is not None
    return bytes(found.body or b"").decode().replace("=\r\n", "")


def confirm_url(message: OutboxMessage) -> str:
    found = re.search(r"(/c/[a-z2-7]{80})", text_of(message))
    assert found
    return found[1]


@pytest.fixture
def asked(visitor, demo, time) -> OutboxMessage:
    """Somebody in Germany agreed to mail, and the question has gone out."""
    send(visitor, demo, time, consent="yes", **{"account-country": "Germany"})
    live_a_moment(time)
    return OutboxMessage.objects.get(kind="confirmation")


def test_the_question_holds_nothing_but_the_question(asked):
    text = text_of(asked)

    assert asked.state == "SENT"
    assert "Yes, write to me about what I am working on." in text.replace("\r\n", "\n")
    assert "Auto-Submitted: auto-generated" in text
    assert "unsubscribe" not in text.lower()
    assert "text/html" not in text


def test_looking_confirms_nothing_and_the_button_does(visitor, asked, time):
    url = confirm_url(asked)
    for method in (visitor.get, visitor.head):
        assert method(url).status_code == 200
    assert Consent.objects.count() == 0

    answer = visitor.post(url)
    again = visitor.post(url)

    given = Consent.objects.get()
    assert (answer.status_code, again.status_code) == (200, 200)
    assert (given.confirmed_at, given.given_at) == (time.at, NOW + 20 * SECOND)
    assert asked.message_id is not None
    assert Confirmation.objects.get().public_id.hex in (given.proof or "")


def test_a_link_that_was_damaged_or_is_anothers_confirms_nothing(visitor, asked):
    lead = Lead.objects.get()
    other = tokens.make(
        tokens.Purpose.UNSUBSCRIBE, lead=lead.public_id, touch=Confirmation.objects.get().public_id
    )

    for token in (other, confirm_url(asked)[3:-2] + "aa", "x"):
        assert visitor.post(f"/c/{token}").status_code == 404

    assert Consent.objects.count() == 0


def test_nobody_is_asked_twice_in_a_day(visitor, demo, time, asked):
    for _ in range(3):
        send(visitor, demo, time, consent="yes", **{"account-country": "Germany"})
        live_a_moment(time)
    assert OutboxMessage.objects.filter(kind="confirmation").count() == 1

    time.set(time.at + timedelta(hours=25))
    send(visitor, demo, time, consent="yes", **{"account-country": "Germany"})
    live_a_moment(time)

    assert OutboxMessage.objects.filter(kind="confirmation").count() == 2


def test_an_opt_out_is_lifted_by_a_confirmed_consent_and_by_nothing_less(visitor, demo, time):
    anna = world.anna(world.brightpath())
    leads.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="page", at=NOW, lead_ids=[anna.pk])

    send(visitor, demo, time, consent="yes", **{"lead-email": anna.email})
    live_a_moment(time)
    assert (Suppression.objects.filter(lead=anna).exists(), Consent.objects.filter(lead=anna).count()) == (
        True,
        0,
    )

    visitor.post(confirm_url(OutboxMessage.objects.get(kind="confirmation")))

    assert not Suppression.objects.filter(lead=anna).exists()
    assert Consent.objects.get(lead=anna).confirmed_at == time.at


def test_a_demo_asked_for_by_form_is_before_sales_at_the_next_turn(visitor, demo, time):
    send(visitor, demo, time)
    live_a_moment(time)

    handed = Handoff.objects.get()
    assert (handed.is_hand_raise, handed.lead.email) == (True, "anna@brightpath.example")
    assert handed.opened_at - time.at <= SECOND


def test_somebody_who_is_known_is_asked_one_question_more_and_its_answer_is_kept(visitor, demo, time):
    brightpath = world.brightpath()
    anna = world.anna(brightpath)
    cast.decide(NOW, anna)
    key = tokens.make(tokens.Purpose.FORM, lead=anna.public_id)

    page = visitor.get(f"{demo}?k={key}").content.decode()
    own = visitor.get(demo).content.decode()

    names = re.findall(r'name="((?:lead|account)-[a-z_]+)"', page)
    added = [name for name in dict.fromkeys(names) if f'name="{name}"' not in own]
    assert len(added) == 1
    time.set(NOW + 20 * SECOND)
    field = added[0].replace("-", ".")
    value = re.search(rf'name="{added[0]}" value="([^"]+)"', page)
    answer = value[1] if value else "software"
    visitor.post(demo, {"stamp": stamp_on(page.encode()), "k": key, **filled(**{added[0]: answer})})
    take_in(time)

    assert ("answered", "", field) in events()


def test_a_link_of_whom_a_person_has_merged_since_asks_what_the_one_who_stays_would_be_asked(
    visitor, demo, time
):
    anna = world.anna(world.brightpath())
    tom = world.tom(anna.account)
    cast.decide(NOW, anna)
    merging.merge(lead_id=tom.pk, into_id=anna.pk, by="eva", reason="one person", at=NOW)

    def asked(query: str) -> list[str]:
        return re.findall(r'name="((?:lead|account)-[a-z_]+)"', visitor.get(demo + query).content.decode())

    for_anna, for_tom = (
        asked(f"?k={tokens.make(tokens.Purpose.FORM, lead=lead.public_id)}") for lead in (anna, tom)
    )

    assert for_tom == for_anna != asked("")


def test_a_form_may_be_framed_by_its_own_sites_and_sent_nowhere_else(visitor, demo):
    catalog.add("plain", DEMO.replace("origins: [https://www.ours.example]", ""), at=NOW)

    framed, plain = visitor.get(demo), visitor.get("/f/plain")

    assert "frame-ancestors https://www.ours.example" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert "frame-ancestors 'none'" in plain["Content-Security-Policy"]
    assert plain["X-Frame-Options"] == "DENY"
    assert "form-action 'self'" in plain["Content-Security-Policy"]


def test_the_browser_goes_where_the_form_says_whatever_the_address_says(visitor, demo, time):
    catalog.add("guide", DEMO + "redirect: https://www.ours.example/guide\n", at=NOW)
    stamp = stamp_on(visitor.get("/f/guide?redirect=https://evil.example").content)
    time.set(NOW + 20 * SECOND)

    answer = visitor.post(
        "/f/guide?next=https://evil.example", {"stamp": stamp, "redirect": "https://evil.example", **filled()}
    )

    assert (answer.status_code, answer["Location"]) == (302, "https://www.ours.example/guide")


def test_a_script_in_an_answer_is_text(visitor, demo, time):
    answer = send(
        visitor, demo, time, **{"lead-email": "", "lead-first_name": POLYGLOT, "lead-message": POLYGLOT}
    )

    assert "<script>alert" not in answer.content.decode()
    assert "<img src=x" not in answer.content.decode()


def test_a_form_that_is_none_or_switched_off_is_not_there(visitor, demo):
    from coldframe.activity import sources

    sources.disable("demo", at=NOW)

    assert visitor.get(demo).status_code == visitor.get("/f/none").status_code == 404
    assert visitor.post(demo, filled()).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("lead.email, label: Work", "lead.first_name, label: Work"), "one of them must be lead.email"),
        (("lead.message", "lead.mesage"), "there is no field lead.mesage"),
        (("kind: choice, choices: [now, this year, later]", "kind: choice"), "choices go with kind: choice"),
        (("https://www.ours.example", "javascript:alert(1)"), "origins: expected such as"),
        (("thanks:", "thnks:"), "thnks: Extra inputs are not permitted"),
        (("title: See it at work", ""), "title: Field required"),
        (("required: true", "required: perhaps"), "fields.1.required"),
    ],
)
def test_a_form_that_cannot_be_served_is_refused_with_the_place(change, said):
    with pytest.raises(definition.BadForm) as refusal:
        definition.parse(DEMO.replace(*change), where="demo")

    assert said in str(refusal.value)


def test_nothing_is_mailed_but_by_the_outbox(asked):
    assert django_mail.outbox == []


def test_who_is_erased_leaves_no_question_behind(visitor, asked, time, tmp_path):
    [told] = persons.about(Lead.objects.get().pk)["forms_to_confirm"]
    assert (told["email"], told["state"]) == ("anna@brightpath.example", "MAILED")

    erasure.erase_person(Lead.objects.get().pk, home=tmp_path, at=time.at)

    found = outbox.find_message(asked.pk)
    assert Confirmation.objects.count() == 0
    assert found is not None
    assert (found.recipient, found.body) in {(None, None), ("", b""), ("", None)}
