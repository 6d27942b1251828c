"""The quick way to write a message and the slow one say the same."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coldframe.library import fields, layout, merge_tags
from coldframe.library.fields import Value
from coldframe.library.rendering import Rendered, Writer
from tests.drawn import examples
from tests.library.letters import letter

NAMES = [
    "lead.first_name",
    "lead.city",
    "account.name",
    "lead.custom.plan",
    "account.employees",
    "account.renewal_on",
]
FILTERS = [
    "capitalize",
    "upcase",
    "downcase",
    "words",
    'default: "there & then"',
    "date: 'month'",
    "date: 'quarter'",
]
values = st.fixed_dictionaries(
    {name: st.none() | st.text(max_size=20) | st.integers(-9, 9) | st.floats(-5, 5) | st.booleans() | st.dates() for name in NAMES}
)  # fmt: skip
expressions = st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(FILTERS), max_size=3)).map(
    lambda parts: " | ".join([parts[0], *parts[1]])
)


@settings(max_examples=examples(100))
@given(expressions, values)
def test_an_output_says_what_liquid_says(expression: str, known: dict[str, Value]) -> None:
    output = merge_tags.output_of(expression)

    assert isinstance(output, merge_tags.Output)
    assert output.text(known) == merge_tags.evaluated(expression, known)


class Seen(HTMLParser):
    """What a mail program makes of an HTML text: tags, attributes, words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(tag)

    def handle_data(self, data: str) -> None:
        if self.events and isinstance(self.events[-1], str) and self.events[-1].startswith("words:"):
            self.events[-1] += data
        else:
            self.events.append("words:" + data)


BODIES = [
    "Hello {{ lead.first_name }},\n\nhow is **{{ lead.city }}**?\n\n- {{ account.name }}\n- two\n\n[link](https://example.com/a)",
    "> {{ lead.first_name | upcase }}: {{ lead.first_name }}{{ lead.city }}\n\n# {{ account.name }}",
    "{{ lead.city }}",
]


@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(BODIES), st.fixed_dictionaries({name: st.text(max_size=30) for name in NAMES[:3]}))
def test_values_put_in_after_all_is_made_show_as_if_they_had_been_there_from_the_start(
    body: str, known: dict[str, str]
) -> None:
    """The slow way: tags replaced by words that Markdown cannot misread, the escaped values in, and only then the layout."""
    writer = letter(body)
    found = writer.write(known)
    if not isinstance(found, Rendered):
        assert any(fields.cleaned(value) is None for value in known.values())
        return

    assert Seen(found.html).events == Seen(slowly(body, writer, known)).events


def slowly(body: str, writer: Writer, known: dict[str, str]) -> str:
    from markdown_it import MarkdownIt

    text = body
    stand_ins = {}
    for number, output in enumerate(writer.outputs):
        word = f"standin{number}x"
        stand_ins[word] = output.text(known)
        spelt = "{{ " + " | ".join([output.field, *(name for name, _ in output.filters)]) + " }}"
        text = text.replace(spelt, word)
    html = MarkdownIt("commonmark", {"html": False, "breaks": True}).render(text)
    for word, value in stand_ins.items():
        html = html.replace(word, escape(value))
    return layout.dressed(language="en", title="x", preheader="x", body=html)


@given(st.lists(values, min_size=2, max_size=12))
def test_a_writer_says_to_each_reader_what_a_new_writer_would_say(readers: list[dict[str, Value]]) -> None:
    """Forms that are kept for one reader must not leak into another's message."""
    body = "{% if lead.city %}In {{ lead.city }}{% elsif account.name %}At {{ account.name }}{% else %}Hello{% endif %} {% unless lead.first_name %}you{% endunless %}"
    kept = letter(body)

    assert [kept.write(known) for known in readers] == [letter(body).write(known) for known in readers]
