"""From a mail that was handed over to what its clicks decide: nothing by a machine, and something by a person, in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from coldframe.activity import arrivals
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.hits import HitKind, NewHit
from coldframe.activity.models import Arrival, Event
from coldframe.activity.operations import NewEvent, record_events
from coldframe.handoff.models import Handoff
from coldframe.leads.models import AccountDue, Lead
from coldframe.nurture import mails
from coldframe.nurture.models import Touch
from coldframe.work.clocks import VirtualClock
from tests.nurture import cast
from tests.nurture.cast import DAY, Post

pytestmark = pytest.mark.django_db

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
#: Clicks on what sales sends bring a good fit before sales.
CLICKS_DECIDE = {
    "signals:\n": """signals:
  offer_click: {event: link_clicked, where: {field: topic, contains: /offer}, points: 80, half_life: 30 days, stage: evaluation}
""",
    "triggers:\n": """triggers:
  - {name: Clicked the offer, when: {field: signal.offer_click, within: 7 days}, answer_within: 4 hours}
""",
}


def sent() -> Touch:
    """Live until somebody was written to; return that touch."""
    cast.use_playbook(CLICKS_DECIDE)
    cast.reader(1)
    cast.all_due()
    cast.live(days=1 / 720, handler=Post())
    return Touch.objects.get()


def hit(touch: Touch, after: timedelta, *, link: int = 0, kind: HitKind = HitKind.CLICK) -> NewHit:
    assert touch.settled_at is not None
    return NewHit(
        id=f"{kind}{link}{after}", source="links", kind=kind, touch=touch.public_id, at=touch.settled_at + after, link=link,
        links=4, target=f"https://ours.example/offer/{link}", network="ab" * 8, agent="Mozilla/5.0 (X11; Linux) Firefox/140.0",
    )  # fmt: skip


def arrive(*hits: NewHit) -> datetime:
    """Take hits in, and live until their last has been judged; return that instant."""
    last = max(each.at for each in hits)
    given = [NewArrival(kind=Arrival.Kind.HIT, body=each.as_body()) for each in hits]
    arrivals.accept(given, at=last)
    live_on(last, last + MINUTE)
    return last


def live_on(since: datetime, until: datetime) -> None:
    clock = VirtualClock(at=since, end=until)
    cast.worker(clock, handler=Post()).run(until=until)


def classes() -> list[str]:
    clicks = Event.objects.filter(shape__kind__in=["link_clicked", "email_opened"]).order_by("id")
    return [Event.EvidenceCode(each.evidence).name for each in clicks]


def handoffs() -> int:
    return Handoff.objects.count()


def test_a_touch_is_known_by_its_public_id_with_the_instant_of_its_hand_over() -> None:
    touch = sent()

    found = mails.find([touch.public_id, UUID(int=7)])

    [(public_id, mail)] = found.items()
    assert public_id == touch.public_id
    assert (mail.lead_id, mail.handed_over_at) == (touch.lead_id, touch.settled_at)
    assert f"asset:{mail.asset}" == touch.content_key


def test_the_mail_of_somebody_who_was_erased_is_not_known() -> None:
    touch = sent()
    Lead.objects.filter(pk=touch.lead_id).update(email=None)

    assert mails.find([touch.public_id]) == {}


def test_neither_opens_nor_a_burst_nor_one_unconfirmed_click_bring_anybody_before_sales() -> None:
    touch = sent()
    burst = [hit(touch, 43 * SECOND + link * SECOND / 10, link=link) for link in range(4)]
    opened = hit(touch, 9 * SECOND, kind=HitKind.OPEN)

    at = arrive(opened, *burst, hit(touch, 5 * MINUTE))
    live_on(at + MINUTE, at + 2 * DAY)

    assert classes() == ["UNSURE", *["MACHINE"] * 4, "UNSURE"]
    assert handoffs() == 0


def test_a_click_that_turns_out_a_persons_brings_its_lead_before_sales_once_its_quarantine_is_over() -> None:
    touch = sent()
    at = arrive(hit(touch, 5 * MINUTE))
    read = NewEvent(
        source="site", lead_id=touch.lead_id, kind="page_read", path="/offer", occurred_at=at + MINUTE
    )
    record_events([read], at=at + MINUTE)

    live_on(at + MINUTE, at + 9 * MINUTE)
    assert (classes(), handoffs()) == (["HUMAN"], 0)
    assert AccountDue.objects.get(pk=touch.account_id).due_at == at + 10 * MINUTE

    live_on(at + 9 * MINUTE, at + 11 * MINUTE)
    assert handoffs() == 1
