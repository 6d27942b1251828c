"""
Whose program asked: a person's browser or mail program, or a machine that says so itself.

Most programs without a person tell it by their User-Agent: it is not written like a browser's, says what it does,
or says whom to ask about it. A scanner that pretends to be a browser is not found here, and is judged by what it does
(``kernel.engagement``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings

from coldframe.kernel.engagement.words import Agent

#: Agents are few and come again and again.
REMEMBERED = 4_096
#: What is longer is cut: nothing that matters stands so far back.
LONGEST = 1_000

#: Fetch the pictures of a mail for whoever opens it, or before anybody does. Apple's says "Mozilla/5.0" and no more.
PROXY = re.compile(r"googleimageproxy|ggpht\.com|yahoomailproxy|imageproxy|image proxy|^mozilla/5\.0$", re.I)
#: Look at a link that was written in a chat or a post, to show what is behind it.
PREVIEW = re.compile(
    r"preview|unfurl|externalhit|meta-external|slack(?!/|_ssb)|telegram(?!-android)|whatsapp|viber|discord(?!/)|skype(?!/)|linkedinbot|"
    r"twitterbot|mastodon|friendica|lemmy|bluesky|opengraph|embed|iframely|oembed",
    re.I,
)
#: Say what they do.
MACHINE = re.compile(
    r"(?<!cu)bot(?!h|tom|any)|crawl|spider|scan(?!dinav)|scrap(?:e|ing|y)|slurp|fetch|harvest|archiv|index(?:er|ing)|monitor|uptime|"
    r"check|valid|verif|analy[sz]|audit|survey|research|detector|inspect|probe|watch(?!os)|synthetic|headless|phantom|selenium|"
    r"playwright|puppeteer|webdriver|lighthouse|pagespeed|insights|screenshot|thumb|feed|\brss\b|parser|sitemap|"
    r"webhook|proxy|prefetch|security|safe(?:browsing|links)|defender|barracuda|proofpoint|mimecast|ironport|fortiguard|"
    r"sophos|symantec|messagelabs|trendmicro|zscaler|forcepoint|fireeye|trellix|cisco-|urlscan|virustotal|"
    r"agent(?!\s*smith)/|http-?client|\bapi\b|library|download|\bweb ?service|certificate|-user/|\bai\b|\b[a-z]+-ai\b|gpt|claude",
    re.I,
)
#: Say whom to ask about them.
CONTACT = re.compile(r"https?:|www\.|\+http|@[a-z0-9-]+\.[a-z]|\[at\]", re.I)
#: A browser that is "compatible" is an old Internet Explorer, or a mail program on top of it.
COMPATIBLE = re.compile(r"compatible(?!;\s*msie)", re.I)
#: Written like a browser's: its name and version, then the system it runs on.
BROWSER = re.compile(r"(?:mozilla/\d\.\d+|opera/\d+\.\d+)\s*\(.{2,}\)?", re.I)
#: Programs by which people read their mail; they write their names as they like.
MAIL_PROGRAM = re.compile(
    r"outlook|microsoft office|ms-?office|thunderbird|postbox|airmail|lotus-?notes|hcl notes|apple-?mail|spark/|em client|"
    r"evolution/|kmail|the bat!|mailbird|k-9 mail|samsung email|bluemail|edison",
    re.I,
)


@lru_cache(maxsize=REMEMBERED)
def class_of(agent: str) -> Agent:
    """
    Return what kind of program a User-Agent names. None at all says nothing.

    >>> class_of("Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0").value
    'PLAIN'
    >>> class_of("Mozilla/5.0 (compatible; Linkwatch/2.1; +https://linkwatch.example)").value
    'SCANNER'
    >>> class_of("curl/8.5.0").value, class_of("Slackbot-LinkExpanding 1.0").value, class_of("Mozilla/5.0").value
    ('SCANNER', 'PREVIEW', 'PROXY')
    """
    text = agent[:LONGEST].strip()
    if not text:
        return Agent.PLAIN
    if PROXY.search(text):
        return Agent.PROXY
    if PREVIEW.search(text):
        return Agent.PREVIEW
    if MACHINE.search(text) or CONTACT.search(text) or COMPATIBLE.search(text):
        return Agent.SCANNER
    return Agent.PLAIN if BROWSER.match(text) or MAIL_PROGRAM.search(text) else Agent.SCANNER


def is_scanner_network(address: str) -> bool:
    """Return whether an address is of a network that the owner of this installation named: COLDFRAME_SCANNER_NETWORKS."""
    if not settings.SCANNER_NETWORKS:
        return False
    try:
        found = ip_address(address.strip())
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return any(found in network for network in settings.SCANNER_NETWORKS)
