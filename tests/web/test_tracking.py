"""Links of messages and pixels: they lead where they were made for, tell what happened, and change nothing.

Only the tests that are marked so may touch the database: pytest-django refuses it to all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from coldframe.activity import hits
from coldframe.activity.hits import HitKind, Method
from coldframe.activity.tracking import noting, spool, tokens
from coldframe.activity.tracking.tokens import Link, Pixel
from coldframe.leads import tokens as leaving
from coldframe.leads import tracking
from coldframe.leads.models import Consent, Suppression
from coldframe.leads.tracking import Wish
from coldframe.web.public import wishes
from tests import world
from tests.activity.tracking.mutating import mutated
from tests.web.test_public import everything
from tests.world import NOW

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"
TARGET = "https://ours.example/guide?part=2#top"
TOUCH, LEAD = uuid4(), uuid4()
LINK = Link(TOUCH, 1, 3, TARGET, "guide")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    settings.HOME = tmp_path
    noting.notebook.cache_clear()
    yield tmp_path / spool.FOLDER
    noting.notebook.cache_clear()


def link(**changes: Any) -> str:
    return "/l/" + tokens.make_link(LINK._replace(**changes))


def pixel(*, by_day: bool = True) -> str:
    return f"/o/{tokens.make_pixel(Pixel(TOUCH, by_day))}.gif"


def noted(folder: Path) -> list[hits.NewHit]:
    lines = [line for path in sorted(folder.glob("*")) for line in path.read_bytes().splitlines()]
    return [hits.read(line) for line in lines]


def test_a_link_leads_to_its_target_and_is_noted(client: Client, folder: Path) -> None:
    answer = client.get(link(), headers={"User-Agent": BROWSER, "X-Forwarded-For": "203.0.113.9, 192.0.2.77"})

    assert (answer.status_code, answer["Location"], answer.content) == (302, TARGET, b"")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    [hit] = noted(folder)
    assert hit == hits.NewHit(
        id=hit.id, source="links", kind=HitKind.CLICK, touch=TOUCH, at=NOW, link=1, links=3,
        target="https://ours.example/guide", asset="guide", network=hits.network_hash("192.0.2.1"), agent=BROWSER,
    )  # fmt: skip
    assert len(hit.id) == 24


@pytest.mark.parametrize(
    ("method", "headers", "status", "is_prefetch"),
    [
        ("head", {}, 302, False),
        ("options", {}, 204, False),
        ("get", {"Sec-Purpose": "prefetch;prerender"}, 302, True),
        ("get", {"Purpose": "prefetch"}, 302, True),
        ("get", {"X-Moz": "prefetch"}, 302, True),
        ("get", {"X-Purpose": "preview"}, 302, True),
    ],
)
def test_whoever_only_looks_ahead_is_noted_as_such(
    client: Client, folder: Path, method: str, headers: dict[str, str], status: int, is_prefetch: bool
) -> None:
    answer = getattr(client, method)(link(visitor=LEAD), headers={"User-Agent": BROWSER, **headers})

    assert answer.status_code == status
    assert answer.get("Location") == (TARGET if status == 302 else None)
    [hit] = noted(folder)
    assert (hit.method, hit.is_prefetch) == (Method(method.upper()), is_prefetch)


def test_the_link_that_no_person_sees_is_noted_as_such(client: Client, folder: Path) -> None:
    client.get(link(is_hidden=True))

    assert [hit.is_hidden for hit in noted(folder)] == [True]


@pytest.mark.parametrize("path", ["/l/", "/l/abc", "/l/" + "0" * 150, "/L/%00", "/l/../../etc/passwd"])
def test_a_link_that_is_none_of_ours_leads_nowhere(
    client: Client, folder: Path, settings: Any, path: str
) -> None:
    settings.SITE_URL = "https://ours.example"

    answer = client.get(path)

    assert (answer.status_code, "Location" in answer) == (404, False)
    assert 'href="https://ours.example"' in answer.content.decode()
    assert noted(folder) == []


def test_no_changed_token_redirects(client: Client, folder: Path) -> None:
    token = tokens.make_link(LINK)

    for each in mutated(token, seed=2, count=450):
        answer = client.get(f"/l/{each}" if each.isascii() and each.isprintable() else f"/l/{each!r}")
        assert answer.get("Location", TARGET) == TARGET
        if tokens.read_link(each) is None and each.isalnum():
            assert (answer.status_code, "Location" in answer) == (404, False)


@pytest.mark.parametrize(
    "written", [str.upper, lambda path: path + "?utm_source=x", lambda path: path + "=%0A"]
)
def test_a_link_that_a_client_wrote_otherwise_still_leads_there(client: Client, written: Any) -> None:
    assert client.get(written(link()))["Location"] == TARGET


def test_a_link_takes_no_post(client: Client, folder: Path) -> None:
    answer = client.post(link())

    assert (answer.status_code, "Location" in answer) == (405, False)
    assert noted(folder) == []


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        (TARGET, ("https://ours.example/guide", {"part": ["2"]}, "top")),
        ("https://ours.example", ("https://ours.example", {}, "")),
    ],
)
def test_ones_own_site_is_told_whose_a_visit_is_where_the_reader_agreed(
    client: Client, target: str, parts: Any
) -> None:
    address = client.get(link(target=target, visitor=LEAD), headers={"User-Agent": BROWSER})["Location"]

    query = parse_qs(urlsplit(address).query)
    [visit] = query.pop("cf")
    assert (address.partition("?")[0], query, urlsplit(address).fragment) == parts
    assert tokens.read_visit(visit, at=NOW) == LEAD
    assert LEAD.hex not in address
    assert client.get(link(target=target))["Location"] == target


@pytest.mark.parametrize(
    "agent", ["curl/8.5.0", "Mozilla/5.0 (compatible; Linkwatch/2.1; +https://l.example)"]
)
def test_a_machine_is_not_told_who_it_would_be(client: Client, agent: str) -> None:
    assert client.get(link(visitor=LEAD), headers={"User-Agent": agent})["Location"] == TARGET


def test_a_pixel_is_always_the_same_picture(client: Client, folder: Path) -> None:
    huge = {"User-Agent": "x" * 7000, "Referer": "https://ours.example/" + "y" * 7000}

    answers = [
        client.get(pixel(), headers={"User-Agent": BROWSER}),
        client.get(pixel(), headers=huge),
        client.get("/o/none-of-ours.gif"),
        client.get("/o/"),
    ]

    assert {(each.status_code, len(each.content), each["Content-Type"]) for each in answers} == {
        (200, 43, "image/gif")
    }
    assert answers[0]["Cache-Control"] == "no-store"
    assert [(hit.kind, hit.touch, hit.at.hour, hit.network) for hit in noted(folder)] == [
        (HitKind.OPEN, TOUCH, 0, "")
    ] * 2
    assert [len(hit.agent) for hit in noted(folder)] == [len(BROWSER), noting.LONGEST_AGENT]


def test_a_pixel_may_tell_when_and_from_where(client: Client, folder: Path) -> None:
    client.get(pixel(by_day=False))

    assert [(hit.at, bool(hit.network)) for hit in noted(folder)] == [(NOW, True)]


def test_a_pixel_that_is_loaded_without_end_is_noted_a_few_times(client: Client, folder: Path) -> None:
    answers = {client.get(pixel()).content for _ in range(60)}

    assert len(answers) == 1
    assert len(noted(folder)) == noting.MOST_OPENS
    assert noting.notebook().left_out["too many of one touch"] == 40


def test_pixels_of_everybody_at_once_are_sampled(folder: Path) -> None:
    notebook = noting.notebook()
    seen = noting.Seen(method="GET", address="192.0.2.1", headers={})

    noted_ = [notebook.note(noting.opening(Pixel(uuid4()), seen, at=NOW), at=NOW) for _ in range(250)]

    assert sum(noted_) == noting.OPENS_A_SECOND


def test_a_link_works_where_nothing_can_be_written(client: Client, folder: Path) -> None:
    folder.write_text("no folder")

    assert client.get(link())["Location"] == TARGET
    assert client.get(pixel()).status_code == 200
    assert sum(noting.notebook().left_out.values()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head", "options", "post"])
def test_looking_changes_no_row(client: Client, method: str) -> None:
    before = everything()

    for headers in ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "Barracuda Sentinel"}):
        for path in (link(), link(is_hidden=True), link(visitor=LEAD), pixel(), "/coldframe.js"):
            getattr(client, method)(path, headers=headers)

    assert everything() == before


def test_what_is_noted_holds_no_address_and_no_query(client: Client, folder: Path) -> None:
    client.get(link(target="https://ours.example/a?mail=anna%40brightpath.example"))

    [line] = [line for path in folder.glob("*") for line in path.read_bytes().splitlines()]
    assert b"127.0.0.1" not in line
    assert b"anna" not in line
    assert set(json.loads(line)) == {"id", "source", "kind", "touch", "at", "link", "links", "target", "asset", "method", "network"}  # fmt: skip


def test_the_script_is_kept_by_browsers_until_it_changes(client: Client) -> None:
    first = client.get("/coldframe.js")
    again = client.get("/coldframe.js", headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, first["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert first["Cache-Control"] == "public, max-age=3600"
    assert len(first.content) <= 5.5 * 1024


@pytest.mark.django_db
def test_a_person_says_by_a_button_whether_they_are_tracked(client: Client) -> None:
    anna = world.anna()
    page = "/p/" + leaving.make(leaving.Purpose.PREFERENCES, lead=anna.public_id)
    said, shown = [], []

    for what in (None, "stop", "stop", "start"):
        if what:
            client.post(page, {"do": what, "purpose": "tracking"})
        said.append(tracking.wishes_of([anna.pk], at=NOW).get(anna.pk))
        shown.append(client.get(page).content.decode())

    assert said == [None, Wish.OBJECTED, Wish.OBJECTED, Wish.AGREED]
    assert ["Do not note it" in each for each in shown] == [True, False, False, True]
    assert ["Yes, note it" in each for each in shown] == [True, True, True, False]
    consents = Consent.objects.filter(lead=anna).order_by("id").values_list("purpose", "basis", "wording")
    assert list(consents) == [
        ("tracking", "LEGITIMATE_INTEREST", None),
        ("tracking", "CONSENT", wishes.TRACKING_WORDING),
    ]
    # It says nothing of whether they may be mailed.
    assert "Unsubscribe" in shown[-1]
    assert not Suppression.objects.exists()
