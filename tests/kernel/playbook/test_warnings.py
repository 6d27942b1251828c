"""What looks odd is said, and does not keep a playbook from being used."""

from __future__ import annotations

import pytest

from coldframe.kernel.playbook import parsing
from tests.kernel.playbook.changing import SHAPE, changed

ASSETS = SHAPE[SHAPE.index("assets:\n") : SHAPE.index("paths:\n")]
LISTS = SHAPE[SHAPE.index("lists:\n") :]


#: What is doubted, the text that makes it so (``old`` is replaced, at its last place), and what is said of it.
DOUBTS = {
    "no lists": (
        LISTS,
        "",
        """
playbook.yaml:28:65  PB501  disqualify[competitor].when.in_list  (warning)
expected a list of this playbook, got "competitors".
Write it under `lists`: `competitors: [...]`. Until then it is empty, and the rule never holds.
""",
    ),
    "a stage that nobody reaches": (
        "re_engagement: {when: {field: lead.days_since_meaningful_action, at_least: 90}}",
        "",
        """
playbook.yaml:83:36  PB502  paths[wake-up].for.all[1].is  (warning)
expected a stage that this playbook can reach, got "re_engagement".
Possible: comparison, evaluation, internal_alignment, problem_awareness, research.
""",
    ),
    "a misspelt kind of event": (
        "event: form_submitted, where: {field: form, is: demo}",
        "event: form_submited, where: {field: form, is: demo}",
        """
playbook.yaml:44:25  PB503  signals.demo_request.event  (warning)
expected a kind of event that is known, got "form_submited".
Did you mean "form_submitted"?
""",
    ),
    "no assets to take a stage from": (
        ASSETS,
        "",
        """
playbook.yaml:39:93  PB504  signals.guide_download.stage  (warning)
expected assets to take the stage from, got none.
Fill `assets`.
""",
    ),
    "no assets at all": (
        ASSETS,
        "",
        """
playbook.yaml:2:1  PB508  (warning)
expected an asset for every stage, got none for problem_awareness, research, comparison, evaluation, \
internal_alignment, re_engagement.
Leads in that stage have nothing to read.
""",
    ),
    "a path for everybody before others": (
        "for: {segments: [food-marketing]}",
        "for: {none: []}",
        """
playbook.yaml:95:5  PB505  paths[food]  (warning)
expected the path that takes everybody left at the end, got "food", which takes everybody, before others.
No path after it is ever chosen.
""",
    ),
    "leads without a segment": (
        "  - {name: everyone-else, when: {all: []}}",
        "  - {name: everyone-else, when: {field: lead.city, is: Oslo}}",
        """
playbook.yaml:68:1  PB506  segments  (warning)
expected a last segment that takes everybody left, got none.
End with one that says `when: {all: []}`.
""",
    ),
    "hand raises that trigger nothing": (
        "field: signal.hand_raise",
        "field: signal.reply",
        """
playbook.yaml:113:1  PB507  triggers  (warning)
expected a trigger on signal.hand_raise, got none.
Whoever asks for sales would wait like everybody else.
""",
    ),
    "a stage without content": (
        "stage: re_engagement, answers",
        "stage: evaluation, answers",
        """
playbook.yaml:73:1  PB508  assets  (warning)
expected an asset for every stage, got none for re_engagement.
Leads in that stage have nothing to read.
""",
    ),
    "a path without content": (
        "kinds: [qualification_guide, faq]",
        "kinds: [qualification_guide]",
        """
playbook.yaml:89:12  PB509  paths[complete-the-picture].pool.kinds  (warning)
expected assets of these kinds, got none of qualification_guide.
Leads on this path have nothing to read.
""",
    ),
    "content without a template": (
        "for: {questions: all}",
        "for: {questions: [lead.timeline]}",
        """
playbook.yaml:148:1  PB510  templates  (warning)
expected a template for everything that can be sent, got none for question:lead.known_problem, question:account.employees.
No message goes out about them. A last template with `for: {assets: all}` serves the rest.
""",
    ),
    "a message about its sender": (
        "Most of the heat that you pay for leaves through **three places**.",
        "We are proud of our houses. Our customers love us, and we love them.",
        """
playbook.yaml:153:11  PB511  templates[why heat escapes].body  (warning)
expected more of the reader than of the sender, got we, us, our 5 times and you, your 4 times.
Say what the reader can do with it, and leave out what you are proud of.
""",
    ),
    "HTML in a message": (
        "**three places**",
        "<b>three places</b>",
        """
playbook.yaml:153:11  PB513  templates[why heat escapes].body  (warning)
expected Markdown, got "<b>", which is shown as it stands.
Write **bold**, [a link](https://…), - a list.
""",
    ),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubt_is_said_and_the_playbook_is_used(doubt: str) -> None:
    old, new, says = DOUBTS[doubt]

    examination = parsing.examine(changed(old, new))

    assert examination.playbook is not None
    assert examination.mistakes == ()
    assert says.strip() in map(str, examination.warnings)


def test_fields_that_nothing_fills_yet_are_no_reason_to_warn() -> None:
    text = changed("[verdict.until, reply.until,", "[answer.budget_on, verdict.until, reply.until,")

    assert parsing.examine(text).problems == ()
