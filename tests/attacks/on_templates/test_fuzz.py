"""Ten thousand templates made of pieces of templates: no crash, nothing slow, nothing large."""

from __future__ import annotations

import random
import time

import pytest

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.templates import Wording
from coldframe.library import checking, rendering
from coldframe.library.examining import SAMPLES
from coldframe.library.rendering import NotRendered, Rendered
from coldframe.library.scanning import oversize
from tests.attacks.on_templates.payloads import PAYLOADS

RUNS = 10_000
#: Of processor time, so that a busy machine is no fault of the template.
SLOW_SECONDS = 0.050
MOST_BYTES = 256 * 1024
PIECES = [
    "{{", "}}", "{%", "%}", "{{ lead.first_name }}", '{{ lead.city | default: "x" }}', "{% if lead.city %}", "{% else %}",
    "{% endif %}", "{% unless lead.city == 'Oslo' %}", "{% endunless %}", "{% case lead.role %}", "{% when 'champion' %}", "{% endcase %}",
    "{% elsif account.employees > 5 %}", "{{ asset.url }}", "[", "](", ")", "](https://example.com/", "**", "*", "_", "`", "```\n", "> ", "- ",
    "1. ", "\n", "\n\n", "  ", "\t", "<b>", "&amp;", "&", "<", ">", '"', "'", "\\", "#", "~", "|", ":", "\x00", "\u202e", "é", "😀", "\ud800",
    "{{ lead.first_name | capitalize | upcase | downcase | words }}", "{{ account.renewal_on | date: 'month' }}", "x" * 200, "cfslot0e", "@@BODY@@",
]  # fmt: skip


def source(chance: random.Random) -> str:
    pool = PIECES if chance.random() < 0.7 else [*PIECES, *PAYLOADS]
    made = "".join(chance.choice(pool) for _ in range(chance.randint(1, 40)))
    return made * chance.choice([1, 1, 1, 1, 3, 20])


def attempt(text: str) -> Rendered | NotRendered | None:
    """Return what becomes of a text: refused (None), held or written."""
    found = checking.faults_of(text, sort=templates.ASSET, is_body=True)
    if any(fault.code not in checking.WARNINGS for fault in found):
        return None
    words = Wording(
        subject=text if len(text) < 200 else "x", value="x", preheader="x", body=text, language="en"
    )
    try:
        return rendering.writer_of(words, constants={}).write(SAMPLES)
    except rendering.TemplateInvalid:
        return None


@pytest.mark.slow
def test_ten_thousand_templates_neither_crash_nor_hang_nor_swell() -> None:
    chance = random.Random(20261125)
    written = 0
    slow = []
    for _ in range(RUNS):
        text = source(chance)
        began = time.process_time()
        found = attempt(text)
        if time.process_time() - began > SLOW_SECONDS:
            slow.append(text)
        if isinstance(found, Rendered):
            written += 1
            assert len(found.html.encode("utf-8", "surrogatepass")) <= MOST_BYTES
            assert len(found.text.encode("utf-8", "surrogatepass")) <= MOST_BYTES
    # Collecting garbage may fall on any of them: the slow ones are tried again.
    assert [text for text in slow if quickest(text) > SLOW_SECONDS] == []
    assert written > RUNS // 20


def quickest(text: str) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        attempt(text)
        times.append(time.process_time() - began)
    return min(times)


#: What some parser is slow at, many times over.
UNITS = [
    "[", "[a](", "*a ", "**a", "`", "` `` ", "> ", "- ", "\\", "&", "<", "![", "_a__", "a\n=\n", "1. a\n", "[a]: b\n", "<a@b.c>", "<x ", "a\n",
    "- a\n\n", "> a\n", "\n", "# a\n", "```\n", "    a\n", "[a](http://b.c)", "***a*** ", "- [a](http://b.c)\n", "<http://a.b>", "{{", "{%", "{{ ",
    "{{ lead.city }}", "{% if lead.city %}", "{% if lead.city %}a{% endif %}", "{{ lead.city | upcase }}", "}}", "%}", "[{{ lead.city }}](", "é", "\u0301",
]  # fmt: skip


def filled(unit: str) -> str:
    """Return as many of a unit as one text may hold."""
    text = unit
    while oversize(text + unit) is None:
        text += unit
    return text


@pytest.mark.parametrize("unit", UNITS, ids=[f"unit-{n}" for n, _ in enumerate(UNITS, start=1)])
def test_a_text_made_to_be_slow_is_not(unit: str) -> None:
    text = filled(unit)

    assert min(quickest(text) for _ in range(2)) < SLOW_SECONDS


ENDLESS = ["{% raw %}", "{{ lead.city" + " " * 250, "{% if lead.city == 'x' or ", "[", "x", "\n"]


@pytest.mark.parametrize("unit", ENDLESS, ids=[f"unit-{n}" for n, _ in enumerate(ENDLESS, start=1)])
def test_a_text_without_end_is_refused_at_once(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))

    assert quickest(text) < SLOW_SECONDS
    assert attempt(text) is None


def test_a_message_larger_than_256_kib_is_held() -> None:
    body = "\n\n".join(["{{ lead.known_problem }} " * 15] * 10)
    words = Wording(subject="x", value="x", preheader="x", body=body, language="en")

    found = rendering.writer_of(words, constants={}).write({"lead.known_problem": "<" * 500})

    assert isinstance(found, NotRendered)
    assert found.detail == "The message is larger than 256 KiB"
