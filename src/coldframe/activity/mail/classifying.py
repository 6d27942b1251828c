"""
What a mail is. The order decides: reports of delivery, complaints, answers of machines, then people.

Reports of large providers carry the signs of automatic answers, and automatic answers come from addresses of
mail systems; so form goes before headers, headers before senders, and words come last.
"""

from __future__ import annotations

import json
import re

from coldframe.activity.mail import automatic, bounces, complaints, replies, threads, wishes
from coldframe.activity.mail.parsing import Mail, read
from coldframe.activity.mail.vocabulary import Classified, FailedRecipient, Failure, MailClass

#: Signs of RFC 3834 and its forerunners that settle that nobody wrote a mail.
SURE = re.compile(r"^(?:Auto-Submitted|header x-|the subject of)")
#: Without any sign of a machine, only these words say that somebody has left.
LEFT_PLAINLY = re.compile(
    r"\b(?:he|she|they|(?:mr|ms|mrs|herr|frau|m\.|mme)\.? \w+|(?!We |Nobody |I |You )[A-ZÀ-Ý][\w'-]+(?: [A-ZÀ-Ý][\w'-]+)?) (?:ha(?:s|ve) left (?:the (?:company|firm|business|organi[sz]ation)|our (?:company|team|firm)|us\b)|left (?:the company|our company|the firm|the organi[sz]ation)|is no longer (?:with|at|employed|working|part of|here)|no longer works\b|does(?:n't| not) work here)"
    r"|\b[Ii](?: no longer work (?:at|for|here|there)|(?: am|['’]m) no longer (?:with|at|working|employed)|(?: have|['’]ve)? left the company)|no longer works here|nicht mehr (?:bei uns|im unternehmen|im haus|f[üu]r uns t[äa]tig)|arbeitet nicht mehr|ne travaille plus|n'est plus (?:chez|dans)|ya no trabaja|non lavora pi[uù]|werkt (?:hier )?niet meer|n[aã]o trabalha mais|jobbar inte kvar|już nie pracuje|больше не работает",
)
RECEIPT = "message/disposition-notification"


def classify(data: bytes, *, return_path: str | None = None) -> Classified:
    """Return what the mail that the bytes are is, and by which signs."""
    return class_of(read(data, return_path=return_path))


def class_of(mail: Mail) -> Classified:
    """Return what a mail is, and by which signs."""
    thread = threads.thread_of(mail)
    for rule in (as_notice_of_provider, as_report, as_complaint, as_receipt, as_automatic, as_words):
        found = rule(mail, thread)
        if found is not None:
            return found
    return made(MailClass.UNCLEAR, ["nothing tells what it is"], thread)


def made(mail_class: MailClass, reasons: list[str], thread: threads.Thread, **values: object) -> Classified:
    return Classified(
        mail_class=mail_class,
        reasons=tuple(reasons),
        touches=thread.touches,
        lead=thread.lead,
        **values,  # type: ignore[arg-type]
    )


def as_notice_of_provider(mail: Mail, thread: threads.Thread) -> Classified | None:
    """Return the class of a notice that Amazon SES sends as JSON."""
    # A line that grew too long was broken by "!" on its way.
    text = mail.text.replace("!\n ", "").strip()
    if '"notificationType"' not in text[:200] and '"eventType"' not in text[:200]:
        return None
    try:
        told = json.JSONDecoder().raw_decode(text[text.index("{") :])[0]
        kind = str(told.get("notificationType") or told.get("eventType")).lower()
        named = [
            str(each["emailAddress"]).lower()
            for each in told[kind][f"{'bounced' if kind == 'bounce' else 'complained'}Recipients"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return made(MailClass.NOTICE, ["a notice of Amazon SES"], thread)
    if kind == "complaint":
        return made(
            MailClass.COMPLAINT,
            ["a complaint told by Amazon SES"],
            thread,
            complainant=named[0] if named else "",
        )
    is_permanent = str(told[kind].get("bounceType", "")).lower() == "permanent"
    failed = tuple(
        FailedRecipient(
            address=address,
            failure=Failure.UNKNOWN_ADDRESS if is_permanent else Failure.UNKNOWN,
            is_permanent=is_permanent,
            diagnostic=str(told[kind].get("bounceSubType", ""))[:200],
        )
        for address in named
    )
    return made(MailClass.BOUNCE, ["a bounce told by Amazon SES"], thread, recipients=failed)


def as_report(mail: Mail, thread: threads.Thread) -> Classified | None:
    """Return a bounce; a notice where the report says that the mail arrived."""
    signs = bounces.signs_of_report(mail)
    if not signs:
        return None
    failed = bounces.failed_recipients(mail)
    if not failed:
        return made(MailClass.NOTICE, [*signs, "nothing failed"], thread)
    return made(MailClass.BOUNCE, signs, thread, recipients=failed)


def as_complaint(mail: Mail, thread: threads.Thread) -> Classified | None:
    """Return a complaint; feedback that is none goes to a person."""
    signs = complaints.signs_of_complaint(mail)
    if not signs:
        return None
    kind = complaints.feedback_type(mail)
    is_complaint = kind not in complaints.NO_COMPLAINT
    return made(
        MailClass.COMPLAINT,
        [*signs, f"feedback type: {kind[:40]}"],
        thread,
        complainant=complaints.complainant_of(mail) if is_complaint else "",
        needs_person=not is_complaint,
    )


def as_receipt(mail: Mail, thread: threads.Thread) -> Classified | None:
    """Return a notice that a mail was displayed (RFC 8098)."""
    if any(each.content_type == RECEIPT and each.depth == 0 for each in mail.parts):
        return made(MailClass.NOTICE, ["a receipt (RFC 8098)"], thread)
    return None


def as_automatic(mail: Mail, thread: threads.Thread) -> Classified | None:
    """Return an automatic answer; what a machine wrote and nobody can tell goes to a person."""
    signs = automatic.signs_of_machine(mail)
    text = replies.cut(mail.text)
    is_daemon = bool(bounces.DAEMON.search(mail.sender))
    if not signs and not is_daemon:
        return None
    left, away = automatic.has_left(mail, text), automatic.is_away(mail, text)
    is_sure = any(SURE.match(each) for each in signs)
    until = automatic.until_of(mail, text)
    # People write of absences, too: the subject alone of a new mail settles nothing.
    is_doubtful = signs == [automatic.SUBJECT_SIGN] and not (is_daemon or is_answer(mail, thread))
    if left and (is_sure or not is_human_form(mail)):
        successor = automatic.successor_in(mail, text)
        return made(
            MailClass.LEFT_COMPANY,
            [*signs, "it says that somebody has left"],
            thread,
            text=text,
            successor=successor,
            needs_person=is_doubtful,
        )
    if is_doubtful and (until is None or not automatic.SAYS_AWAY.search(text[:4_000])):
        return made(MailClass.UNCLEAR, [*signs, "nothing else says that nobody wrote it"], thread, text=text)
    if is_sure or away:
        return made(
            MailClass.AUTO_REPLY,
            [*signs, *(["it says that somebody is away"] if away else [])],
            thread,
            text=text,
            until=until,
        )
    if "nobody in the envelope" in signs and len(signs) == 1 and mail.answers:
        return None
    return made(
        MailClass.UNCLEAR,
        [*(signs or ["a mail system wrote it"]), "it does not say what it is"],
        thread,
        text=text,
    )


def is_answer(mail: Mail, thread: threads.Thread) -> bool:
    """Return whether a mail answers another one, or carries anything of ours."""
    return bool(mail.answers or thread.touches or thread.lead)


def is_human_form(mail: Mail) -> bool:
    """Return whether a mail looks like an answer that somebody wrote."""
    return bool(mail.answers) and bool(bounces.ANSWER.match(mail.subject))


def as_words(mail: Mail, thread: threads.Thread) -> Classified | None:
    """Return what a person wrote, by the words that are their own."""
    text = replies.cut(mail.text)
    wish = wishes.asks_to_leave(mail.subject, text)
    if wish:
        return made(MailClass.UNSUBSCRIBE, ["it asks to get no more mail"], thread, text=text)
    if wish is None:
        return made(MailClass.UNCLEAR, ["it speaks of leaving, and is not clear"], thread, text=text)
    if not text:
        return made(MailClass.UNCLEAR, ["it has no words of its own"], thread)
    if not mail.sender:
        return made(MailClass.UNCLEAR, ["it names no sender"], thread, text=text)
    if len(text) < 1_500 and LEFT_PLAINLY.search(text):
        successor = automatic.successor_in(mail, text)
        return made(
            MailClass.LEFT_COMPANY,
            ["it says that somebody has left"],
            thread,
            text=text,
            successor=successor,
            needs_person=True,
        )
    if bounces.SUBJECT.search(mail.subject) and not is_human_form(mail):
        return made(
            MailClass.UNCLEAR, ["the subject is that of a report, the text is not"], thread, text=text
        )
    names_a_time = wishes.asks_for_later(text) or bool(automatic.SAYS_AWAY.search(text))
    until = automatic.until_of(mail, text) if names_a_time else None
    if wishes.declines(text):
        return made(
            MailClass.REPLY, ["a person wrote", "says no"], thread, text=text, until=until, needs_person=True
        )
    return made(MailClass.REPLY, ["a person wrote"], thread, text=text, until=until)
