"""Programs that say what they are, and people's browsers, which must never be taken for one of them."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest

from coldframe import environment
from coldframe.activity import agents
from coldframe.kernel.engagement.words import Agent
from tests import material

#: Of the agents on the shared list so many are found; the rest pretend to be a browser, and are judged by what they do.
RECALL = 0.95

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS, MAC, LINUX = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"
IPHONE, IPAD, ANDROID = (
    "iPhone; CPU iPhone OS 18_5 like Mac OS X",
    "iPad; CPU OS 17_7 like Mac OS X",
    "Linux; Android 15; K",
)
#: What people read mail and the web with.
ORDINARY = [
    *(f"Mozilla/5.0 ({system}) {CHROME} Safari/537.36" for system in (WINDOWS, MAC, LINUX, "X11; CrOS x86_64 14541.0.0")),
    *(f"Mozilla/5.0 ({system}) {CHROME} Safari/537.36 Edg/140.0.0.0" for system in (WINDOWS, MAC)),
    *(f"Mozilla/5.0 ({system}; rv:142.0) Gecko/20100101 Firefox/142.0" for system in (WINDOWS, "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10.15")),
    f"Mozilla/5.0 ({WINDOWS}) {CHROME} Safari/537.36 OPR/120.0.0.0",
    f"Mozilla/5.0 ({WINDOWS}) {CHROME} Safari/537.36 Vivaldi/7.5",
    f"Mozilla/5.0 ({WINDOWS}) {CHROME} YaBrowser/25.6.0 Safari/537.36",
    f"Mozilla/5.0 ({WINDOWS}) {CHROME} Safari/537.36 Avast/139.0.0.0",
    f"Mozilla/5.0 ({MAC}) {WEBKIT} Version/18.5 Safari/605.1.15",
    f"Mozilla/5.0 ({MAC}) {WEBKIT} Version/18.5 Safari/605.1.15 Ddg/18.5",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Version/18.5 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 ({IPAD}) {WEBKIT} Version/17.7 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} FxiOS/142.0 Mobile/15E148 Safari/605.1.15",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} EdgiOS/139.0.3405.86 Version/18.0 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} GSA/380.0.788317806 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Mobile/15E148",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Mobile/15E148 [LinkedInApp]/9.31.3083",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/525.0.0.53.107;FBBV/1;FBDV/iPhone15,2;FBMD/iPhone]",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Mobile/22F76 Instagram 392.0.0.28.84 (iPhone14,5; iOS 18_5; en_GB)",
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Mobile/15E148 Twitter for iPhone/11.14",
    f"Mozilla/5.0 ({ANDROID}) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 21) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 12; CPH2135 Build/SP1A; wv) {CHROME} Version/4.0 Mobile Safari/537.36 LinkedIn/4.1.1094 (LinkedInApp)",
    f"Mozilla/5.0 ({ANDROID}) {CHROME} Mobile Safari/537.36 EdgA/139.0.0.0",
    f"Mozilla/5.0 ({ANDROID}) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 ({ANDROID}) {CHROME} Mobile Safari/537.36 Telegram-Android/11.14.1 (Samsung SM-S921B; Android 15)",
    "Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Microsoft Outlook 14.0.7188)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17628; Pro)",
    "Outlook-iOS/732.6.prod.iphone (4.2529.0)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.13.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
    "",
]  # fmt: skip


@pytest.mark.parametrize("agent", ORDINARY)
def test_what_people_read_with_is_no_machine(agent: str) -> None:
    assert agents.class_of(agent) is Agent.PLAIN


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0", Agent.PROXY),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", Agent.PROXY),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", Agent.PROXY),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Agent.PREVIEW),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", Agent.PREVIEW),
        ("WhatsApp/2.23.20.0", Agent.PREVIEW),
        (f"Mozilla/5.0 ({WINDOWS}) {CHROME} Safari/537.36 SkypeUriPreview Preview/0.5", Agent.PREVIEW),
        ("BarracudaCentral link scanner", Agent.SCANNER),
        ("curl/8.5.0", Agent.SCANNER),
        ("python-requests/2.32.3", Agent.SCANNER),
        ("Go-http-client/2.0", Agent.SCANNER),
        (f"Mozilla/5.0 ({LINUX}) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36", Agent.SCANNER),
        ("Mozilla/5.0 (compatible; Linkwatch/2.1; +https://linkwatch.example)", Agent.SCANNER),
        ("x" * 100_000, Agent.SCANNER),
    ],
)  # fmt: skip
def test_what_says_that_it_is_none_is_believed(agent: str, expected: Agent) -> None:
    assert agents.class_of(agent) is expected


@pytest.mark.material
def test_nearly_all_known_crawlers_are_found(record_property: Any) -> None:
    listed = json.loads(
        (material.folder("bots_crawler_user_agents") / "crawler-user-agents.json").read_text()
    )
    examples = [agent for each in listed for agent in each.get("instances", [])]

    found = sum(agents.class_of(agent) is not Agent.PLAIN for agent in examples)

    print(f"{found} of {len(examples)} known agents found: {found / len(examples):.1%}")
    record_property("recall", found / len(examples))
    assert len(examples) > 2_000
    assert found / len(examples) >= RECALL


def test_networks_that_the_owner_names_are_scanners(settings: Any) -> None:
    settings.SCANNER_NETWORKS = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))

    named = ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8:5::1"]
    assert [agents.is_scanner_network(address) for address in named] == [True] * 3
    assert not any(agents.is_scanner_network(address) for address in ("198.51.100.7", "", "nowhere"))


def test_a_network_that_is_none_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_SCANNER_NETWORKS", "192.0.2.0/24, everywhere")

    with pytest.raises(
        environment.BadSetting, match=r'COLDFRAME_SCANNER_NETWORKS: expected networks .* got "everywhere"'
    ):
        environment.networks("COLDFRAME_SCANNER_NETWORKS")
