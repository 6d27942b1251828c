"""No call reaches an address that is not public, in whatever form it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.delivery.channels.webhook import destinations
from coldframe.delivery.channels.webhook.destinations import ForbiddenDestination

#: Addresses that a name might lead to. None is public.
NOT_PUBLIC = [
    # This machine and this network.
    "0.0.0.0", "0.1.2.3",  # noqa: S104 - refused, not bound to.
    "127.0.0.1", "127.1.2.3", "127.255.255.254", "10.0.0.1", "10.255.255.255", "100.64.0.1",
    "100.100.100.200", "100.127.255.255", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "192.168.255.255", "168.63.129.16",
    # Special purposes, tests, multicast, the future.
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    # Version 6: itself, local, unique, multicast, discard, documentation.
    "::", "::1", "0:0:0:0:0:0:0:1", "fe80::1", "fe80::1%lo", "febf::1", "fec0::1", "fc00::1", "fd00::1",
    "fd00:ec2::254", "ff02::1", "ff0e::1", "100::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1",
    # An address of version 4 inside: mapped, compatible, translated.
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe",
    "::127.0.0.1", "::7f00:1", "::10.0.0.1", "::ffff:0:127.0.0.1",
    # 6to4, NAT64 (the known prefix, and the local one), Teredo, ISATAP, ORCHID.
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:1::1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "64:ff9b:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2620:0:1::5efe:10.0.0.1", "2620:0:1::200:5efe:192.168.0.1",
    # No addresses at all.
    "", "localhost", "127.1", "0x7f000001", "2130706433",
]  # fmt: skip
#: Ways to write a URL that some library reads as this machine, or as something else than it looks.
BAD_URLS = [
    "http://hooks.example.com/x", "ftp://hooks.example.com/x", "file:///etc/passwd", "gopher://127.0.0.1:25/x",
    "//hooks.example.com/x", "hooks.example.com/x", "https:hooks.example.com", "https://", "https:///x", "",
    "https://127.1/x", "https://127.0.1/x", "https://0/x", "https://2130706433/x", "https://0x7f000001/x",
    "https://0x7f.0.0.1/x", "https://0177.0.0.1/x", "https://017700000001/x", "https://0x7f.1/x", "https://127.0.0.0x1/x",
    "https://00000177.0.0.1/x", "https://[::1%25lo]/x", "https://[::1%lo]/x", "https://[127.0.0.1]/x", "https://[::1/x",
    "https://hooks.example.com@127.0.0.1/x", "https://user:pw@hooks.example.com/x", "https://127.0.0.1#@hooks.example.com/",
    "https://hooks.example.com\\@127.0.0.1/x", "https://hooks.example.com\t/x", "https://hooks.example.com\r\nX: y/x",
    "https://hooks.example.com /x", " https://hooks.example.com/x", "https://hooks.example.com:22/x",
    "https://hooks.example.com:6379/x", "https://hooks.example.com:99999/x", "https://hooks.example.com:0x1bb/x",
    "https://127。0。0。1/x", "https://①②⑦.⓪.⓪.①/x", "https://ⓛocalhost/x", "https://hooks..example.com/\0",
    "https://exa\u00admple.com/x", "https://hooks.example.com/ä", "https://hooks.example.com/<x>", "https://*.example.com/x",
    "https://-x.example.com/", "https://%31%32%37.0.0.1/x", "https://" + "a" * 2100,
]  # fmt: skip
PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


def test_the_corpus_is_as_large_as_promised():
    assert len(set(NOT_PUBLIC)) + len(set(BAD_URLS)) >= 120


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_in_every_form(address: str):
    where = destinations.parse("https://hooks.example.com/x")

    assert not destinations.is_public(address)
    with pytest.raises(ForbiddenDestination, match="not public"):
        destinations.addresses_of(where, resolve=lambda host, port: [address])


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_one_bad_address_among_good_ones_is_enough(address: str):
    where = destinations.parse("https://hooks.example.com/x")

    with pytest.raises(ForbiddenDestination):
        destinations.addresses_of(where, resolve=lambda host, port: ["93.184.216.34", address])


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_called(address: str):
    where = destinations.parse("https://hooks.example.com/x")

    assert destinations.addresses_of(where, resolve=lambda host, port: [address]) == [address]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_can_be_read_in_two_ways_is_refused(url: str):
    with pytest.raises(ForbiddenDestination):
        destinations.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://localhost./x",
        "https://LOCALHOST/",
    ],
)
def test_this_machine_by_name_or_number_is_found_out_by_its_address(url: str):
    with pytest.raises(ForbiddenDestination, match="COLDFRAME_WEBHOOK_HOSTS"):
        destinations.addresses_of(destinations.parse(url))


def test_a_failing_look_up_lets_nothing_through():
    def fails(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    where = destinations.parse("https://hooks.example.com/x")

    with pytest.raises(OSError, match="no such host"):
        destinations.addresses_of(where, resolve=fails)
    with pytest.raises(OSError, match="no address"):
        destinations.addresses_of(where, resolve=lambda host, port: [])


def test_a_host_that_the_operator_named_is_called_wherever_it_leads():
    where = destinations.parse("http://crm.intern:8080/hook?a=1", named_hosts=["crm.intern:8080"])

    assert (where.scheme, where.host, where.port, where.target) == ("http", "crm.intern", 8080, "/hook?a=1")
    assert destinations.addresses_of(where, resolve=lambda host, port: ["10.0.0.7"]) == ["10.0.0.7"]


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.intern:8081/x",
        "http://crm.intern/x",
        "http://other.intern:8080/x",
        "http://xcrm.intern:8080/",
    ],
)
def test_naming_one_host_and_port_names_no_other(url: str):
    with pytest.raises(ForbiddenDestination):
        destinations.parse(url, named_hosts=["crm.intern:8080"])


@given(st.ip_addresses(v=4))
def test_version_4_agrees_with_itself_when_mapped(address: object):
    assert destinations.is_public(str(address)) == destinations.is_public(f"::ffff:{address}")


@given(st.ip_addresses(v=6))
def test_nothing_is_public_that_the_standard_library_calls_private(address: object):
    import ipaddress

    read = ipaddress.IPv6Address(str(address))
    if read.is_private or read.is_loopback or read.is_link_local or read.is_multicast:
        assert not destinations.is_public(str(address)) or read.ipv4_mapped
