"""Where a message may lead: to pages that every reader reaches, and that are what they seem to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.playbook.addresses import fault_of

HIDDEN = "a name before the host, which hides where it leads"
PRIVATE = "an address of a private network"
NUMBER = "a number that hides where it leads"
NAME = "a name of a private network"
ALIKE = "a name that looks like another one"
ODD = "a space or another sign that stands in no address"
NO_HOST = "no name of a host"


@pytest.mark.parametrize(
    "address",
    [
        "https://brightpath.example", "http://brightpath.example:8443/a/b?c=d&e=%20#f", "HTTPS://Brightpath.Example/",
        "https://köln.example/", "https://xn--kln-sna.example/", "https://xn--fa-hia.example/", "https://пример.example/",
        "https://日本語.example/", "https://한국어.example/", "https://بريد.example/", "https://8.8.8.8/",
        "https://[2606:4700::1111]/", "https://a-b.c_d.example./", "https://localhost.brightpath.example/",
    ],
)  # fmt: skip
def test_a_page_that_everybody_reaches_may_be_led_to(address: str) -> None:
    assert fault_of(address) is None


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        *[
            (each, "no address that begins http:// or https://")
            for each in ("javascript:alert(1)", "data:text/html,hi", "file:///etc/passwd", "ftp://a.example/", "//a.example/", "a.example", "", "vbscript:x", "https:/a.example", "https:a.example")
        ],
        *[(f"https://{each}/", HIDDEN) for each in ("a@b.example", "a:b@c.example", "@b.example", "a%40b.example", "%62.example")],
        *[
            (f"http://{each}/", PRIVATE)
            for each in ("127.0.0.1", "10.0.0.8", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.7", "224.0.0.1", "255.255.255.255", "[::1]", "[fe80::1]", "[fc00::1]", "[::]")
        ],
        *[
            (f"http://{each}/", NUMBER)
            for each in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1", "017700000001", "[::ffff:8.8.8.8]", "[::ffff:127.0.0.1]", "[2002:7f00:1::]", "1.2.3.4.5", "[::1", "0x7f000001")
        ],
        *[
            (f"http://{each}/", NAME)
            for each in ("localhost", "intranet", "db.local", "x.internal", "a.localhost", "LOCALHOST", "localhost.", "crm.corp", "nas.home.arpa")
        ],
        *[
            (f"https://{each}/", ALIKE)
            for each in ("аррӏе.example", "xn--80ak6aa92e.example", "pаypal.example", "brightpаth.example", "γοογ.example", "ｂright.example", "gıthub.example")
        ],
        *[(f"https://{each}", ODD) for each in ("a.example/a b", "a.example/\t", "a.example/\r\nX: y", "a.example\\@b.example", 'a.example/"onload', "a.example/<b>", " a.example")],
        *[(f"https://{each}", NO_HOST) for each in ("a..example", "-a.example", f"{'a' * 64}.example", f"{'a.' * 130}example", "a.exam!ple", "xn--.example", "a.example:x")],
        *[(f"https://{each}", "no host") for each in ("", "/path", ":443", "a.example:0", "a.example:99999")],
    ],
)  # fmt: skip
def test_what_hides_where_it_leads_is_refused_with_the_reason(address: str, fault: str) -> None:
    assert fault_of(address) == fault


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    for address in (text, f"https://{text}", f"https://a.example/{text}"):
        assert fault_of(address) is None or fault_of(address)
