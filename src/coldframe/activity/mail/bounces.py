"""Reports of failed delivery: whose mail failed, and in which words. RFC 3464 first, then what servers write in prose."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from functools import cache

from coldframe.activity.mail import automatic, failures, limits
from coldframe.activity.mail.parsing import ADDRESS, Mail, Part, addresses_in
from coldframe.activity.mail.vocabulary import FailedRecipient, Failure

LOG = logging.getLogger(__name__)

#: What the detectors of flufl.bounce raise on mail that nobody foresaw.
STUMBLES = (IndexError, KeyError, ValueError, AttributeError, TypeError, LookupError, AssertionError)
ANSWER = re.compile(r"(?:re|aw|sv|antw|odp|rif|vs|回复|答复)\s*(?:\[\d+\])?:", re.IGNORECASE)
#: Who sends such reports.
DAEMON = re.compile(
    r"mailer-?daemon|post_?master|poo?stmaster|mail[ ._-]*deliver[iy]|mail[ ._-]*daemon|delivery[ ._-]*(?:sub)?system|system administrator"
    r"|mail[ ._-]*(?:sub)?system|mail administrator|bounces?@|mdaemon|mailsystem|smtp[ ._-]*(?:mail|gateway|server)|mailserver|internet mail delivery",
    re.IGNORECASE,
)
#: What their subjects say, in the languages they are seen in.
SUBJECT = re.compile(
    r"undeliver(?:able|ed)|un-?deliverable|non[ -]?(?:remis|delivery|recapitabile|distribu)|delivery (?:status )?(?:notification|failure|failed|report|problem|error|has failed|incomplete|unsuccessful)"
    r"|(?:mail|message|e-?mail) (?:delivery )?(?:fail(?:ed|ure)|could not be delivered|not delivered|delayed|blocked|returned|system error)"
    r"|failure (?:notice|delivery)|returned? (?:mail|to sender|e-?mail)|return(?:ed|ing) (?:mail|message)|delivery (?:delay|failed)|mail failed|delayed mail"
    r"|could ?n[o']t (?:be )?deliver|not delivered|nicht zugestellt|unzustellbar|non délivré|no se puede entregar|no entregado|mancata consegna|não entregue|onbestelbaar"
    r"|недостав|не доставлен|배달|配信不能|送信エラー|エラーメール|エラー通知|退信|宛先不明|niedostarcz|undelivered|message you sent blocked|notice: mail delivery status|considered unsolicited"
    r"|warning: (?:message|could not send)|user unknown|unknown (?:user|recipient)|mail ?box (?:full|unavailable)|nondeliverable|loop alert|postmaster notify|error sending|send(?:ing)? (?:fail|error)"
    r"|there was an error sending|bounce|invalid (?:address|recipient)|no such user|problem(?:s)? delivering|mail delivery",
    re.IGNORECASE,
)
#: Where the mail that failed begins, below the report's own words.
RETURNED = re.compile(
    r"^\W*(?:original (?:message|mail)\b.{0,40}|(?:the )?(?:original|returned|undelivered) (?:message|mail)(?: text| headers?)?(?: follows| is attached| is below| attached|:).{0,40}|.{0,20}message (?:text )?follows.{0,30}"
    r"|.{0,30}this is a copy of (?:the|your) (?:message|mail).{0,60}|.{0,30}is a copy of the (?:message|mail|original).{0,60}|unsent message (?:below|follows).{0,20}|.{0,30}(?:start|begin) of (?:returned|original) (?:message|mail).{0,20}"
    r"|your (?:original )?message (?:reads|follows|was).{0,20}|received:.*|.{0,10}(?:message|mail) headers? follows?.{0,30}|returned (?:mail|message) follows.{0,20}|.{0,10}copy of (?:your|the) message.{0,40}|x-original-message.*"
    r"|.{0,20}the header of the (?:original )?(?:message|mail).{0,40}|forwarded message.{0,20}|.{0,20}headers of the (?:original )?message.{0,30}|return-path:.*)\W*$",
    re.IGNORECASE,
)
FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{2,40}):\s*(.*)$")
#: Lines that report something of an address in prose.
ABOUT_ADDRESS = re.compile(
    r"(?:^\s*(?:<|\"|'|\[|>|\*|#|\(|to:?|rcpt to:?|recipient(?: address)?:?|user:?|address:?|addressee:?|invalid|unknown|failed|undeliverable|error-for:?|intended recipient:?|final-recipient:?)"
    r"|^\s*[^\s@]+@\S+\s*(?:$|[:(\[.,;]|-)|not|fail|reject|unknown|deliver|exist|disabled|full|quota|refus)",
    re.IGNORECASE,
)
HEADER_LINE = re.compile(
    r"^\s*(?:message-id|from|received|return-path|sender|reply-to|date|references|in-reply-to|reporting-mta|x-\S+)\s*:",
    re.IGNORECASE,
)
OFFER = re.compile(r"contact|assistance|please|help|support", re.IGNORECASE)
NO_RECIPIENT = re.compile(
    r"^(?:mailer-daemon|postmaster|abuse|noreply|no-reply|bounces?)@|^<>$", re.IGNORECASE
)
#: Actions of RFC 3464 that say nothing failed.
FINE = ("delivered", "relayed", "expanded")
DELAY = re.compile(
    r"\b(?:delayed|has not (?:yet )?been delivered|not yet been delivered|still being retried|will (?:continue to )?(?:be retried|retry|keep trying|try again|attempt)|warning only|do not (?:need to )?(?:re-?send|resend)"
    r"|temporary (?:problem|failure)s?,? (?:will|delivering)|delivery attempts will continue|delivery status notification \(delay\)|retry(?:ing)? (?:until|timeout)|no action is required on your part|could not send message for past)",
    re.IGNORECASE,
)
GIVEN_UP = re.compile(
    r"permanent|giv(?:e|en|ing) (?:it )?up|gave up|fatal error|returned (?:to sender|unsent)|returning (?:message|mail)|has failed|delivery (?:status notification \(failure\)|failed|failure)|could not be delivered|too old|expired"
    r"|exceeded|undeliver|failure notice|unable to deliver|not (?:been )?delivered to",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Told:
    """What a report tells of one recipient, in its own words."""

    address: str
    status: str
    diagnostic: str
    action: str


def failed_recipients(mail: Mail) -> tuple[FailedRecipient, ...]:
    """Return the recipients that a report of failed delivery names, with the reason; none where nothing failed."""
    prose = own_words(mail)
    told = list(from_fields(mail))
    failed = [each for each in told if not each.action.startswith(FINE)]
    if not failed and told:
        return ()
    if not failed:
        failed = list(from_prose(mail, prose))
    is_delay = is_delayed(mail, prose)
    found = [as_recipient(each, prose=prose, alone=len(failed) == 1, is_delay=is_delay) for each in failed]
    return tuple(best_of_each(found))[: limits.MOST_RECIPIENTS]


def best_of_each(found: list[FailedRecipient]) -> list[FailedRecipient]:
    """Return one entry for each address: the one that says why."""
    best: dict[str, FailedRecipient] = {}
    for each in found:
        held = best.get(each.address)
        if held is None or (held.failure == Failure.UNKNOWN and each.failure != Failure.UNKNOWN):
            best[each.address] = each
    return list(best.values())


def as_recipient(told: Told, *, prose: str, alone: bool, is_delay: bool) -> FailedRecipient:
    """Return a recipient with the reason, from its own words first, then from those of the whole report."""
    around = prose if alone else lines_about(prose, told.address)
    why = failures.reason_of(told.status, told.diagnostic, around)
    return FailedRecipient(
        address=told.address,
        failure=why.failure,
        status=why.status,
        reply_code=why.reply_code,
        is_permanent=is_given_up(told, why, is_delay=is_delay),
        diagnostic=(told.diagnostic or around)[:500],
    )


def is_given_up(told: Told, why: failures.Why, *, is_delay: bool) -> bool:
    """Return whether the mail was given up: by the action, else by the words, else by the code."""
    if told.action.startswith("delay"):
        return False
    if told.action.startswith(("fail", "error")):
        return True
    return not is_delay


def is_delayed(mail: Mail, prose: str) -> bool:
    """Return whether a report only warns: the subject says so, or the words do and nothing says it was given up."""
    if re.search(r"\((?:delay|failure)\)", mail.subject, re.IGNORECASE):
        return "(delay)" in mail.subject.lower()
    text = f"{mail.subject}\n{prose[:4_000]}"
    return bool(DELAY.search(text)) and not GIVEN_UP.search(
        prose[:4_000].replace("could not be delivered", "", 1) if "delayed" in mail.subject.lower() else text
    )


def from_fields(mail: Mail) -> Iterator[Told]:
    """Yield what the fields of delivery statuses say (RFC 3464 2.3): those of the report, not of one within it."""
    statuses = [each for each in mail.parts if each.content_type == "message/delivery-status"]
    outermost = min((each.depth for each in statuses), default=0)
    found = [each for each in statuses if each.depth == outermost]
    found += [each for each in mail.parts if each.depth == 0 and each not in found and has_fields(each)]
    for part in found:
        for block in re.split(r"\n\s*\n", part.text)[: limits.MOST_RECIPIENTS * 2]:
            yield from told_by(fields_of(block))


def has_fields(part: Part) -> bool:
    """Return whether the fields of a delivery status stand in a part of another kind."""
    return "final-recipient:" in part.text.lower()


def fields_of(block: str) -> dict[str, str]:
    """Return the fields of a block by name in lower case, folded lines joined."""
    found: dict[str, str] = {}
    name = ""
    for line in block.splitlines()[:200]:
        if name and line[:1].isspace():
            found[name] = f"{found[name]} {line.strip()}"
        elif match := FIELD.match(line.strip("\r")):
            name = match.group(1).lower()
            found.setdefault(name, match.group(2).strip())
    return found


def told_by(fields: dict[str, str]) -> Iterator[Told]:
    """Yield the recipient of a block of fields."""
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    given = [fields[name] for name in names if fields.get(name)]
    if not given and "status" not in fields and "action" not in fields:
        return
    addresses = [each for value in given for each in addresses_in(without_type(value))]
    diagnostic = " ".join(
        fields.get(name, "") for name in ("diagnostic-code", "x-notes", "x-supplementary-info")
    )
    if not given and not diagnostic.strip():
        return
    yield Told(
        address=addresses[0] if addresses else "",
        status=fields.get("status", ""),
        diagnostic=diagnostic.strip()[:2_000],
        action=fields.get("action", "").strip().lower(),
    )


def without_type(value: str) -> str:
    """
    Return a recipient field without the type that stands before the address.

    >>> without_type("rfc822; anna@brightpath.example"), without_type("<ben@northwind.example>")
    (' anna@brightpath.example', '<ben@northwind.example>')
    """
    return value.split(";", 1)[1] if ";" in value else value


def own_words(mail: Mail) -> str:
    """Return what a report says itself: its text, up to where the mail that failed begins."""
    texts = [mail.text]
    texts += [
        each.text for each in mail.parts
        if each.depth == 0 and each.text and each.content_type in {"text/plain", "message/delivery-status"} and each.text not in mail.text
    ]  # fmt: skip
    kept: list[str] = []
    for text in texts:
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if (
                number > 1
                and len(line) < 200
                and RETURNED.match(line.strip())
                and any(each.strip() for each in lines[:number])
            ):
                break
            kept.append(line[: limits.LONGEST_LINE])
        kept.append("")
    return "\n".join(kept)[: limits.MOST_TEXT]


def from_prose(mail: Mail, prose: str) -> Iterator[Told]:
    """Yield the recipients that a report names in prose: by the rules of flufl.bounce, else by our own."""
    known = known_reports(mail)
    for address, action in sorted(known.items())[: limits.MOST_RECIPIENTS]:
        yield Told(address=address, status="", diagnostic="", action=action)
    addresses = [] if known else by_words(mail, prose)
    for address in addresses[: limits.MOST_RECIPIENTS]:
        yield Told(address=address, status="", diagnostic="", action="")
    if not known and not addresses:
        yield Told(address="", status="", diagnostic="", action="")


def known_reports(mail: Mail) -> dict[str, str]:
    """Return the addresses that flufl.bounce finds, and whether they failed or wait; none where it stumbles."""
    message = message_from_bytes(mail.source)
    if not getaddresses([str(message.get("from", ""))]):
        del message["from"]
        message["From"] = "postmaster@report.invalid"
    try:
        temporary, permanent = scanner()(message)
    except STUMBLES as stumbled:
        LOG.info("a bounce that flufl.bounce cannot read", extra={"because": type(stumbled).__name__})
        return {}
    found = {address_of(each): "delayed" for each in temporary} | {
        address_of(each): "failed" for each in permanent
    }
    return {
        each: action
        for each, action in found.items()
        if ADDRESS.fullmatch(each) and not NO_RECIPIENT.search(each) and not is_message_id(each)
    }


def is_message_id(address: str) -> bool:
    """Return whether what looks like an address is the id of a message: digits and dots, and long."""
    local = address.partition("@")[0]
    return len(local) > 20 and sum(each.isdigit() for each in local) > len(local) / 2


def address_of(found: bytes) -> str:
    return found.decode("ascii", "replace").strip().strip("<>").lower()


@cache
def scanner() -> Callable[[Message], tuple[frozenset[bytes], frozenset[bytes]]]:
    """Return the detectors, quiet; they are imported when the first bounce comes."""
    from flufl.bounce import all_failures

    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)
    found: Callable[[Message], tuple[frozenset[bytes], frozenset[bytes]]] = all_failures
    return found


def by_words(mail: Mail, prose: str) -> list[str]:
    """Return the addresses that the prose says something of: not the reporter's own, not who the report is to."""
    named = [each for value in mail.headers.get("x-failed-recipients", ()) for each in addresses_in(value)]
    if named:
        return named
    others = {mail.sender, *mail.recipients}
    lines = [
        line
        for line in prose.splitlines()[:500]
        if "@" in line and not HEADER_LINE.match(line) and not OFFER.search(line)
    ]
    likely = [line for line in lines if ABOUT_ADDRESS.search(line)]
    for some in (likely, lines):
        found = [each for line in some for each in addresses_in(line)]
        kept = [
            each
            for each in dict.fromkeys(found)
            if each not in others and not NO_RECIPIENT.search(each) and not is_message_id(each)
        ]
        if kept:
            return kept[:5]
    return [each for each in addresses_in(mail.subject) if each not in others][:1]


def lines_about(prose: str, address: str) -> str:
    """Return the lines that name an address, each with those below it up to the next address."""
    if not address:
        return prose
    kept: list[str] = []
    following = 0
    for line in prose.splitlines():
        if address in line.lower():
            following = 6
        elif "@" in line and ADDRESS.search(line):
            following = 0
        if following:
            kept.append(line)
            following -= 1
    return "\n".join(kept)


def is_report(mail: Mail) -> bool:
    """Return whether a mail is a report of delivery, by form, sender and subject."""
    return bool(signs_of_report(mail))


def signs_of_report(mail: Mail) -> list[str]:
    """Return the signs by which a mail is a report of delivery, the surest first; empty: it is none."""
    signs = []
    kinds = {each.content_type for each in mail.parts}
    if "message/delivery-status" in kinds or mail.report_type.lower() == "delivery-status":
        signs.append("a delivery status (RFC 3464)")
    if mail.headers.get("x-failed-recipients"):
        signs.append("it names failed recipients in its headers")
    is_daemon = bool(DAEMON.search(f"{mail.header('from')} {mail.return_path or ''}"))
    is_nobody = mail.return_path == "" or (mail.return_path or "").startswith(
        ("mailer-daemon", "postmaster", "null")
    )
    is_answer = bool(mail.answers) and bool(ANSWER.match(mail.subject))
    says_so = bool(SUBJECT.search(mail.subject)) and not is_answer and not automatic.says_away(mail.subject)
    fields = any(has_fields(each) for each in mail.parts if each.depth == 0)
    words = failures.says_failure(own_words(mail)[:8_000])
    if fields and (is_daemon or is_nobody or says_so):
        signs.append("fields of a delivery status in its text")
    if says_so and (is_daemon or is_nobody):
        signs.append("a mail system wrote it, and the subject says that delivery failed")
    if words and (is_daemon or (is_nobody and not mail.header("auto-submitted"))):
        signs.append("a mail system wrote it, and it says that delivery failed")
    if words and says_so:
        signs.append("subject and text say that delivery failed")
    if not signs and (is_daemon or says_so) and not is_answer and known_reports(mail):
        signs.append("a report of delivery in a known form")
    return signs
