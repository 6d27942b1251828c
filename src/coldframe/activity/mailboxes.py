"""
Looking into mailboxes (IMAP): what is new is taken in as it came, and nothing in the mailbox is changed.

How far a folder was read is kept here, not in the mailbox: people and other programs read it, too, and a mark
of theirs must hide nothing. A folder is opened read-only. Mails and how far they go are stored in one
transaction; no transaction is open while the mailbox is asked.
"""

from __future__ import annotations

import imaplib
import ipaddress
import logging
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from imap_tools.errors import ImapToolsError

from coldframe.activity import arrivals, mailbox_tokens, sources
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.mail import limits
from coldframe.activity.mailbox_tokens import BadGrant, Grant, TokenRefused
from coldframe.activity.models import Arrival, MailboxCursor, Source
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

LOG = logging.getLogger(__name__)

#: Seconds that the other side has for an answer.
PATIENCE = 30.0
#: How often a mailbox is looked into.
EVERY = timedelta(seconds=60)
#: Mails taken in with one transaction, and at most of one folder at a time; the rest is next.
RUN, MOST = 20, 500
#: Of a mailbox that is new here, or numbered anew, mail is read that came within so many days.
BACK_DAYS = 30
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
SECURE, STARTTLS, OPEN = "tls", "starttls", "none"
PORTS = {SECURE: 993, STARTTLS: 143, OPEN: 143}
#: What goes wrong with mailboxes of others.
FAILURES = (
    ImapToolsError,
    OSError,
    imaplib.IMAP4.error,
    ValueError,
    LookupError,
    sources.SecretUnreadable,
    TokenRefused,
)
UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)


class BadMailbox(Refusal):
    """These are not settings of a mailbox, or it cannot be opened with them."""


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where a mailbox is, and how it is opened."""

    host: str
    port: int
    security: str
    user: str
    password: str = ""
    folders: tuple[str, ...] = ("INBOX",)
    #: In place of a password: by what a token is asked for, and the token.
    grant: Grant | None = None
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A mail as a mailbox gave it."""

    uid: int
    size: int
    data: bytes


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the settings of a mailbox, checked and complete. Raises ``BadMailbox`` and ``BadGrant``.

    >>> settings_of({"host": "imap.ours.example", "user": "sales@ours.example"})["port"]
    993
    """
    host, user = str(given.get("host", "")).strip().lower(), str(given.get("user", "")).strip()
    security = str(given.get("security", SECURE)).strip().lower()
    if not host or not user or any(each.isspace() for each in host):
        raise BadMailbox(
            "A mailbox needs a host and a user.",
            expected="--host imap.ours.example --user sales@ours.example",
        )
    if security not in PORTS:
        raise BadMailbox(
            "This is no way to secure a line.", where="security", expected=", ".join(PORTS), got=security
        )
    if security == OPEN and not is_here(host):
        raise BadMailbox(
            "The password would go over the line for everybody to read.",
            where="security",
            expected=f"{SECURE} or {STARTTLS}",
            got=security,
            advice="An open line is for this machine alone, as in tests.",
        )
    folders = str(given.get("folders", "") or "INBOX")
    try:
        port = int(given.get("port") or PORTS[security])
    except (TypeError, ValueError):
        port = 0
    if not 0 < port < 65_536:
        raise BadMailbox("This is no port.", where="port", expected="1 to 65535", got=str(given.get("port")))
    found = {"host": host, "port": port, "security": security, "user": user, "folders": folders}
    return found | mailbox_tokens.settings_of(given)


def is_here(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mailbox_of(source: Source) -> Mailbox:
    """Return where a source's mailbox is. Raises ``BadMailbox``, ``BadGrant`` and ``SecretUnreadable``."""
    return made(settings_of(source.settings), sources.open_secret(source))


def made(given: Mapping[str, Any], secret: str) -> Mailbox:
    """Return a mailbox of its settings and its secret. Raises ``BadGrant``."""
    grant = mailbox_tokens.grant_of(given, secret)
    return Mailbox(
        host=given["host"],
        port=given["port"],
        security=given["security"],
        user=given["user"],
        password="" if grant else secret,
        folders=tuple(each.strip() for each in given["folders"].split(",") if each.strip()),
        grant=grant,
    )


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """Yield an open mailbox."""
    from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted

    secure = ssl.create_default_context()
    box: BaseMailBox
    if mailbox.security == SECURE:
        box = MailBox(mailbox.host, mailbox.port, timeout=PATIENCE, ssl_context=secure)
    elif mailbox.security == STARTTLS:
        box = MailBoxStartTls(mailbox.host, mailbox.port, timeout=PATIENCE, ssl_context=secure)
    else:
        box = MailBoxUnencrypted(mailbox.host, mailbox.port, timeout=PATIENCE)
    try:
        if mailbox.grant is None:
            box.login(mailbox.user, mailbox.password, initial_folder=None)
        else:
            box.xoauth2(mailbox.user, mailbox.token, initial_folder=None)
        yield box
    finally:
        close(box)


def close(box: BaseMailBox) -> None:
    """Leave a mailbox, and close the line whatever the other side says."""
    try:
        box.logout()
    except (ImapToolsError, OSError, imaplib.IMAP4.error):
        LOG.debug("a mailbox did not say good-bye")
    finally:
        with suppress(OSError):
            box.client.shutdown()


Opening = Callable[[Mailbox], Any]


def look_into(
    source: Source,
    *,
    at: datetime,
    opening: Opening = opened,
    asking: mailbox_tokens.Ask = mailbox_tokens.ask,
) -> int:
    """
    Take in what is new in a source's mailbox; return how many mails.

    What fails is noted at the folder, and it is tried again after a pause that grows; nothing is raised for it.
    """
    try:
        mailbox = mailbox_of(source)
    except (BadMailbox, BadGrant, sources.SecretUnreadable) as error:
        note_failure(source, ("INBOX",), error.what, at=at)
        return 0
    count = 0
    try:
        if mailbox.grant is not None:
            token = mailbox_tokens.current(source, mailbox.grant, at=at, asking=asking)
            mailbox = replace(mailbox, token=token)
        with opening(mailbox) as box:
            for folder in mailbox.folders:
                count += read_folder(box, source, folder, at=at)
    except FAILURES as error:
        if mailbox.grant is not None:
            mailbox_tokens.forget(mailbox.token)
        note_failure(source, mailbox.folders, said_of(error, mailbox), at=at)
    return count


def read_folder(box: BaseMailBox, source: Source, folder: str, *, at: datetime) -> int:
    """Take in what is new in a folder."""
    box.folder.set(folder, readonly=True)
    validity = int(box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
    cursor, _ = MailboxCursor.objects.get_or_create(
        source=source, folder=folder, defaults={"validity": validity}
    )
    if cursor.validity != validity:
        # The mailbox was numbered anew. Mail that is known is known by what it says, so it may come twice.
        cursor.validity, cursor.last_uid = validity, 0
    uids = new_uids(box, last=cursor.last_uid, since=at - timedelta(days=BACK_DAYS))[:MOST]
    count = 0
    for start in range(0, len(uids), RUN):
        some = uids[start : start + RUN]
        found = [mail for uid in some for mail in fetched(box, uid)]
        with transaction.atomic():
            arrivals.accept([as_arrival(each, source, folder) for each in found], at=at)
            cursor.last_uid = some[-1]
            cursor.retry_at, cursor.failures, cursor.failure, cursor.looked_at = None, 0, "", at
            cursor.save()
        count += len(found)
    if not uids:
        cursor.retry_at, cursor.failures, cursor.failure, cursor.looked_at = None, 0, "", at
        cursor.save()
    if count:
        Source.objects.filter(pk=source.pk).update(last_at=at)
    return count


def new_uids(box: BaseMailBox, *, last: int, since: datetime) -> list[int]:
    """Return the numbers of mails after the last one, in order."""
    criteria = f"UID {last + 1}:*" if last else f"SINCE {since:%d-%b-%Y}"
    # A server answers "n:*" with its last mail even where that one comes before n.
    return sorted({int(each) for each in box.uids(criteria) if int(each) > last})


def fetched(box: BaseMailBox, uid: int) -> Iterator[Taken]:
    """Yield a mail, without marking it as seen, and no more of it than is read; nothing where it is gone."""
    status, data = box.client.uid("fetch", str(uid), f"(UID RFC822.SIZE BODY.PEEK[]<0.{limits.MOST_BYTES}>)")
    if status != "OK":
        raise imaplib.IMAP4.error(f"FETCH was answered with {status}")
    for each in data or ():
        if not isinstance(each, tuple):
            continue
        size = SIZE.search(each[0])
        yield Taken(uid=uid, size=int(size.group(1)) if size else len(each[1]), data=each[1])
        return


def as_arrival(mail: Taken, source: Source, folder: str) -> NewArrival:
    """Return a mail as something that arrived."""
    about = {"folder": folder, "uid": mail.uid, "size": mail.size}
    return NewArrival(kind=Arrival.Kind.MAIL, source_id=source.pk, body=mail.data, about=about)


def note_failure(source: Source, folders: Iterable[str], said: str, *, at: datetime) -> None:
    """Note that a mailbox could not be read, and when it is tried again."""
    # A server's words may quote a mail; they are shown at the source, and stand in no log.
    LOG.warning(
        "a mailbox could not be read", extra={"source": source.name, "because": said.partition(":")[0]}
    )
    for folder in folders:
        cursor, _ = MailboxCursor.objects.get_or_create(
            source=source, folder=folder, defaults={"validity": 0}
        )
        cursor.failures += 1
        cursor.failure, cursor.looked_at = said[:255], at
        cursor.retry_at = at + min(FIRST_PAUSE * 2 ** min(cursor.failures - 1, 10), LONGEST_PAUSE)
        cursor.save()


def said_of(error: Exception, mailbox: Mailbox) -> str:
    """Return what went wrong, without what must not be shown."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    grant = mailbox.grant
    secrets = [
        mailbox.password,
        mailbox.token,
        *((grant.client_secret, grant.refresh_token) if grant else ()),
    ]
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return text


def claim_due(*, at: datetime) -> list[Source]:
    """Return the mailboxes that are to be looked into now; another worker does not get them."""
    found = []
    for source in Source.objects.filter(kind=Source.Kind.MAILBOX, disabled_at=None).order_by("id"):
        cursors = MailboxCursor.objects.filter(source=source)
        late = Q(looked_at=None) | Q(looked_at__lte=at - EVERY) | Q(looked_at__gt=at + EVERY)
        waits = Q(retry_at=None) | Q(retry_at__lte=at)
        if not cursors.exists() or cursors.filter(late & waits).update(looked_at=at):
            found.append(source)
    return found


def is_any() -> bool:
    """Return whether there is a mailbox to look into."""
    return Source.objects.filter(kind=Source.Kind.MAILBOX, disabled_at=None).exists()


def try_out(
    settings: Mapping[str, Any],
    secret: str,
    *,
    at: datetime,
    opening: Opening = opened,
    asking: mailbox_tokens.Ask = mailbox_tokens.ask,
) -> str:
    """
    Open a mailbox and its folders, as a person adds it; return the secret to keep, which a provider may have changed.

    Raises ``BadMailbox`` with what the other side said, and ``BadGrant``.
    """
    mailbox = made(settings_of(settings), secret)
    try:
        if mailbox.grant is not None:
            token = mailbox_tokens.fetch(mailbox.grant, at=at, asking=asking)
            secret = token.grant.as_secret()
            mailbox = replace(mailbox, token=token.value)
        with opening(mailbox) as box:
            for folder in mailbox.folders:
                box.folder.set(folder, readonly=True)
    except FAILURES as error:
        raise BadMailbox(
            "The mailbox cannot be opened.",
            where=f"{mailbox.host}:{mailbox.port}",
            got=said_of(error, mailbox),
            advice="Check host, user, password and folders; large providers want an app password, or --oauth.",
        ) from error
    return secret
