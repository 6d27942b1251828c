"""What is wrong in the text of a message is said where it stands, before anything is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldframe.kernel.playbook.parsing import PlaybookInvalid
from coldframe.library import examining, operations, queries, starters
from tests.kernel.playbook.changing import SHAPE, changed
from tests.world import NOW

BODY = "Most of the heat that you pay for leaves through **three places**."

#: What is wrong, the text that makes it so (``old`` is replaced, at its last place), and what is said.
FAULTS = {
    "a misspelt field": (
        BODY,
        "Most of {{ lead.frist_name }} leaves.",
        """
playbook.yaml:154:18  PB604  templates[why heat escapes].body
expected a merge field, got "lead.frist_name".
Did you mean "lead.first_name"?
""",
    ),
    "a field that a letter cannot know": (
        BODY,
        "Most of it{% if intent.level == 'high' %} leaves{% endif %}.",
        """
playbook.yaml:154:23  PB604  templates[why heat escapes].body
expected a merge field, got "intent.level".
The reference lists them all: docs/reference/playbook.md#merge-fields
""",
    ),
    "a question's field in a message about an asset": (
        "subject: Where your heat goes at night",
        'subject: "{{ question.ask }}"',
        """
playbook.yaml:151:18  PB604  templates[why heat escapes].subject
expected a merge field of a message about an asset, got "question.ask".
The reference lists them all: docs/reference/playbook.md#merge-fields
""",
    ),
    "an asset's field in the greeting": (
        "{{ lead.first_name | default",
        "{{ asset.title | default",
        """
playbook.yaml:143:23  PB604  letter.greeting
expected a merge field of greeting and signature, got "asset.title".
The reference lists them all: docs/reference/playbook.md#merge-fields
""",
    ),
    "a misspelt filter": (
        BODY,
        "{{ lead.city | default: 'x' | upcsae }}",
        """
playbook.yaml:154:37  PB603  templates[why heat escapes].body
expected one of default, capitalize, upcase, downcase, words, date, got upcsae.
Did you mean "upcase"?
""",
    ),
    "a form of a date that is none": (
        BODY,
        "{{ account.renewal_on | default: 'soon' | date: '%Y' }}",
        """
playbook.yaml:154:49  PB603  templates[why heat escapes].body
expected one of day, month, quarter, weekday, year, got %Y.
""",
    ),
    "a loop": (
        BODY,
        "{% for x in (1..9) %}x{% endfor %}",
        """
playbook.yaml:154:7  PB602  templates[why heat escapes].body
expected if, unless or case, got {% for %}.
Templates have no loops and no variables of their own.

playbook.yaml:154:29  PB602  templates[why heat escapes].body
expected if, unless or case, got {% endfor %}.
Templates have no loops and no variables of their own.
""",
    ),
    "a tag without its end": (
        BODY,
        "{% if lead.city %}Hello",
        """
playbook.yaml:154:7  PB601  templates[why heat escapes].body
expected {% endif %} behind it, got the end of the text.
""",
    ),
    "a field without its end": (
        BODY,
        "Hello {{ lead.city }, and so on",
        """
playbook.yaml:154:13  PB601  templates[why heat escapes].body
expected }} before the next tag, got none.
""",
    ),
    "a comparison that is none": (
        BODY,
        "{% if lead.city > 5 %}x{% endif %}",
        """
playbook.yaml:154:23  PB601  templates[why heat escapes].body
expected tags that can be decided, got '<' and '>' are not supported between 'int' and 'str'.
Such as {% if account.employees > 50 %}.
""",
    ),
    "a fallback that shows nothing": (
        BODY,
        'Hello {{ lead.city | default: "" }}',
        """
playbook.yaml:154:28  PB606  templates[why heat escapes].body
expected a fallback to show, got nothing.
Leave the field out by {% if … %}, or name a word that fits every reader.
""",
    ),
    "a sum": (
        BODY,
        "{{ 7*7 }}",
        """
playbook.yaml:154:10  PB601  templates[why heat escapes].body
expected a field and perhaps filters, got unexpected '*'.
Such as {{ lead.first_name | default: "there" }}.
""",
    ),
    "a text beyond the limits": (
        BODY,
        "x" * 8200,
        """
playbook.yaml:154:7  PB605  templates[why heat escapes].body
expected a text of at most 8192 characters, got 8313.
Say it in fewer words.
""",
    ),
    "a mistake in a variant": (
        "preheader: Your heat at night}",
        'preheader: "{{ lead.ctiy }}"}',
        """
playbook.yaml:161:119  PB604  templates[why heat escapes].variants[2].preheader
expected a merge field, got "lead.ctiy".
Did you mean "lead.city"?
""",
    ),
    "a link that hides where it leads": (
        BODY,
        "You find it [here](https://example.com@evil.example/a).",
        """
playbook.yaml:154:26  PB608  templates[why heat escapes].body
expected a web address that every reader reaches, got https://example.com@evil.example/a: a name before the host, which hides where it leads.
""",
    ),
    "a link into one's own network": (
        BODY,
        "You find it [here](http://192.168.0.7/a).",
        """
playbook.yaml:154:26  PB608  templates[why heat escapes].body
expected a web address that every reader reaches, got http://192.168.0.7/a: an address of a private network.
""",
    ),
}
DOUBTS = {
    "a field without a fallback": (
        BODY,
        "Hello {{ lead.city }}",
        """
playbook.yaml:154:16  PB512  templates[why heat escapes].body  (warning)
expected a fallback, or a question before, got lead.city.
Messages to leads without it are held. Write {{ lead.city | default: "…" }}, or ask first: {% if lead.city %}.
""",
    ),
    "options that a question does not have": (
        'body: "{{ question.ask }}"',
        'body: "{{ question.ask }} {{ question.options }}"',
        """
playbook.yaml:164:5  PB512  templates[a question]  (warning)
expected options to choose from, got none.
The question lead.timeline has none. Ask first: {% if question.options %}.
""",
    ),
    "a link to nowhere": (
        BODY,
        "You find it [here](www.example.com/a).",
        """
playbook.yaml:154:24  PB514  templates[why heat escapes].body  (warning)
expected a link, got brackets that are none.
Links are written [words](https://…), and lead to the web or to an address: mailto:…
""",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_in_a_text_is_named_with_its_place(fault: str) -> None:
    old, new, says = FAULTS[fault]

    with pytest.raises(PlaybookInvalid) as refusal:
        examining.parse(changed(old, new))

    said = [str(problem) for problem in refusal.value.problems if not problem.is_warning]
    assert "\n\n".join(said) == says.strip()


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubt_is_said_and_the_playbook_is_used(doubt: str) -> None:
    old, new, says = DOUBTS[doubt]

    examination = examining.examine(changed(old, new))

    assert examination.playbook is not None
    assert [str(problem) for problem in examination.problems] == [says.strip()]


@pytest.mark.parametrize(
    "text", [SHAPE, *map(starters.read, starters.STARTERS)], ids=["shape", *starters.STARTERS]
)
def test_of_clean_texts_nothing_is_said(text: str) -> None:
    assert examining.examine(text).problems == ()


def test_mistakes_in_the_policy_and_in_the_texts_are_said_together() -> None:
    text = changed(BODY, "Most of {{ lead.frist_name }}").replace("cycle: 12 months", "cycle: 12")

    found = [(problem.line, problem.code) for problem in examining.examine(text).problems]

    assert found == [(6, "PB203"), (154, "PB604")]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("      body: |\n        One\n        two {{ x.y }}\n", (3, 16)),
        ("      body: 'One two {{ x.y }}'\n", (1, 25)),
        ('      body: "One two {{ x.y }}"\n', (1, 25)),
        ("      body: One two {{ x.y }}\n", (1, 24)),
        ("      body: >\n        One\n        two {{ x.y }}\n", (1, 13)),
        ('      body: "One \\u0041 {{ x.y }}"\n', (1, 13)),
    ],
    ids=["block", "single quotes", "double quotes", "plain", "folded", "escaped"],
)
def test_a_place_is_exact_where_the_text_stands_as_it_is_read(written: str, place: tuple[int, int]) -> None:
    """Where YAML changes the text (folding, escapes) it is the beginning of the text."""
    before = (
        SHAPE[: SHAPE.index("templates:\n")]
        + "templates:\n    - name: a\n      for: {assets: all}\n      subject: x\n      value: x\n"
    )
    text = before + written + "\n" + SHAPE[SHAPE.index("\nlists:\n") :]
    first = before.count("\n")

    found = [problem for problem in examining.examine(text).problems if problem.code == "PB604"]

    assert [(problem.line - first, problem.column) for problem in found] == [place]


def test_the_how_to_shows_what_the_program_takes() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "write-messages.md").read_text(
        encoding="utf-8"
    )
    shown = page.partition("```yaml\n")[2].partition("```")[0]
    default = starters.read("default")
    text = default[: default.index("letter:\n")] + shown + default[default.index("\npaths:\n") :]

    problems = examining.examine(text).problems

    assert [problem.code for problem in problems] == ["PB510"], "content without words, and nothing else"


@pytest.mark.django_db
def test_a_playbook_whose_texts_cannot_be_written_is_not_published() -> None:
    with pytest.raises(PlaybookInvalid):
        operations.publish_playbook(text=changed(BODY, "{{ settings.SECRET_KEY }}"), at=NOW)

    assert queries.list_versions() == []
