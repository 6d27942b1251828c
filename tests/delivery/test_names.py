"""The DNS as it really answers, asked over the wire: a small server of our own on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from coldframe.delivery.channels.email import names

ZONE = {
    ("ours.se.", "TXT"): ['"v=spf1 include:_spf.ours.se" " -all"', '"other"'],
    ("ours.se.", "MX"): ["10 mx.ours.se."],
    ("s1._domainkey.ours.se.", "CNAME"): ["s1.provider.se."],
    ("7.2.0.192.in-addr.arpa.", "PTR"): ["mx.ours.se."],
}


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(0.2)
        over = threading.Event()
        thread = threading.Thread(target=serve, args=(line, over), daemon=True)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], line.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        yield
        over.set()
        thread.join()


def serve(line: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        try:
            data, sender = line.recvfrom(4096)
        except TimeoutError:
            continue
        question = dns.message.from_wire(data)
        line.sendto(answer(question).to_wire(), sender)


def answer(question: dns.message.Message) -> dns.message.Message:
    made = dns.message.make_response(question)
    made.flags |= dns.flags.RA
    asked = question.question[0]
    name, kind = asked.name.to_text(), dns.rdatatype.to_text(asked.rdtype)
    if name == "broken.se.":
        made.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) in ZONE:
        made.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *ZONE[name, kind]))
    elif name not in {known for known, _ in ZONE}:
        made.set_rcode(dns.rcode.NXDOMAIN)
    return made


def test_the_strings_of_a_record_are_joined():
    assert sorted(names.ask_dns("ours.se", "TXT")) == ["other", "v=spf1 include:_spf.ours.se -all"]


def test_other_kinds_read_as_the_checks_expect():
    assert names.ask_dns("ours.se", "MX") == ["10 mx.ours.se."]
    assert names.ask_dns("s1._domainkey.ours.se", "CNAME") == ["s1.provider.se"]
    assert names.ask_dns("7.2.0.192.in-addr.arpa", "PTR") == ["mx.ours.se"]


def test_no_name_no_record_and_no_answer_are_told_apart():
    assert names.ask_dns("ours.se", "AAAA") == []
    with pytest.raises(names.NoSuchName):
        names.ask_dns("nobody.se", "TXT")
    with pytest.raises(names.LookupFailed):
        names.ask_dns("broken.se", "TXT")


def test_a_name_that_cannot_be_one_is_a_failed_look_up():
    with pytest.raises(names.LookupFailed):
        names.ask_dns("a" * 70 + ".se", "TXT")
