"""Real bounces, complaints, answers and replies: what is expected of them, how often it is met, and nobody misled."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from coldframe.activity.mail import classifying, markup, parsing, replies
from coldframe.activity.mail.vocabulary import Classified, MailClass
from tests import material

pytestmark = pytest.mark.material

#: Reasons of sisimai that the sender has to mend: they must never be held against an address.
SENDERS = frozenset(
    [
        "authfailure",
        "badreputation",
        "blocked",
        "contenterror",
        "failedstarttls",
        "norelaying",
        "notcompliantrfc",
        "policyviolation",
        "rejected",
        "requireptr",
        "securityerror",
        "spamdetected",
        "speeding",
        "toomanyconn",
        "virusdetected",
    ]
)
NO_BOUNCE = {"feedback": MailClass.COMPLAINT, "vacation": MailClass.AUTO_REPLY, "delivered": MailClass.NOTICE}

#: What each writer of the replies wrote, by the name of the file: the whole of it, or how it begins and ends.
GITHUB: dict[str, tuple[str, str]] = {
    "correct_sig.txt": ("this is an email with a correct -- signature.", ""),
    "email_1_1.txt": ("Hi folks", "I am currently using the Java HTTP API."),
    "email_1_2.txt": ("Hi,", "delete them all individually."),
    "email_1_3.txt": ("Oh thanks.", "Having the function would be great."),
    "email_1_4.txt": ("Awesome! I haven't had another problem with it.", ""),
    "email_1_5.txt": ("One: Here's what I've got.", "for a while."),
    "email_1_6.txt": ("I get proper rendering as well.", ""),
    "email_1_7.txt": (":+1:", ""),
    "email_1_8.txt": ("I will reply under this one", "and under this."),
    "email_2_1.txt": ("Outlook with a reply", ""),
    "email_2_2.txt": ("Outlook with a reply directly above line", ""),
    "email_2_3.txt": ("Outlook with a reply directly above line", ""),
    "email_BlackBerry.txt": ("Here is another email", ""),
    "email_bullets.txt": ("test 2 this should list second", "- and another"),
    "email_iPhone.txt": ("Here is another email", ""),
    "email_multi_word_sent_from_my_mobile_device.txt": ("Here is another email", ""),
    "email_one_is_not_on.txt": ("Thank, this is really helpful.", "Locally (on development), when I run..."),
    "email_sent_from_my_not_signature.txt": ("Here is another email", "much easier then my mobile phone."),
    "email_sig_delimiter_in_middle_of_line.txt": ("Hi there!", "kthxbai"),
    "greedy_on.txt": ("On your remote host you can run:", "fails, the tunnel is not working."),
    "pathological.txt": ("I think you're onto something.", "get back to a computer."),
}


#: Of large collections every so manieth file is read; ``COLDFRAME_EXPLORE=yes`` reads all of them.
STEP = 1 if os.environ.get("COLDFRAME_EXPLORE") == "yes" else 12


@cache
def classified(path: Path) -> Classified:
    return classifying.classify(path.read_bytes())


def sisimai() -> Iterator[tuple[Path, list[dict[str, object]]]]:
    folder = material.folder("email_bounces_sisimai")
    expected = json.loads((folder / "expected.json").read_text())["expected"]
    for path in sorted((folder / "maildir" / "bsd").glob("*.eml")):
        if path.name in expected:
            yield path, expected[path.name]


def test_bounces_of_sisimai_agree_and_no_senders_fault_is_held_against_an_address() -> None:
    agreed, total, misheld, strayed = 0, 0, [], []
    for path, expected in sisimai():
        found = classified(path)
        wanted = NO_BOUNCE.get(str(expected[0]["reason"]), MailClass.BOUNCE)
        if found.mail_class != wanted:
            strayed.append((path.name, found.mail_class))
        if wanted != MailClass.BOUNCE:
            continue
        total += 1
        hard = {each.is_hard for each in found.recipients}
        agreed += hard == {each["hardbounce"] for each in expected}
        if all(each["reason"] in SENDERS for each in expected) and True in hard:
            misheld.append(path.name)

    print(f"sisimai: {agreed} of {total} agree in permanence ({agreed / total:.1%}); other class: {strayed}")
    assert agreed / total >= 0.95
    assert misheld == []
    assert not [each for each in strayed if each[1] == MailClass.REPLY]
    assert len(strayed) <= 0.01 * total


def test_bounces_of_flufl_name_the_address_and_whether_it_was_given_up() -> None:
    folder = material.folder("email_bounces_flufl")
    expected = json.loads((folder / "expected.json").read_text())
    differing = []
    for name, wanted in sorted(expected.items()):
        found = classified(folder / "tests" / "data" / name)
        addresses = {each.address for each in found.recipients if each.address}
        permanent = {each.is_permanent for each in found.recipients}
        same = addresses == {each.lower() for each in wanted["addresses"]}
        if not (same and (not addresses or permanent == {not wanted["temporary"]})):
            differing.append(name)

    share = 1 - len(differing) / len(expected)
    print(f"flufl: {share:.1%} of {len(expected)} agree; differing: {differing}")
    assert share >= 0.95


def test_no_bounce_and_no_answer_of_a_machine_counts_as_a_persons_reply() -> None:
    counts: Counter[str] = Counter()
    persons = []
    #: A person wrote these two, whatever collection they stand in.
    written = {"is-not-bounce-01.eml", "groupwise_03.txt"}
    paths = [
        *material.folder("email_bounces_sisimai").glob("maildir/*/*.eml"),
        *material.folder("email_bounces_flufl").glob("tests/data/*.txt"),
    ]
    for path in sorted(paths):
        found = classified(path)
        counts[found.mail_class] += 1
        if found.mail_class in {MailClass.REPLY, MailClass.UNSUBSCRIBE} and path.name not in written:
            persons.append(path.name)

    print(f"classes: {dict(counts)}")
    assert persons == []


def test_replies_of_github_are_cut_to_what_was_written() -> None:
    folder = material.folder("email_replies_github") / "test" / "emails"
    right = []
    for name, (beginning, end) in GITHUB.items():
        text = replies.cut((folder / name).read_text())
        is_right = text == beginning if not end else text.startswith(beginning) and text.endswith(end)
        if is_right:
            right.append(name)

    print(f"github: {len(right)} of {len(GITHUB)} cut as written; not: {sorted(set(GITHUB) - set(right))}")
    assert len(right) / len(GITHUB) >= 0.9


def test_replies_of_talon_are_cut_to_what_was_written() -> None:
    folder = material.folder("email_replies_talon") / "tests" / "fixtures"
    found = {
        path.name: (replies.cut(parsing.read(path.read_bytes()).text), "Hello")
        for path in folder.glob("standard_replies/*.eml")
    }
    for path in folder.glob("html_replies/*.html"):
        text = replies.cut(markup.as_text(path.read_text(errors="replace")))
        found[path.name] = (text.partition("\n")[0], "Hi. I am fine.")
    right = [name for name, (text, wanted) in found.items() if text == wanted]

    print(f"talon: {len(right)} of {len(found)} cut as written; not: {sorted(set(found) - set(right))}")
    assert len(right) / len(found) >= 0.9


def test_signatures_of_talon_are_cut_and_what_was_written_stays() -> None:
    folder = (
        material.folder("email_replies_talon") / "tests" / "fixtures" / "signature" / "emails" / "stripped"
    )
    right, total = 0, 0
    for path in sorted(folder.glob("*_signature")):
        signature = path.read_text().replace("#sig#", "").strip()
        if not signature:
            continue
        body = (folder / path.name.replace("_signature", "_body")).read_text().replace("#sig#", "")
        text = replies.cut(body)
        total += 1
        right += signature.splitlines()[0] not in text and len(text) >= 0.9 * len(
            body.replace(signature, "").strip()
        )

    print(f"talon: {right} of {total} signatures cut")
    assert right >= total - 2


@pytest.mark.parametrize(
    "name", ["email_mime_mikel", "naughty_strings", "encodings_chardet", "ics_collective"]
)
def test_nothing_is_too_odd_to_be_read(name: str) -> None:
    for path in sorted(each for each in material.folder(name).rglob("*") if each.is_file())[::STEP]:
        data = path.read_bytes()
        for raw in (data, b"From: anna@brightpath.example\nSubject: x\n\n" + data):
            found = classifying.classify(raw)
            assert found.reasons
            assert "\x00" not in found.text
