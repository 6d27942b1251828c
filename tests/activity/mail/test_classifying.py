"""What a mail is: by form before headers, by headers before senders, by words last; machines never count as people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from coldframe.activity.mail import automatic, classifying, parsing, replies, wishes
from coldframe.activity.mail.classifying import classify
from coldframe.activity.mail.vocabulary import Failure, MailClass

TOUCH = "0123456789abcdef0123456789abcdef"


def mail(text: str = "Yes.", *, subject: str = "Re: A checklist", sender: str = "Anna <anna@brightpath.example>", more: str = "") -> bytes:  # fmt: skip
    head = (
        f"From: {sender}\nTo: sales@ours.example\nSubject: {subject}\nDate: Mon, 01 Jun 2026 08:00:00 +0000\n"
    )
    return f"{head}{more}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


ANSWERS = f"In-Reply-To: <{TOUCH}.0@ours.example>\n"
AUTO = "Auto-Submitted: auto-replied\n"

#: What people write, in eight languages. None of it is an answer of a machine, a bounce or an opt-out.
WRITTEN = (
    "Yes, Tuesday suits me.", "How much is it for 40 people?", "Can you send me the price list?", "I forwarded it to Ola, she decides.",
    "We talked about it, and budget comes in Q1.", "Please call me on Thursday at 10.", "Who else uses it in logistics?",
    "Thanks, that was useful!", "I will be back to you next week.", "I'm out of the office on Friday, so let us talk on Monday.",
    "Your message was returned to my spam folder, by the way.", "The delivery of our own project failed twice, that is why I ask.",
    "Does it stop people from sending duplicates?", "We no longer work with agencies, so this fits.", "I no longer work with spreadsheets, so this fits.", "Nobody left the meeting unconvinced.",
    "Ja, Dienstag passt mir.", "Was kostet das für 40 Personen?", "Können Sie mir die Preisliste schicken?", "Bitte rufen Sie mich am Donnerstag an.",
    "Ich habe es an Frau Nowak weitergeleitet.", "Unser Budget steht erst im ersten Quartal fest.", "Danke, das hat geholfen!",
    "Oui, mardi me convient.", "Quel est le prix pour 40 personnes ?", "Pouvez-vous m'envoyer la liste des prix ?", "Merci, c'était utile.",
    "Appelez-moi jeudi, s'il vous plaît.", "J'en parle à ma collègue.", "Le budget sera décidé en janvier.",
    "Sí, el martes me viene bien.", "¿Cuánto cuesta para 40 personas?", "¿Puede enviarme la lista de precios?", "Gracias, fue útil.",
    "Llámeme el jueves, por favor.", "Lo hablo con mi compañera.",
    "Sì, martedì va bene.", "Quanto costa per 40 persone?", "Può mandarmi il listino?", "Grazie, è stato utile.", "Mi chiami giovedì.",
    "Sim, terça-feira é bom.", "Quanto custa para 40 pessoas?", "Pode enviar a lista de preços?", "Obrigado, foi útil.",
    "Ja, dinsdag past mij.", "Wat kost het voor 40 mensen?", "Kunt u mij de prijslijst sturen?", "Bedankt, dat was nuttig.",
    "Tak, wtorek mi pasuje.", "Ile to kosztuje dla 40 osób?", "Proszę zadzwonić w czwartek.", "Dziękuję, to było pomocne.",
)  # fmt: skip
OPENINGS = ("", "Hi,\n\n", "Hello Kim,\n\n", "Thanks for the mail.\n\n")
QUOTE = "\n\nOn Mon, 1 Jun 2026 at 09:00, Sales <sales@ours.example> wrote:\n> Hello Anna,\n> Unsubscribe: https://ours.example/u/x\n> Out of office: contact us"


def test_of_two_hundred_replies_in_eight_languages_none_is_taken_for_anything_else() -> None:
    texts = [f"{opening}{text}{QUOTE}" for text in WRITTEN for opening in OPENINGS]
    wrong = {
        text: found.mail_class
        for text in texts
        if (found := classify(mail(text, more=ANSWERS))).mail_class != MailClass.REPLY
    }

    assert len(texts) >= 200
    assert wrong == {}


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatic reply: A checklist", "I am away."),
        ("Automatische Antwort: Mail delivery failed, and what to do", "Ich bin im Urlaub."),
        ("Abwesenheitsnotiz: Re: A checklist", "Ich bin bis 12.06.2026 nicht im Büro."),
        ("Réponse automatique : A checklist", "Je suis absent du bureau."),
        ("Respuesta automática: A checklist", "Estoy fuera de la oficina."),
        ("Out of Office", "Back on 12 June."),
        ("自動応答: A checklist", "不在です。"),
    ],
)
@pytest.mark.parametrize(
    "envelope", ["", "Return-Path: <>\n", "Return-Path: <postmaster@brightpath.example>\n"]
)
def test_answers_of_machines_are_known_by_subject_also_where_the_envelope_is_a_mail_systems(subject: str, text: str, envelope: str) -> None:  # fmt: skip
    found = classify(mail(text, subject=subject, more=f"{envelope}X-Auto-Response-Suppress: All\n"))

    assert found.mail_class == MailClass.AUTO_REPLY


#: Subjects of which the beginning is that of an automatic answer, and the rest a person's.
SPEAKS_OF_ABSENCE = (
    "Absence management – demo?", "Out of office tool: quote?", "Vacation planner for 40 people",
    "Urlaubsverwaltung: was kostet das?", "On leave requests, a question",
)  # fmt: skip


@pytest.mark.parametrize("subject", SPEAKS_OF_ABSENCE)
@pytest.mark.parametrize(
    "text", ["Can you show it to us?", "We plan vacations by hand, and an out of office tool would help."]
)
def test_a_new_mail_that_only_its_subject_makes_a_machines_is_read_by_a_person(
    subject: str, text: str
) -> None:
    found = classify(mail(text, subject=subject))

    assert (found.mail_class, found.text) == (MailClass.UNCLEAR, text)


def test_a_new_mail_of_which_only_the_subject_is_a_machines_marks_nobody_as_gone_by_itself() -> None:
    text = "The colleague who did it has left the company. Do you have a tool?"
    found = classify(mail(text, subject="Absence management – demo?"))

    assert (found.mail_class, found.needs_person) == (MailClass.LEFT_COMPANY, True)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Thank you for your mail.", AUTO),
        ("Thank you for your mail.", "Precedence: bulk\n"),
        ("Thank you for your mail.", "Return-Path: <>\n"),
        ("Thank you for your mail.", ANSWERS),
        (f"Thank you for your mail.\n\n> X-Coldframe-Touch: {TOUCH}", ""),
        ("I am out of the office, and back on 12 June.", ""),
        ("Ich bin bis zum 12.06.2026 im Urlaub.", ""),
    ],
)
def test_the_subject_of_a_machine_with_any_other_sign_is_an_automatic_answer(text: str, more: str) -> None:
    found = classify(mail(text, subject="Out of office: A checklist", more=more))

    assert found.mail_class == MailClass.AUTO_REPLY


def test_a_report_that_says_it_is_an_automatic_answer_is_a_report() -> None:
    text = "Your message to anna@brightpath.example could not be delivered.\n\n550 5.1.1 <anna@brightpath.example>: User unknown"
    found = classify(
        mail(
            text, subject="Undelivered Mail Returned to Sender", sender="MAILER-DAEMON@mx.example", more=AUTO
        )
    )

    assert found.mail_class == MailClass.BOUNCE
    assert found.recipients[0].address == "anna@brightpath.example"
    assert found.recipients[0].is_hard


def test_an_answer_to_a_report_is_a_persons() -> None:
    found = classify(
        mail("I got it now, thanks.", subject="Re: Undelivered Mail Returned to Sender", more=ANSWERS)
    )

    assert found.mail_class == MailClass.REPLY


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("I am away until 12 June 2026.", "2026-06-12"),
        ("I will be back on June 12th.", "2026-06-12"),
        ("Out of office from 1 June to 12 June.", "2026-06-12"),
        ("Ich bin bis zum 12.06.2026 im Urlaub.", "2026-06-12"),
        ("Ab dem 15. Juni bin ich wieder erreichbar.", "2026-06-15"),
        ("Je suis absent jusqu'au 12 juin.", "2026-06-12"),
        ("Estaré fuera hasta el 12 de junio.", "2026-06-12"),
        ("Back 2026-06-12.", "2026-06-12"),
        ("Back on 06/12/2026.", "2026-06-12"),
        ("6月12日まで不在です。", "2026-06-12"),
        ("I am away. My direct line is 12-06-78.", None),
        ("I was away until 12 June 2019.", None),
    ],
)
def test_the_day_of_the_return_is_read_in_several_languages(text: str, until: str | None) -> None:
    found = classify(mail(text, subject="Automatic reply: A checklist", more=AUTO))

    assert found.mail_class == MailClass.AUTO_REPLY
    assert (f"{found.until:%Y-%m-%d}" if found.until else None) == until


@pytest.mark.parametrize(
    "text",
    [
        "Anna no longer works here. Please write to ola@brightpath.example.",
        "Anna Kowalska has left the company. Contact ola@brightpath.example instead.",
        "I no longer work at Brightpath. Please contact ola@brightpath.example.",
        "Hello, I've left the company. Contact ola@brightpath.example instead.",
        "I am no longer with Brightpath, please write to ola@brightpath.example.",
        "Frau Kowalska ist nicht mehr bei uns beschäftigt. Bitte wenden Sie sich an ola@brightpath.example.",
        "Anna ne travaille plus chez nous, merci de contacter ola@brightpath.example.",
        "Anna ya no trabaja aquí; escriba a ola@brightpath.example.",
    ],
)
@pytest.mark.parametrize("headers", [AUTO, ""])
def test_who_has_left_is_named_with_who_came_after(text: str, headers: str) -> None:
    found = classify(mail(text, more=headers))

    assert (found.mail_class, found.successor) == (MailClass.LEFT_COMPANY, "ola@brightpath.example")
    assert found.needs_person == (headers == "")


@pytest.mark.parametrize(
    "text",
    [
        "Please remove me from your list.", "Remove me", "stop", "STOP!", "Unsubscribe", "Please unsubscribe me.", "Take me off this list.",
        "Stop emailing me.", "Do not contact me again.", "No more emails please", "Abmelden", "Bitte löschen Sie mich aus dem Verteiler.",
        "Keine weiteren Mails bitte.", "Désinscription", "Merci de me désinscrire.", "Darme de baja", "Por favor, no deseo recibir más correos.",
        "Cancellami", "Uitschrijven", "Hi,\n\nplease remove me.\n\nBest regards\nAnna",
    ],
)  # fmt: skip
def test_who_asks_for_no_more_mail_is_understood(text: str) -> None:
    assert classify(mail(text, more=ANSWERS)).mail_class == MailClass.UNSUBSCRIBE


@pytest.mark.parametrize(
    "text",
    [
        "Does your tool add an unsubscribe link?",
        "I did not unsubscribe, please keep writing.",
        "My colleague wants to opt out of the trial, what happens to her data?",
    ],
)
def test_who_only_speaks_of_leaving_is_read_by_a_person(text: str) -> None:
    assert classify(mail(text, more=ANSWERS)).mail_class == MailClass.UNCLEAR


@pytest.mark.parametrize(
    "text",
    [
        "We are not interested.",
        "No thanks.",
        "Kein Interesse.",
        "Pas intéressé.",
        "No nos interesa, gracias.",
    ],
)
def test_no_is_not_never(text: str) -> None:
    found = classify(mail(text, more=ANSWERS))

    assert (found.mail_class, found.needs_person) == (MailClass.REPLY, True)


def test_a_receipt_is_nothing_that_a_person_wrote() -> None:
    data = b"""From: anna@brightpath.example\nSubject: Read: A checklist\nMIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: text/plain\n\nRead.\n
--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n\n--b--\n"""

    assert classify(data).mail_class == MailClass.NOTICE


def test_the_touch_is_found_in_what_is_answered_what_is_returned_and_what_is_quoted() -> None:
    answered = classify(mail(more=ANSWERS))
    returned = classify(mail(f"Yes.\n\n> X-Coldframe-Touch: {TOUCH}"))
    nothing = classify(mail(more="In-Reply-To: <CAF123@mail.example>\n"))

    assert (answered.touches, returned.touches, nothing.touches) == ((TOUCH,), (TOUCH,), ())


@pytest.mark.parametrize(
    ("status", "said", "failure"),
    [
        ("5.1.1", "550 5.1.1 <anna@brightpath.example>: Recipient address rejected: User unknown in relay recipient table", Failure.UNKNOWN_ADDRESS),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", Failure.UNKNOWN_ADDRESS),
        ("5.4.4", "Host or domain name not found. Name service error for name=brightpath.example type=A: Host not found", Failure.UNKNOWN_DOMAIN),
        ("5.2.2", "552 5.2.2 The email account that you tried to reach is over quota", Failure.FULL),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", Failure.DISABLED),
        ("5.7.26", "550-5.7.26 This mail is unauthenticated, which poses a security risk: SPF and DKIM did not pass", Failure.AUTHENTICATION),
        ("5.7.27", "550 5.7.27 DKIM failed", Failure.AUTHENTICATION),
        ("5.7.515", "550 5.7.515 Access denied, sending domain does not meet the required authentication level", Failure.AUTHENTICATION),
        ("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", Failure.BLOCKED),
        ("5.7.1", "550 5.7.1 Message rejected as spam by Content Filtering", Failure.SPAM),
        ("4.7.28", "421-4.7.28 Our system has detected an unusual rate of unsolicited mail", Failure.RATE),
        ("5.7.1", "550 5.7.1 User unknown, or you are not allowed to write to them", Failure.SENDER_REFUSED),
        ("4.4.7", "Message expired: delivery time expired", Failure.EXPIRED),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", Failure.TOO_LARGE),
    ],
)  # fmt: skip
def test_why_a_mail_failed_is_read_from_words_and_codes(status: str, said: str, failure: Failure) -> None:
    from coldframe.activity.mail import failures

    assert failures.reason_of(status, f"smtp; {said}", "").failure == failure


def test_reading_asks_no_clock_and_repeats_itself() -> None:
    data = mail("Yes.", more=ANSWERS)

    assert classify(data) == classify(data)
    assert parsing.read(data).sent_at == datetime(2026, 6, 1, 8, tzinfo=UTC)


def test_names_of_months_are_of_one_month_each() -> None:
    assert set(automatic.MONTHS.values()) == set(range(1, 13))


def test_what_is_left_of_a_reply_is_never_nothing_when_something_was_written() -> None:
    for text in WRITTEN:
        assert replies.cut(text) == text
        assert wishes.asks_to_leave("", text) is False
    assert classifying.classify(b"").mail_class == MailClass.UNCLEAR


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("Not now. Please contact me again after 15 September 2026.", "2026-09-15"),
        ("We won't decide anything before 1 October. Kind regards", "2026-10-01"),
        ("Could you get back to me on September 15th?", "2026-09-15"),
        ("Bitte melden Sie sich ab dem 15. September wieder bei mir.", "2026-09-15"),
        ("Das Thema kommt erst ab 01.10.2026 wieder dran.", "2026-10-01"),
        ("Let us talk on 12 June at ten.", None),
        ("Please get back to me.", None),
        ("We met on 3 March 2019, please get back to me.", None),
    ],
)
def test_a_person_who_puts_it_off_names_the_day(text: str, until: str | None) -> None:
    found = classify(mail(text))

    assert found.mail_class == MailClass.REPLY
    assert (found.until and found.until.date().isoformat()) == until
