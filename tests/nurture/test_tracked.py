"""What a message tells of itself: links and pixel, as the playbook wants and as its reader lets be."""

from __future__ import annotations

import email
import re
from datetime import timedelta
from email import policy
from typing import Any
from uuid import UUID

import pytest

from coldframe.activity import sources
from coldframe.activity.models import Source
from coldframe.activity.tracking import tokens
from coldframe.activity.tracking.tokens import Link, Pixel
from coldframe.delivery import operations as delivery
from coldframe.kernel.playbook.model import Tracking
from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads import consent, tracking
from coldframe.leads import tokens as people
from coldframe.leads.models import Account, Lead
from coldframe.nurture import tracked
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY
from tests.nurture.test_writing import body_of
from tests.world import NOW

pytestmark = pytest.mark.django_db
BASE = "http://127.0.0.1:8080"
TOUCH, TARGET = UUID(int=7), "https://ours.example/guide"
HREF = re.compile(r'href="([^"]*)"')


def agree(lead: Lead, **changes: Any) -> None:
    """Put on file that a lead agreed to be tracked."""
    values: dict[str, Any] = {"wording": "Yes, note what I open.", "source": "form", "given_at": NOW - DAY}
    permission = consent.Permission(purpose=tracking.TRACKING, **{**values, **changes})
    consent.give(lead_id=lead.pk, permission=permission, at=NOW - DAY)


def mail_to(lead: Lead) -> tuple[Any, str, str]:
    """Live until the lead has a mail; return its touch, its HTML and its text."""
    delivery.ensure_local_connection(at=NOW)
    cast.live(days=4)
    touch = cast.touches(lead)[0]
    message = OutboxMessage.objects.get(subject_id=touch.pk)
    mail: Any = email.message_from_bytes(body_of(message), policy=policy.default)
    html, text = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))
    return touch, html, text


def links_of(html: str) -> list[Link]:
    found = [each.partition("/l/")[2] for each in HREF.findall(html) if each.startswith(f"{BASE}/l/")]
    read = [tokens.read_link(each) for each in found]
    assert None not in read
    return [each for each in read if each is not None]


def as_html(addresses: list[str]) -> str:
    return "".join(f'<a href="{each}">here</a>' for each in addresses) + "</body>"


def asset_url(touch: Any) -> str:
    key = touch.content_key.removeprefix("asset:")
    found = re.search(rf"key: {key},.*?url: (\S+?)[}},]", cast.shipped(), re.DOTALL)
    assert found
    return found[1]


def test_links_of_a_mail_lead_through_the_installation_and_ways_to_leave_do_not() -> None:
    cast.use_playbook()

    touch, html, text = mail_to(cast.reader(1))

    shown, hidden = links_of(html)
    target = asset_url(touch)
    assert shown == Link(touch.public_id, 0, 1, target, touch.content_key.removeprefix("asset:"))
    assert (hidden.is_hidden, hidden.touch, hidden.target) == (True, touch.public_id, target)
    # The hidden one has no words, and stands behind everything.
    assert re.findall(r"<a [^>]*nofollow[^>]*>(.*?)</a>", html) == [""]
    assert html.index("nofollow") > html.index("Unsubscribe")
    # The plain part keeps its addresses, and nobody is tracked on the way out.
    assert (target in text, "/l/" in text, "/o/" in html) == (True, False, False)
    leaving = [each for each in HREF.findall(html) if "/l/" not in each]
    assert [each[: len(BASE) + 3] for each in leaving] == [f"{BASE}/u/", f"{BASE}/p/"]


@pytest.mark.parametrize(("of_the_lead", "is_tracked"), [(None, False), ("PL", True), ("DE", False)])
def test_links_are_plain_by_the_country_of_the_company_where_the_persons_is_not_known(
    of_the_lead: str | None, is_tracked: bool
) -> None:
    cast.use_playbook({"\npaths:": "\ntracking: {plain_links_in: [DE]}\n\npaths:"})
    reader = cast.reader(1, country=of_the_lead)
    Account.objects.update(country="DE")

    _, html, _ = mail_to(reader)

    assert ("/l/" in html) is is_tracked


def trail_of(lead: Lead, **rules: Any) -> tracked.Trail:
    """Return what a message to the lead tells of itself."""
    trails = tracked.load_trails([lead.pk], rules=Tracking(**rules), at=NOW)
    return trails.of(
        lead_id=lead.pk, lead=lead.public_id, country=lead.country, touch=TOUCH, asset=("guide", TARGET)
    )


@pytest.mark.parametrize(
    ("rules", "said", "is_tracked"),
    [
        ({}, None, True),
        ({"links": False}, None, False),
        ({"links": False}, "agreed", False),
        ({"plain_links_in": ["PL"]}, None, False),
        ({"plain_links_in": ["PL"]}, "agreed", True),
        ({"plain_links_in": ["DE"]}, None, True),
        ({}, "objected", False),
        ({}, "agreed, then objected", False),
        ({}, "agreed until yesterday", True),
        ({"plain_links_in": ["PL"]}, "agreed until yesterday", False),
    ],
)
def test_links_are_plain_where_the_playbook_the_country_or_the_person_says_so(
    rules: dict[str, Any], said: str | None, is_tracked: bool
) -> None:
    anna = world.lead(world.account(), country="PL")
    if said and said.startswith("agreed"):
        agree(anna, **({"expires_at": NOW - timedelta(minutes=1)} if "yesterday" in said else {}))
    if said and "objected" in said:
        tracking.object_to(lead_id=anna.pk, source="preference page", at=NOW)

    trail = trail_of(anna, **rules)
    [address] = trail.lead_by([TARGET])

    assert (address != TARGET) is is_tracked
    assert ("nofollow" in trail.ended("</body>")) is is_tracked
    assert "<img" not in trail.ended("</body>")


@pytest.mark.parametrize("agrees", [True, False])
@pytest.mark.parametrize(("pixel", "by_day"), [("no", None), ("day", True), ("time", False)])
def test_a_pixel_is_in_the_mail_of_nobody_who_did_not_agree(
    pixel: str, by_day: bool | None, agrees: bool
) -> None:
    anna = world.lead(world.account())
    if agrees:
        agree(anna)

    html = trail_of(anna, pixel=pixel, links=False).ended("<body></body></html>")

    found = [tokens.read_pixel(each) for each in re.findall(r'src="[^"]*/o/([^".]*)\.gif"', html)]
    assert found == ([Pixel(TOUCH, by_day)] if agrees and by_day is not None else [])
    assert html.endswith("</body></html>")


@pytest.mark.parametrize(
    ("visits", "agrees", "origins", "is_theirs"),
    [
        (True, True, ["https://ours.example", "https://www.ours.example:8443"], True),
        (True, True, ["https://other.example"], False),
        (True, True, [], False),
        (True, False, ["https://ours.example"], False),
        (False, True, ["https://ours.example"], False),
    ],
)
def test_a_visit_is_tied_to_a_reader_who_agreed_and_on_ones_own_site_alone(
    visits: bool, agrees: bool, origins: list[str], is_theirs: bool
) -> None:
    anna = world.lead(world.account())
    sources.add("site", kind=Source.Kind.SITE, settings={"origins": origins}, with_key=True, at=NOW)
    if agrees:
        agree(anna)

    trail = trail_of(anna, visits=visits)
    shown, other, hidden = links_of(trail.ended(as_html(trail.lead_by([TARGET, "https://else.example/"]))))

    assert shown.visitor == (anna.public_id if is_theirs else None)
    assert (other.visitor, hidden.visitor) == (None, None)


def test_links_are_counted_once_each_and_those_that_cannot_be_tracked_are_left() -> None:
    anna = world.lead(world.account())
    long = "https://ours.example/" + "a" * 1_000
    plain = ["mailto:sales@ours.example", f"{BASE}/p/abc", long, "https://öurs.example/"]
    trail = trail_of(anna)

    led = trail.lead_by([TARGET, plain[0], "https://ours.example/b", *plain[1:], TARGET])

    assert [each for each in led if "/l/" not in each] == plain
    first, second, again, hidden = links_of(trail.ended(as_html(led)))
    assert (first, second) == (
        Link(TOUCH, 0, 2, TARGET, "guide"),
        Link(TOUCH, 1, 2, "https://ours.example/b"),
    )
    assert again == first
    assert (hidden.position, hidden.links, hidden.is_hidden) == (2, 2, True)


def test_a_message_without_a_link_of_its_own_has_nothing_hidden_in_it() -> None:
    trail = trail_of(world.lead(world.account()))

    assert trail.lead_by(["mailto:sales@ours.example"]) == ["mailto:sales@ours.example"]
    assert trail.ended("<body></body>") == "<body></body>"


def test_what_a_person_says_last_of_being_tracked_counts() -> None:
    reader = cast.reader(1)
    said = []

    for act in (
        lambda: None,
        lambda: tracking.object_to(lead_id=reader.pk, source="preference page", at=NOW),
        lambda: tracking.object_to(lead_id=reader.pk, source="preference page", at=NOW),
        lambda: agree(reader),
        lambda: tracking.object_to(lead_id=reader.pk, source="preference page", at=NOW),
        lambda: agree(reader, basis=ConsentBasis.LEGITIMATE_INTEREST),
    ):
        act()
        said.append(tracking.wishes_of([reader.pk], at=NOW).get(reader.pk))

    objected, agreed = tracking.Wish.OBJECTED, tracking.Wish.AGREED
    assert said == [None, objected, objected, agreed, objected, objected]


def test_a_form_of_ones_own_opens_for_its_reader() -> None:
    cast.use_playbook()
    anna = cast.reader(1)
    others = ["https://www.ours.example/f/demo", f"{BASE}/u/abc", f"{BASE}/f/demo?k=own"]

    [opened, *rest] = trail_of(anna, links=False).lead_by([f"{BASE}/f/demo", *others])
    address, _, key = opened.partition("?k=")
    link = people.read(key, people.Purpose.FORM)

    assert (address, rest) == (f"{BASE}/f/demo", others)
    assert link is not None
    assert link.lead == anna.public_id
