"""Small playbooks for tests of messages: the shape of the kernel's tests, with templates of one's own."""

from __future__ import annotations

from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.templates import Wording
from coldframe.library import rendering
from coldframe.library.fields import Value
from coldframe.library.rendering import Content, NotRendered, Rendered, Templates
from tests.kernel.playbook.changing import SHAPE

#: The shape without its letter and templates.
BEFORE, _, REST = SHAPE.partition("letter:\n")
AFTER = "lists:\n" + REST.partition("\nlists:\n")[2]
ANNA: dict[str, Value] = {
    "lead.first_name": "Anna",
    "lead.role": "champion",
    "lead.known_problem": "heating costs",
    "account.name": "Brightpath",
    "account.industry": "Horticulture",
    "account.employees": 120,
}


def playbook_text(templates: str) -> str:
    return f"{BEFORE}{templates}\n{AFTER}"


def templates_of(templates: str) -> Templates:
    return Templates(parsing.parse(playbook_text(templates)))


def letter(body: str, *, subject: str = "x", value: str = "x") -> rendering.Writer:
    """Return a writer of one message about no content in particular."""
    words = Wording(subject=subject, value=value, preheader=value, body=body, language="en")
    return rendering.writer_of(words, constants={})


def text_of(body: str, **values: Value) -> str:
    """Return the text part of a body; ``lead__first_name`` stands for ``lead.first_name``."""
    made = letter(body).write({name.replace("__", "."): value for name, value in values.items()})
    assert isinstance(made, Rendered), made
    return made.text


def written(templates: Templates, content_key: str, **values: Value) -> Rendered | NotRendered:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return templates.render(Content(content_key=content_key, values={**ANNA, **named}))
