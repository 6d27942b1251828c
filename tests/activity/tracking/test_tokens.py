"""Tokens of links: whole or damaged they say what was written, and nothing else is ever read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.activity.tracking import tokens
from coldframe.activity.tracking.tokens import Link, Pixel
from coldframe.leads import tokens as leaving
from coldframe.leads.tokens import repaired
from tests.activity.tracking.mutating import LINK, mutated
from tests.world import NOW

TOUCH = UUID(int=7)


@given(
    st.uuids(),
    st.integers(0, 250),
    st.integers(0, 250),
    st.text("abc/?&=%.-_~#:0123456789", max_size=300),
    st.text(max_size=20),
    st.booleans(),
    st.none() | st.uuids(),
)
def test_a_token_says_what_was_written(
    touch: UUID, position: int, count: int, rest: str, asset: str, hidden: bool, visitor: UUID | None
) -> None:
    asset = asset.encode("utf-8", "ignore").decode()
    link = Link(
        touch,
        position,
        count,
        f"https://ours.example/{rest}",
        asset,
        hidden,
        visitor if visitor != tokens.NOBODY else None,
    )

    assert tokens.read_link(tokens.make_link(link)) == link


@pytest.mark.parametrize(
    "damage",
    [
        str.upper,
        str.title,
        lambda token: token + "=",
        lambda token: token + ">.",
        lambda token: f"<{token}>",
        lambda token: token + "?utm_source=mail&utm_medium=email",
        lambda token: token + "&fbclid=1",
        lambda token: token + "#top",
        lambda token: token[:70] + "=\r\n" + token[70:],
        lambda token: token[:70] + "%0D%0A" + token[70:],
        lambda token: quote(quote(token + "?x=1", safe=""), safe=""),
        lambda token: "".join(f"%{ord(each):02x}" for each in token),
        lambda token: "".join(f"%25{ord(each):02x}" for each in token),
        lambda token: token[:9] + "\u200b\u00ad " + token[9:],
    ],
)
def test_what_mail_clients_do_to_a_link_is_mended(damage: Any) -> None:
    assert tokens.read_link(damage(tokens.make_link(LINK))) == LINK


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)", "data:text/html,hello", "ftp://ours.example/", "//ours.example", "https://",
        "https://ours.example/a b", "https://ours.example/\r\nSet-Cookie: a=b", "https://öurs.example/", "",
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_are_followed_even_where_the_key_is_ours(target: str) -> None:
    assert not tokens.fits(target)
    assert tokens.read_link(tokens.make_link(LINK._replace(target=target))) is None


def test_nothing_that_was_changed_is_read() -> None:
    token = tokens.make_link(LINK)

    read = [each for each in mutated(token, seed=1, count=9_000) if tokens.read_link(each) is not None]

    # What is only written otherwise is the token itself.
    assert {repaired(each) for each in read} <= {token}
    assert all(tokens.read_link(each) == LINK for each in read)


def test_links_open_under_the_keys_of_earlier_years_and_under_no_other(settings: Any) -> None:
    old, settings.SECRET_KEY = tokens.make_link(LINK), "a newer key"
    assert tokens.read_link(old) is None

    settings.SECRET_KEY_FALLBACKS = ["between", "only-for-tests"]
    assert tokens.read_link(old) == LINK
    assert tokens.make_link(LINK) != old


def test_a_token_opens_nothing_of_another_purpose() -> None:
    pixel, visit = tokens.make_pixel(Pixel(TOUCH)), tokens.make_visit(TOUCH, at=NOW)
    unsubscribing = leaving.make(leaving.Purpose.UNSUBSCRIBE, lead=TOUCH, touch=TOUCH)

    assert [tokens.read_link(each) for each in (pixel, visit, unsubscribing)] == [None] * 3
    assert [tokens.read_pixel(each) for each in (tokens.make_link(LINK), visit)] == [None] * 2
    assert [tokens.read_visit(each, at=NOW) for each in (tokens.make_link(LINK), pixel)] == [None] * 2
    assert leaving.read(tokens.make_link(LINK), leaving.Purpose.UNSUBSCRIBE) is None


def test_a_visit_is_its_readers_for_half_an_hour() -> None:
    token = tokens.make_visit(TOUCH, at=NOW)

    assert tokens.read_visit(token, at=NOW + timedelta(minutes=30)) == TOUCH
    assert tokens.read_visit(token, at=NOW + timedelta(minutes=30, seconds=1)) is None


def test_a_visit_says_nothing_to_who_reads_its_address(settings: Any) -> None:
    token, again = (tokens.make_visit(TOUCH, at=NOW) for _ in range(2))
    changed = [each for each in mutated(token, seed=3, count=1_800) if repaired(each) != token]

    assert token != again
    assert TOUCH.hex not in token
    assert {tokens.read_visit(each, at=NOW) for each in changed} == {None}
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "newer", ["only-for-tests"]
    assert tokens.read_visit(token, at=NOW) == TOUCH


@pytest.mark.parametrize("by_day", [True, False])
def test_a_pixel_says_whether_the_day_alone_is_kept(by_day: bool) -> None:
    assert tokens.read_pixel(tokens.make_pixel(Pixel(TOUCH, by_day))) == Pixel(TOUCH, by_day)


@given(st.text(max_size=400))
def test_any_text_at_all_is_no_link(text: str) -> None:
    assert tokens.read_link(text) is None
    assert tokens.read_pixel(text) is None
    assert tokens.read_visit(text, at=NOW) is None
