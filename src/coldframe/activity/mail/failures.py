"""Why a mail was not delivered: from the words of servers first, from their codes where the words say nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coldframe.activity.mail.recipient_words import OF_OTHERS
from coldframe.activity.mail.sender_words import OF_SENDERS
from coldframe.activity.mail.vocabulary import HARD, Failure

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]|\.\d)")
REPLY_CODE = re.compile(
    r"(?<![\d.:/-])([45]\d\d)(?=[ -]|\s*$|;|,|:)(?!\s*(?:kb|mb|bytes|msec))", re.MULTILINE
)
SPACES = re.compile(r"\s+")


#: The first that matches decides. What blames the sender stands before what blames the address, for servers say
#: "user unknown" of senders, too.
RULES = (*OF_SENDERS, *OF_OTHERS)
#: What a status code alone says (RFC 3463, RFC 7372, RFC 7505 and common use).
STATUSES: dict[str, Failure] = {
    "1.0": Failure.UNKNOWN, "1.1": Failure.UNKNOWN_ADDRESS, "1.2": Failure.UNKNOWN_DOMAIN, "1.3": Failure.UNKNOWN_ADDRESS,
    "1.4": Failure.UNKNOWN_ADDRESS, "1.6": Failure.MOVED, "1.7": Failure.SENDER_REFUSED, "1.8": Failure.SENDER_REFUSED,
    "1.9": Failure.SYSTEM, "1.10": Failure.UNKNOWN_ADDRESS, "2.0": Failure.REFUSED, "2.1": Failure.DISABLED, "2.2": Failure.FULL,
    "2.3": Failure.TOO_LARGE, "2.4": Failure.REFUSED, "3.0": Failure.SYSTEM, "3.1": Failure.FULL, "3.2": Failure.SYSTEM, "3.3": Failure.SYSTEM,
    "3.4": Failure.TOO_LARGE, "3.5": Failure.SYSTEM, "4.0": Failure.NETWORK, "4.1": Failure.EXPIRED, "4.2": Failure.EXPIRED,
    "4.3": Failure.NETWORK, "4.4": Failure.UNKNOWN_DOMAIN, "4.5": Failure.RATE, "4.6": Failure.NETWORK, "4.7": Failure.EXPIRED,
    "5.3": Failure.RATE, "6.0": Failure.POLICY, "6.2": Failure.POLICY, "7.23": Failure.AUTHENTICATION, "7.20": Failure.AUTHENTICATION,
    "7.21": Failure.AUTHENTICATION, "7.22": Failure.AUTHENTICATION, "7.24": Failure.AUTHENTICATION, "7.25": Failure.BLOCKED,
    "7.26": Failure.AUTHENTICATION, "7.27": Failure.NO_MAIL, "7.515": Failure.AUTHENTICATION, "7.9": Failure.POLICY,
}  # fmt: skip
#: What servers say of anything that went wrong.
WEAK = frozenset({Failure.SYSTEM, Failure.NETWORK})
#: Where prose says which command of SMTP was refused.
STEP = re.compile(
    r"(?:in (?:reply|response) to|after|did not like our|command:?)\s+(?:the )?(?:end of )?(rcpt|mail|data|helo|ehlo|auth)\b|(rcpt)[_ ]to\b|smtp:(rcpt)\b|\b5\d\d:? (?:5\.\d+\.\d+ )?<[^>\s]+@[^>\s]+(>): |does not like (recip)ient|after end of data",
    re.IGNORECASE,
)
#: Said of a person, whatever was refused.
OF_PERSON = re.compile(
    r"this user doesn'?t have an? \S+ account|not listed in (?:domino|public)|#5\.1\.0 address rejected|\b54[0-9] \S+ rejected",
    re.IGNORECASE,
)
#: Addresses of people and pages, whose words are nobody's.
NAMES = re.compile(r"https?://\S+|<?[^\s<>@]{1,64}@[^\s<>@,;:)]{1,255}>?")
#: Words that stand before the words of another server, and say nothing.
BEFORE_OTHERS = re.compile(
    r"unknown address error|did not like our \w+(?: to)?:?|rcpt to:?|recipient address rejected|delivery to the following recipients? (?:has )?failed(?: permanently)?|undelivered mail returned to sender",
    re.IGNORECASE,
)
#: Said by status codes that name the failure as surely as words.
SURE = {"2.2": Failure.FULL, "7.23": Failure.AUTHENTICATION, "7.26": Failure.AUTHENTICATION, "7.20": Failure.AUTHENTICATION,
        "7.21": Failure.AUTHENTICATION, "7.22": Failure.AUTHENTICATION, "7.24": Failure.AUTHENTICATION, "7.25": Failure.BLOCKED,
        "1.6": Failure.MOVED}  # fmt: skip
#: What shows in a text that it is about a failed delivery.
SAYS_FAILURE = re.compile(
    r"(?:could not|couldn't|cannot|can't|can not|was not|unable to|failed to|not be|not been|not) (?:be )?deliver|undeliver|delivery (?:has )?(?:failed|failure|to the following|status|error)|non[- ]?deliver|returned (?:mail|message|to sender|unsent)|did not reach|user unknown|unknown user"
    r"|(?:permanent|fatal|transient|temporary|delivery)(?: \S+)? (?:error|failure|fail)|mailbox (?:full|unavailable|is full)|over quota|rejected|bounced|not exist|no such (?:user|mailbox|address)|<<< [45]\d\d|\b5\d\d[ -]5\.\d|returning (?:it|message|your)|not accepted|has been (?:blocked|delayed|rejected|returned|refused)"
    r"|failed recipient|failed address|dsn|エラー|配信|宛先|不明|届|nicht zugestellt|konnte nicht|n'a pas pu|no se pudo|non (?:è|e') stato|не (?:может быть|удалось|было) достав|permanent|undelivered|delivery problem",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Why:
    """The reason of one failure, and the codes it was told with."""

    failure: Failure
    status: str
    reply_code: str


def says_failure(text: str) -> bool:
    """Return whether a text speaks of a delivery that failed."""
    return bool(SAYS_FAILURE.search(text))


def reason_of(status: str, diagnostic: str, prose: str) -> Why:
    """
    Return why a delivery failed: by the diagnostic, else by the prose of the report, else by the codes.

    >>> reason_of("5.1.1", "smtp; 550 5.1.1 <anna@brightpath.example>: User unknown", "").failure.value
    'UNKNOWN_ADDRESS'
    >>> reason_of("5.0.0", "smtp; 550-5.7.26 This mail is unauthenticated", "").failure.value in {"AUTHENTICATION", "SECURITY"}
    True
    """
    given = STATUS.search(status)
    codes = STATUS.findall(diagnostic) or ([] if given else STATUS.findall(prose))
    best = better_status(given.group(1) if given else "", codes)
    replies = REPLY_CODE.findall(diagnostic) or REPLY_CODE.findall(prose)
    kind = best[2:] if best else ""
    failure = said_in(diagnostic) or SURE.get(kind) or said_in(telling(prose)) or Failure.UNKNOWN
    if failure in HARD and (kind.startswith("7.") or step_of(f"{diagnostic}\n{prose}") == "mail"):
        failure = Failure.SENDER_REFUSED
    if failure == Failure.UNKNOWN_ADDRESS and not is_said_of_recipient(
        kind, replies, f"{diagnostic}\n{prose}"
    ):
        failure = Failure.REFUSED
    failure = by_status(kind, failure)
    if failure == Failure.UNKNOWN and "unavailable" in f"{diagnostic}{prose}".lower():
        failure = Failure.DISABLED
    return Why(failure=failure, status=best, reply_code=replies[0] if replies else "")


def is_said_of_recipient(kind: str, replies: list[str], text: str) -> bool:
    """
    Return whether "unknown user" was said of the recipient, and not of the mail.

    Some servers accept a recipient and then call it unknown to keep a mail out: a filter's word. It is believed
    when it answers RCPT, when the status says so too, or when the system of the mailbox itself wrote the report.
    """
    if kind.startswith("1.") or OF_PERSON.search(text):
        return True
    step = step_of(text)
    return step == "rcpt" or (step == "" and not replies)


def step_of(text: str) -> str:
    """
    Return which command of SMTP was refused, in lower case; empty where a report does not say.

    >>> step_of(">>> RCPT To:<x@y.example>\\n<<< 550 5.1.1 User unknown\\n>>> DATA\\n<<< 503 Need RCPT")
    'rcpt'
    """
    asked = ""
    for line in text.splitlines():
        said = line.strip().lower()
        if said.startswith(">>>"):
            asked = said[3:].strip()[:4].strip()
        elif asked and re.match(r"<<< [45]\d\d", said):
            return asked
    found = STEP.search(text)
    said = next((each for each in found.groups() if each), "data").lower() if found else ""
    return "rcpt" if said in {"recip", ">"} else said


def by_status(kind: str, failure: Failure) -> Failure:
    """Return what the status says where the words said little: nothing, or that something did not work."""
    found = STATUSES.get(kind) or (Failure.POLICY if kind.startswith("7.") else Failure.UNKNOWN)
    is_of_address = kind.startswith(("1.", "2."))
    if failure == Failure.UNKNOWN or (failure in WEAK and is_of_address and found != Failure.UNKNOWN):
        return found
    return failure


def better_status(given: str, codes: list[str]) -> str:
    """
    Return the status that says most: servers that relay an answer often give a code of their own that says nothing.

    >>> better_status("5.0.0", ["5.1.1"]), better_status("5.2.2", ["5.0.0"])
    ('5.1.1', '5.2.2')
    """
    for code in (given, *codes):
        if code and not code.endswith((".0.0", "1.0")) and not code.startswith("2"):
            return code
    return given or (codes[0] if codes else "")


def said_in(text: str) -> Failure | None:
    """Return what words of servers say; None where they say nothing."""
    if not text.strip():
        return None
    plain = SPACES.sub(" ", BEFORE_OTHERS.sub(" ", NAMES.sub(" it ", text.lower())))
    for failure, pattern in RULES:
        if pattern.search(plain):
            return failure
    return None


def telling(prose: str) -> str:
    """Return the lines of a report that say why: without addresses of pages, and polite words."""
    kept = [line for line in prose.splitlines() if line.strip() and not POLITE.search(line)]
    return "\n".join(kept)[:8_000]


#: Lines that stand in every report, whatever the reason.
POLITE = re.compile(
    r"this (?:message was|is (?:an )?auto)|automatically (?:generated|created)|was created automatically|do not reply|please (?:contact|direct|forward|send|include|do not|check|try|see)|for (?:further|more) (?:information|assistance)|postmaster|mail system at|delivery status notification"
    r"|^\s*(?:reporting-mta|in|out|arrival-date|x-postfix|received-from|date|from|to|subject|message-id|remote-mta|final-log|last-attempt|original-envelope|original-\S+|final-recipient|action|status|received-from-mta|diagnostic-code|will-retry-until|reporting-ua|dsn-gateway|x-\S+):|i'm sorry to have to inform|if you do so|delete your own text|help|sorry it didn't work|generating server|diagnostic information for admin",
    re.IGNORECASE,
)
