"""A message says to each reader what the playbook says, in one piece, or it is held with the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from coldframe.kernel.playbook import parsing
from coldframe.kernel.vocabulary import HoldReason
from coldframe.library import layout, rendering, starters
from coldframe.library.rendering import Content, EmptyField, NotRendered, Rendered, Templates
from tests.kernel.playbook.changing import SHAPE
from tests.library.letters import ANNA, letter, templates_of, text_of, written

SHIPPED = Templates(parsing.parse(SHAPE))


def test_a_message_has_subject_html_and_text_from_one_source() -> None:
    found = written(SHIPPED, "asset:why-heat-escapes", sender__name="Kim")

    assert isinstance(found, Rendered)
    assert found.subject == "Where your heat goes at night"
    assert found.text == (
        "Hello Anna,\n\n"
        "Most of the heat that you pay for leaves through three places.\n\n"
        "Why heat escapes <https://example.com/why-heat-escapes> shows you how to find them in Brightpath.\n\n"
        "Best regards\nKim\n"
    )
    assert "<strong>three places</strong>" in found.html
    assert 'href="https://example.com/why-heat-escapes"' in found.html
    assert "You see in five minutes which panes cost you most." in found.html


def test_the_layout_is_a_table_of_600_pixels_with_its_style_inline_and_a_place_for_the_footer() -> None:
    html = letter("Hello").write({}).html  # type: ignore[union-attr]

    assert html.count(layout.FOOTER_PLACE) == 1
    assert "max-width: 600px" in html
    assert '<table role="presentation" width="600"' in html
    assert '<p style="margin: 0 0 16px 0;">Hello</p>' in html
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@@" not in html
    assert "<link" not in html
    assert "<img" not in html


def test_a_field_that_is_missing_shows_its_fallback() -> None:
    found = written(SHIPPED, "asset:why-heat-escapes", lead__first_name=None, account__name="  ")

    assert isinstance(found, Rendered)
    assert found.text.startswith("Hello there,")
    assert "find them in your house." in found.text
    assert found.text.endswith("Best regards\nThe growers' desk\n")


@pytest.mark.parametrize("missing", [None, "", "  ", "\u200b"])
def test_a_message_that_would_show_an_empty_field_is_held(missing: str | None) -> None:
    held = letter("Hello {{ lead.first_name }}").write({"lead.first_name": missing})

    assert held == EmptyField(
        reason=HoldReason.EMPTY_FIELD,
        detail="The message would show an empty field: lead.first_name",
        name="lead.first_name",
    )


@pytest.mark.parametrize("place", ["subject", "value"])
def test_an_empty_field_in_subject_or_preheader_holds_the_message_too(place: str) -> None:
    held = letter("Hello", **{place: "{{ lead.city }}"}).write({})

    assert isinstance(held, EmptyField)


def test_a_field_that_a_tag_leaves_out_holds_nothing() -> None:
    body = "Hello{% if lead.first_name %} {{ lead.first_name }}{% endif %},"

    assert text_of(body) == "Hello,\n"
    assert text_of(body, lead__first_name="Anna") == "Hello Anna,\n"


@pytest.mark.parametrize(
    ("values", "words"),
    [({"lead__role": "champion"}, "a"), ({"lead__role": "user"}, "b"), ({}, "c")],
    ids=["one", "other", "none"],
)
def test_tags_choose_between_words(values: dict[str, str], words: str) -> None:
    body = '{% case lead.role %}{% when "champion" %}a{% when "user" %}b{% else %}c{% endcase %}'

    assert text_of(body, **values) == f"{words}\n"


def test_numbers_are_compared_as_numbers_and_what_is_unknown_is_in_no_comparison() -> None:
    body = (
        "{% if account.employees > 50 %}large{% elsif account.employees %}small{% else %}unknown{% endif %}"
    )

    assert [text_of(body, account__employees=n) for n in (120, 8, None)] == [
        "large\n",
        "small\n",
        "unknown\n",
    ]


def test_a_comparison_that_these_values_do_not_allow_holds_the_message() -> None:
    held = letter("{% if lead.custom.size > 50 %}x{% endif %}").write({"lead.custom.size": "many"})

    assert isinstance(held, NotRendered)
    assert held.reason is HoldReason.NOT_READY


@pytest.mark.parametrize(
    ("output", "value", "words"),
    [
        ("lead.city | capitalize", "OSLO", "Oslo"),
        ("lead.city | upcase", "Oslo", "OSLO"),
        ("lead.city | downcase", "Oslo", "oslo"),
        ("lead.role | words", "technical_evaluator", "technical evaluator"),
        ('lead.city | downcase | default: "there"', None, "there"),
        ("account.employees", 120, "120"),
        ("lead.custom.share", 2.0, "2"),
        ("lead.custom.vip", True, "yes"),
        ("account.renewal_on", date(2026, 10, 12), "12 October 2026"),
        ('account.renewal_on | date: "month"', date(2026, 10, 12), "October 2026"),
        ('account.renewal_on | date: "quarter"', date(2026, 10, 12), "Q4 2026"),
        ('account.renewal_on | date: "weekday"', date(2026, 10, 12), "Monday, 12 October"),
        ('account.renewal_on | date: "year"', datetime(2026, 10, 12, tzinfo=UTC), "2026"),
        ("lead.city", "  two\n lines\u202e ", "two lines"),
        ("lead.city", "x" * 600, "x" * 499 + "…"),
    ],
)  # fmt: skip
def test_a_value_becomes_words(output: str, value: object, words: str) -> None:
    name = output.partition(" ")[0]

    found = letter("{{ " + output + " }}").write({name: value})  # type: ignore[dict-item]

    assert isinstance(found, Rendered)
    assert found.text == words + "\n"


def test_what_a_value_holds_is_neither_markdown_nor_html_nor_a_tag() -> None:
    name = "**Anna** <b>[x](https://evil.example)</b> {{ lead.city }} {% if 1 %}"

    found = letter("Hello *{{ lead.first_name }}*").write({"lead.first_name": name, "lead.city": "Oslo"})

    assert isinstance(found, Rendered)
    assert found.text == f"Hello {name}\n"
    assert "<em>**Anna** &lt;b&gt;[x](https://evil.example)&lt;/b&gt; {{ lead.city }}" in found.html


def test_a_line_break_in_a_value_begins_no_second_header() -> None:
    found = letter("x", subject="For {{ lead.first_name }}").write(
        {"lead.first_name": "Anna\r\nBcc: all@evil.example"}
    )

    assert isinstance(found, Rendered)
    assert found.subject == "For Anna Bcc: all@evil.example"


def test_an_address_without_a_link_around_it_becomes_one() -> None:
    values = {"asset.url": "https://example.com/a?b=c&d=e"}

    bare = letter("Read it: {{ asset.url }}").write(values)
    linked = letter("[Read it]({{ asset.url }})").write(values)

    assert isinstance(bare, Rendered)
    assert isinstance(linked, Rendered)
    assert bare.text == "Read it: https://example.com/a?b=c&d=e\n"
    assert 'href="https://example.com/a?b=c&amp;d=e"' in bare.html
    assert linked.text == "Read it <https://example.com/a?b=c&d=e>\n"
    assert linked.html.count("<a ") == 1


def test_a_value_within_an_address_is_escaped_for_it() -> None:
    found = letter("[x](https://example.com/?c={{ account.name }})").write({"account.name": "A & B/ü"})

    assert isinstance(found, Rendered)
    assert 'href="https://example.com/?c=A%20%26%20B%2F%C3%BC"' in found.html


def test_the_callers_address_of_an_asset_wins_over_the_catalogues() -> None:
    found = written(SHIPPED, "asset:kinds-of-glass", asset__url="https://example.com/kinds-of-glass?t=7")

    assert isinstance(found, Rendered)
    assert "https://example.com/kinds-of-glass?t=7" in found.text


def test_options_alone_on_a_line_become_a_list_and_a_sentence_elsewhere() -> None:
    texts = templates_of(
        'templates:\n  - {name: q, for: {questions: all}, subject: x, value: x, body: "{{ question.ask }} {{ question.options }}?\\n\\n{{ question.options }}"}\n'
    )

    found = written(texts, "question:lead.known_problem")

    assert isinstance(found, Rendered)
    assert found.text == (
        "Which of these costs you most today? heating, labor or light?\n\n- heating\n- labor\n- light\n"
    )


def test_a_question_without_options_shows_none() -> None:
    texts = templates_of(
        'templates:\n  - {name: q, for: {questions: all}, subject: x, value: x, body: "{{ question.ask }} {{ question.options }}"}\n'
    )

    held = written(texts, "question:lead.timeline")

    assert isinstance(held, EmptyField)
    assert held.name == "question.options"


@pytest.mark.parametrize("day", ["2026-10-01", "2027-01-31"])
def test_a_follow_up_knows_its_day_from_the_key(day: str) -> None:
    texts = templates_of(
        "templates:\n  - {name: f, for: {follow_ups: yes}, subject: x, value: x, body: \"{{ follow_up.on | date: 'month' }}\"}\n"
    )

    found = written(texts, f"follow_up:{day}")

    assert isinstance(found, Rendered)
    assert found.text == {"2026-10-01": "October 2026\n", "2027-01-31": "January 2027\n"}[day]


VARIANTS = """letter: {language: en}
templates:
  - name: one
    for: {assets: all}
    subject: all
    value: x
    body: for all
    variants:
      - {roles: [economic_buyer, champion], problems: [heat], body: role and problem}
      - {industries: [horticult], subject: trade}
      - {languages: [pt], segments: [food-marketing], body: two lists}
      - {languages: [pt], body: em português}
"""


@pytest.mark.parametrize(
    ("values", "subject", "text"),
    [
        ({}, "all", "role and problem"),
        ({"lead.role": "CHAMPION"}, "all", "role and problem"),
        ({"lead.role": "user"}, "trade", "for all"),
        ({"lead.known_problem": None}, "trade", "for all"),
        ({"lead.role": "user", "account.industry": "Banking", "lead.language": "pt-BR"}, "all", "em português"),
        ({"lead.role": None, "account.industry": None, "lead.language": "pt_PT", "segment": "food-marketing"}, "all", "two lists"),
        ({"lead.role": None, "account.industry": None, "lead.language": "ptx"}, "all", "for all"),
        ({"lead.role": None, "account.industry": None}, "all", "for all"),
    ],
    ids=["first", "any case", "second", "unknown problem", "region", "both lists", "other language", "none"],
)  # fmt: skip
def test_the_first_variant_that_holds_gives_its_words(
    values: dict[str, str | None], subject: str, text: str
) -> None:
    found = templates_of(VARIANTS).render(Content(content_key="asset:faq", values={**ANNA, **values}))

    assert isinstance(found, Rendered)
    assert (found.subject, found.text) == (subject, f"{text}\n")


def test_a_message_names_the_language_of_its_words() -> None:
    texts = templates_of(VARIANTS)
    plain = texts.render(Content(content_key="asset:faq", values={}))
    other = texts.render(Content(content_key="asset:faq", values={"lead.language": "pt-BR"}))

    assert isinstance(plain, Rendered)
    assert isinstance(other, Rendered)
    assert (plain.language, other.language) == ("en", "pt")
    assert '<html lang="pt"' in other.html


def test_the_first_template_for_a_content_counts() -> None:
    found = [written(SHIPPED, key) for key in ("asset:why-heat-escapes", "asset:build-or-buy", "asset:faq")]

    assert [each.subject for each in found if isinstance(each, Rendered)] == [
        "Where your heat goes at night",
        "Build or buy",
        "What people ask",
    ]


@pytest.mark.parametrize("key", ["asset:gone", "question:lead.city", "follow_up", "nothing", ""])
def test_content_without_a_template_is_held(key: str) -> None:
    held = written(
        templates_of("templates:\n  - {name: a, for: {stages: [research]}, subject: x, value: x, body: x}\n"),
        key,
    )

    assert isinstance(held, NotRendered)
    assert held.reason is HoldReason.NOT_READY
    assert held.detail == f"No template of the playbook is for {key}"


def test_a_batch_comes_back_in_its_order() -> None:
    names = [f"Reader {n}" for n in range(50)]
    contents = [Content(content_key="asset:faq", values={**ANNA, "lead.first_name": name}) for name in names]

    found = SHIPPED.render_batch(contents)

    assert [each.text.split("\n")[0] for each in found if isinstance(each, Rendered)] == [
        f"Hello {name}," for name in names
    ]


@pytest.mark.parametrize("name", starters.STARTERS)
def test_every_shipped_playbook_has_words_for_everything_it_can_send(name: str) -> None:
    playbook = parsing.parse(starters.read(name))
    texts = Templates(playbook)
    keys = [f"asset:{asset.key}" for asset in playbook.assets]
    keys += [f"question:{field}" for field in playbook.completeness.questions]
    roles: list[rendering.Value] = [None, "champion", "economic_buyer", "technical_evaluator"]

    found = {
        (key, role): texts.render(Content(content_key=key, values={"lead.role": role}))
        for key in [*keys, "follow_up:2026-10-01"]
        for role in roles
    }

    assert [held for held in found.values() if not isinstance(held, Rendered)] == []
    subjects = {
        key: each.subject
        for (key, role), each in found.items()
        if isinstance(each, Rendered) and role is None
    }
    assert len(set(subjects.values())) == len(subjects), "each says something of its own"
    for each in found.values():
        assert isinstance(each, Rendered)
        assert len(each.subject) <= 70
        assert 30 <= len(each.text.split()) <= 150
        assert "{{" not in each.html
        assert "](" not in each.text
