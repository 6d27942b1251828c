"""A message as bytes: what stands in it reads back as meant, and nothing gets in beside it."""

from __future__ import annotations

import email
import email.policy
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.delivery.channels.email import compose, headers
from coldframe.delivery.channels.email.footer import WORDINGS, Leaving, Notice
from tests.drawn import examples

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
TOUCH = "1e6be9fea20344b4af9983b5d23e6093"
ANNA = compose.Sender(
    address="anna@ours.example",
    name="Anna Lind",
    reply_to="team@ours.example",
    postal_address="Ours AB\nGatan 1\n111 22 Stockholm",
)
LEAVING = Leaving(
    unsubscribe_url="https://ours.example/u/abc",
    preferences_url="https://ours.example/p/abc",
    unsubscribe_mailto="mailto:leave@ours.example?subject=leave",
)
#: Every header of a touch, in order.
HEADERS = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "X-Coldframe-Touch", "Feedback-ID",
    "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
]  # fmt: skip


def mail(**changed: Any) -> compose.Mail:
    given = {
        "touch": TOUCH, "token": "1", "recipient": "bo@firm.example", "recipient_name": "Bo Ek",
        "subject": "How others cut costs", "html": "<html><body><p>Hello Bo</p></body></html>",
        "text": "Hello Bo", "leaving": LEAVING, "feedback": ("educate", "asset:costs", "touch"),
    }  # fmt: skip
    return compose.Mail(**(given | changed))


def composed(given: compose.Mail | None = None, sender: compose.Sender = ANNA) -> compose.Message:
    return compose.message(compose.prepare(sender=sender), given or mail(), at=AT)


def parsed(body: bytes) -> EmailMessage:
    message = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return flat(part.get_content())


def test_every_header_reads_back_as_meant():
    made = composed()

    message = parsed(made.body)
    assert message.keys() == HEADERS
    assert dict(message) | {"Content-Type": ""} == {
        "From": "Anna Lind <anna@ours.example>",
        "Reply-To": "team@ours.example",
        "To": "Bo Ek <bo@firm.example>",
        "Subject": "How others cut costs",
        "Date": "Wed, 25 Nov 2026 09:30:00 +0000",
        "Message-ID": f"<{TOUCH}.1@ours.example>",
        "X-Coldframe-Touch": TOUCH,
        "Feedback-ID": "educate:asset-costs:touch:ours.example",
        "List-Unsubscribe": "<https://ours.example/u/abc>, <mailto:leave@ours.example?subject=leave>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }
    assert message.get_content_type() == "multipart/alternative"
    assert (made.message_id, made.sender, made.recipient) == (
        f"<{TOUCH}.1@ours.example>", "anna@ours.example", "bo@firm.example",
    )  # fmt: skip


def test_the_same_mail_at_the_same_instant_is_the_same_bytes():
    assert composed().body == composed().body


def test_both_parts_carry_the_way_out_and_the_postal_address():
    message = parsed(composed().body)

    text, html = text_of(message, "plain"), text_of(message, "html")
    assert text.endswith(
        "Hello Bo\n\n-- \nOurs AB\nGatan 1\n111 22 Stockholm\n"
        "Unsubscribe: https://ours.example/u/abc\nChoose what you get: https://ours.example/p/abc\n"
    )
    assert 'href="https://ours.example/u/abc"' in html
    assert "Ours AB, Gatan 1, 111 22 Stockholm" in html
    assert html.index("Ours AB") < html.index("</body>")


@pytest.mark.parametrize("language", sorted(WORDINGS))
def test_a_first_message_says_why_from_where_and_that_one_may_object(language: str):
    notice = Notice(basis="LEGITIMATE_INTEREST", source='form <b>"Demo"</b>')

    message = parsed(composed(mail(notice=notice, language=f"{language}-XX")).body)

    wording = WORDINGS[language]
    basis = dict(wording.bases)["LEGITIMATE_INTEREST"]
    text = text_of(message, "plain")
    assert basis in text
    assert 'form <b>"Demo"</b>' in text
    assert wording.object in text
    assert "form &lt;b&gt;&quot;Demo&quot;&lt;/b&gt;" in text_of(message, "html")


def test_the_footer_stands_where_the_layout_wants_it():
    html = f"<html><body><i>{compose.FOOTER_PLACE}</i></body></html>"

    made = text_of(parsed(composed(mail(html=html)).body), "html")

    assert made.index("<i><table") < made.index("Ours AB") < made.index("</table></i>")


def test_a_notice_of_our_own_says_that_nobody_wrote_it_and_has_no_list_headers():
    message = parsed(composed(mail(is_notice=True, html="")).body)

    assert message["Auto-Submitted"] == "auto-generated"
    assert not [name for name in message if name.startswith(("List-", "X-Coldframe", "Feedback"))]
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "Hello Bo"
    assert "Auto-Submitted" not in parsed(composed().body)


def test_without_a_page_there_is_no_one_click():
    message = parsed(composed(mail(leaving=Leaving(unsubscribe_mailto="mailto:leave@ours.example"))).body)

    assert message["List-Unsubscribe"] == "<mailto:leave@ours.example>"
    assert "List-Unsubscribe-Post" not in message
    assert "Reply with “unsubscribe” to leave." in text_of(message, "plain")


@pytest.mark.parametrize(
    "text", ["日本語のテキスト。" * 400, "plain " * 4000, "é" * 3000, "x" * 5000, ".\n..\nFrom me\n"]
)
def test_no_line_is_longer_than_the_rules_allow_and_all_is_ascii(text: str):
    body = composed(mail(text=text, subject=text.replace("\n", " ")[:800])).body

    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    body.decode("ascii")
    assert text_of(parsed(body), "plain").startswith(flat(text).rstrip())


BAD_LINES = [
    "a\nBcc: eve@evil.example",
    "a\r\nBcc: x",
    "a\rBcc: x",
    "a\0b",
    "half \ud800",
    "\n",
    "a\r\n\r\n<script>",
]


@pytest.mark.parametrize("bad", BAD_LINES)
@pytest.mark.parametrize(
    "field",
    ["subject", "recipient", "recipient_name", "touch", "token", "sender name", "reply_to", "address"],
)
def test_a_line_break_is_refused_wherever_it_would_reach_a_header(field: str, bad: str):
    sender = ANNA
    if field == "sender name":
        sender = replace(ANNA, name=bad)
    elif field in {"reply_to", "address"}:
        sender = replace(ANNA, **{field: f"a@ours.example{bad}"})
    given = mail() if sender != ANNA else mail(**{field: bad})

    with pytest.raises(headers.UnsafeValue):
        composed(given, sender)


@pytest.mark.parametrize("bad", BAD_LINES)
@pytest.mark.parametrize("field", ["unsubscribe_url", "unsubscribe_mailto"])
def test_a_way_out_that_would_begin_another_header_is_refused(field: str, bad: str):
    with pytest.raises(headers.UnsafeValue):
        composed(mail(leaving=Leaving(**{field: f"https://ours.example/{bad}"})))


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "https://a b", "https://a>,<https://b", "", "ours.example/u"]
)
def test_only_the_address_of_a_page_is_a_way_out(bad: str):
    with pytest.raises(headers.UnsafeValue):
        headers.check_url(bad, where="here")


@pytest.mark.parametrize(
    "bad",
    [
        "a@b.example, c@d.example", "a@b.example,c@d.example", "Bo <a@b.example>", "<a@b.example>",
        "a@b.example (note)", '"a b"@c.example', "a b@c.example", "a@b@c.example", "@b.example", "a@", "a@-b.example",
        "a..b@c.example", ".a@c.example", "a@c..example", "a@c.example.", "a@[127.0.0.1]", "ä@c.example", "a@ä.example",
        "a@c.example SIZE=1", "a@c.example\nRCPT TO:<x@y.example>", "a" * 65 + "@c.example", "a@" + "c" * 64 + ".example",
        "a@b.example>", "a@b.example;", "a@b.example:25", "undisclosed:;", "a%20b@c d", " a@b.example", "a@b.example ",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_address_is_refused(bad: str):
    with pytest.raises(headers.UnsafeValue):
        composed(mail(recipient=bad))


@pytest.mark.parametrize(
    "good",
    ["a@b.example", "a.b+c@d-e.example", "o'neil@x.example", "a@xn--mller-kva.example", "root@localhost"],
)
def test_one_address_is_taken_as_it_is(good: str):
    assert parsed(composed(mail(recipient=good)).body)["To"].addresses[0].addr_spec == good


def test_a_half_character_in_the_text_is_refused():
    with pytest.raises(headers.UnsafeValue):
        composed(mail(text="half \udc00"))


#: Anything a lead's name or a subject may hold, weighted toward what header parsers trip over.
TRICKY = st.text(
    st.sampled_from("\r\n\0\t\v\f\x1c\x85\u2028 ,;:<>@()[]\"'\\=?_.-aZ9éß日😀\u202e"), max_size=120
)
ANY = (
    st.text(max_size=120)
    | TRICKY
    | st.sampled_from(["=?utf-8?b?Qg==?=", "a =?x?= b", " lead", "trail ", "a  b", ""])
)


@settings(max_examples=examples(300))
@given(subject=ANY, name=ANY, sender_name=ANY)
def test_whatever_the_values_the_headers_read_back_are_those_meant(subject: str, name: str, sender_name: str):
    sender = compose.Sender(address="anna@ours.example", name=sender_name, reply_to="team@ours.example")
    try:
        body = composed(mail(subject=subject, recipient_name=name), sender).body
    except headers.UnsafeValue:
        assert any(
            set(each) & set("\r\n\0") or headers.SURROGATE.search(each)
            for each in (subject, name, sender_name)
        )
        return

    message = parsed(body)
    assert message.keys() == HEADERS
    assert [each.addr_spec for each in message["To"].addresses] == ["bo@firm.example"]
    assert [each.addr_spec for each in message["From"].addresses] == ["anna@ours.example"]
    assert decoded(body, b"Subject") == subject
    assert message.get_content_type() == "multipart/alternative"
    assert len(list(message.iter_parts())) == 2


def decoded(body: bytes, name: bytes) -> str:
    """Read a header as RFC 2047 says, without the standard library's own repairs."""
    from email.header import decode_header

    start = body.index(b"\r\n" + name + b":") + len(name) + 3
    raw = body[start : body.index(b"\r\n", start)]
    rest = body[start + len(raw) :]
    while rest.startswith((b"\r\n ", b"\r\n\t")):
        line = rest[2 : rest.index(b"\r\n", 2)]
        raw, rest = raw + b"\r\n" + line, rest[2 + len(line) :]
    unfolded = raw.replace(b"\r\n", b"").decode().removeprefix(" ")
    if "=?" not in unfolded:
        return unfolded
    return "".join(
        each.decode(code or "ascii") if isinstance(each, bytes) else each
        for each, code in decode_header(unfolded)
    )


@settings(max_examples=examples(100))
@given(
    text=st.text(max_size=3000).filter(lambda text: not headers.SURROGATE.search(text)),
    html=st.text(max_size=300),
)
def test_whatever_the_texts_they_read_back(text: str, html: str):
    message = parsed(composed(mail(text=text, html="<p>" + html + "</p>", is_notice=True)).body)

    assert flat(text_of(message, "plain")) == flat(text)
    assert flat(text_of(message, "html")) == flat("<p>" + html + "</p>")


def flat(text: str) -> str:
    """Line ends are CR LF on the wire, whatever they were."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_three_thousand_messages_a_second_are_composed_on_one_core():
    html = (
        "<html><body>"
        + "<p style='color:#333'>A paragraph – with <a href='https://a.example'>a link</a></p>\n" * 60
    )
    given = mail(html=html + "</body></html>", text="A paragraph that says something useful.\n" * 60)
    prepared = compose.prepare(sender=ANNA)

    best = min(spent(prepared, given, 300) for _ in range(5))

    assert 300 / best >= 3000


def spent(prepared: compose.Prepared, given: compose.Mail, count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        compose.message(prepared, given, at=AT)
    return time.process_time() - began
