"""Who does what for a worker: the handlers of each kind of message, and the chores with a time of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from coldframe.activity import judging, known_calls, mail_effects, set_aside, strangers
from coldframe.activity.call_digest import CallDigester
from coldframe.activity.digesting import Digester
from coldframe.activity.forms.digesting import FormDigester
from coldframe.activity.hit_digest import HitDigester
from coldframe.activity.identity import resolving
from coldframe.activity.mail_digest import MailDigester
from coldframe.activity.provider_digest import ProviderDigester
from coldframe.activity.tracking import spool
from coldframe.activity.webhooks.digesting import WebhookDigester
from coldframe.delivery import operations as delivery
from coldframe.delivery.limits import Limits
from coldframe.handoff.handlers import NotificationHandler
from coldframe.nurture import (
    addressees,
    confirming,
    feedback,
    line,
    mails,
    recovering,
    retention,
    status_calls,
)
from coldframe.nurture.confirming import ConfirmationHandler
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.status_calls import StatusHandler
from coldframe.outbox import operations as outbox
from coldframe.outbox import workers
from coldframe.outbox.handlers import Gate, Handler
from coldframe.storage import turns
from coldframe.work.mailboxes import Watch

#: How often doubts about lists and tasks are settled, and old counts forgotten.
DOUBTS_EVERY = timedelta(minutes=1)
TIDY_EVERY = timedelta(days=1)
#: How often workers are looked for that died: what they were handing over is shown as uncertain within a minute.
DEAD_EVERY = timedelta(seconds=15)
#: How often what was heard of mails is passed on to the outbox and the brake; at every turn.
FEEDBACK_EVERY = timedelta(0)
#: How often systems are told of changes of status.
STATUS_CALLS_EVERY = timedelta(seconds=1)
#: How often those who sent forms in are asked to confirm.
CONFIRMATIONS_EVERY = timedelta(seconds=1)
#: How often hits of links and pixels are taken in that were written down beside the database.
HITS_EVERY = timedelta(seconds=1)
#: How often clicks are judged again by what their leads did since.
JUDGING_EVERY = timedelta(seconds=30)
#: How often it is looked whether there is room at sales for somebody in line after all.
LINE_EVERY = timedelta(minutes=1)
#: How often mailboxes are thought of; each is looked into after ``mailboxes.EVERY``.
MAILBOXES_EVERY = timedelta(seconds=10)
#: One for each process.
WATCH = Watch()


def handlers() -> Mapping[str, Handler]:
    """Return the handler of each kind of message."""
    found: tuple[Handler, ...] = (
        TouchHandler(),
        ConfirmationHandler(),
        NotificationHandler(),
        StatusHandler(),
    )
    return {each.kind: each for each in found}


def digesters() -> Mapping[str, Digester]:
    """Return what makes facts of arrivals, by kind."""
    return {
        "CALLS": CallDigester(resolve=resolving.resolve),
        "FORM": FormDigester(resolve=resolving.resolve),
        "HIT": HitDigester(find_mails=mails.find),
        "MAIL": MailDigester(find_addressees=addressees.find),
        "PROVIDER": ProviderDigester(find_addressees=addressees.find),
        "WEBHOOK": WebhookDigester(resolve=resolving.resolve),
    }


def gate() -> Gate:
    """Return what limits and stops the connections."""
    return Limits()


def chores() -> Mapping[str, tuple[timedelta, Callable[[datetime], object]]]:
    """Return what is done every so often: name -> (pause, what to do at an instant)."""
    return {
        "confirmations": (CONFIRMATIONS_EVERY, lambda at: confirming.queue(at=at)),
        "dead": (DEAD_EVERY, recover_dead),
        "doubts": (DOUBTS_EVERY, lambda at: recovering.settle(handlers=handlers(), at=at)),
        "feedback": (FEEDBACK_EVERY, pass_feedback_on),
        "hits": (HITS_EVERY, lambda at: spool.take_in(Path(settings.HOME) / spool.FOLDER, at=at)),
        "judging": (JUDGING_EVERY, lambda at: judging.judge_recent(at=at)),
        "old hits": (TIDY_EVERY, lambda at: judging.prune(at=at)),
        "set aside": (TIDY_EVERY, lambda at: set_aside.tidy(at=at)),
        "known calls": (TIDY_EVERY, lambda at: known_calls.tidy(at=at)),
        "line": (LINE_EVERY, lambda at: line.wake(at=at)),
        "mail": (TIDY_EVERY, lambda at: mail_effects.tidy(at=at)),
        "mailboxes": (MAILBOXES_EVERY, WATCH.look),
        "retention": (TIDY_EVERY, keep_to_terms),
        "status calls": (STATUS_CALLS_EVERY, call_of_changes),
        "strangers": (TIDY_EVERY, lambda at: strangers.tidy(at=at)),
        "tidy": (TIDY_EVERY, lambda at: delivery.tidy(at=at)),
    }


@turns.taken()
def call_of_changes(at: datetime) -> None:
    """Queue what systems are told of changes of status."""
    status_calls.queue(at=at)


def keep_to_terms(at: datetime) -> None:
    """List and erase those from whom nothing has come for long, and forget old events."""
    retention.keep_to(terms=retention.Terms(**settings.RETENTION), home=Path(settings.HOME), at=at)


def pass_feedback_on(at: datetime) -> None:
    """Settle doubts and count for the brake by what was heard of mails."""
    while feedback.pass_on(handler=TouchHandler(), at=at):
        pass


def recover_dead(at: datetime) -> None:
    """Take back what workers of this machine held that were killed, without waiting for their leases."""
    for name in workers.list_dead():
        outbox.recover_worker(name, handlers=handlers(), at=at)
        workers.bury(name, at=at)
