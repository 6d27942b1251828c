"""Every code in every phase means one thing, and a no is never asked again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.delivery.channels.email.classify import Judgement, Meaning, Phase, classify

WAY = (Phase.CONNECT, Phase.TLS, Phase.LOGIN)
LOGIN_CODES = {530, 534, 535, 538}


def expected(phase: Phase, code: int) -> Meaning:
    """Say it again, written apart: the table of the manual in another form."""
    kind = code // 100
    if phase in WAY:
        return {2: Meaning.GO, 5: Meaning.STOP}.get(kind, Meaning.REST)
    if phase is Phase.FINAL_DOT:
        return {2: Meaning.SENT, 4: Meaning.RETRY, 5: Meaning.FAILED}.get(kind, Meaning.UNCERTAIN)
    if kind == 5:
        if code in LOGIN_CODES or (phase is Phase.SENDER and code not in {552, 555}):
            return Meaning.STOP
        return Meaning.FAILED
    if phase is Phase.SENDER and code in {0, 421}:
        return Meaning.REST
    if phase in (Phase.SENDER, Phase.RECIPIENT) and kind == 2:
        return Meaning.GO
    if phase is Phase.DATA and code == 354:
        return Meaning.GO
    return Meaning.RETRY


@pytest.mark.parametrize("phase", list(Phase))
def test_every_code_from_200_to_599_and_silence_has_its_meaning(phase: Phase) -> None:
    wrong = [
        (code, classify(phase, code).meaning, expected(phase, code))
        for code in [0, *range(200, 600)]
        if classify(phase, code).meaning is not expected(phase, code)
    ]

    assert wrong == []


@given(phase=st.sampled_from(list(Phase)), code=st.integers(500, 599), text=st.text(max_size=80))
def test_a_no_is_never_asked_again(phase: Phase, code: int, text: str) -> None:
    assert classify(phase, code, text).meaning in (Meaning.FAILED, Meaning.STOP)


@given(phase=st.sampled_from(list(Phase)), code=st.integers(-5, 1200), text=st.text(max_size=80))
def test_doubt_arises_after_the_final_dot_alone_and_nothing_is_sent_before(
    phase: Phase, code: int, text: str
) -> None:
    found = classify(phase, code, text).meaning

    if phase is not Phase.FINAL_DOT:
        assert found not in (Meaning.UNCERTAIN, Meaning.SENT)
    elif not 200 <= code <= 599 or 300 <= code <= 399:
        assert found is Meaning.UNCERTAIN


@given(phase=st.sampled_from(list(Phase)), code=st.sampled_from([0, 421, 300, 999]))
def test_a_line_that_is_silent_closing_or_not_understood_is_left(phase: Phase, code: int) -> None:
    assert classify(phase, code).ends_line


@pytest.mark.parametrize(
    "text",
    ["5.1.8 Bad sender's system address", "5.1.7 Sender mailbox syntax", "5.1.8 <x>: Domain not found"],
)
@pytest.mark.parametrize("phase", [Phase.RECIPIENT, Phase.DATA])
def test_a_refused_sender_stops_the_connection_wherever_the_server_says_so(phase: Phase, text: str) -> None:
    found = classify(phase, 550, text)

    assert (found.meaning, found.reason, found.ends_line) == (Meaning.STOP, "SENDER_REFUSED", True)
    at_the_end = classify(Phase.FINAL_DOT, 550, text)
    assert (at_the_end.meaning, at_the_end.reason) == (Meaning.FAILED, "POLICY")


@pytest.mark.parametrize(
    ("code", "text", "word"),
    [
        (550, "5.1.1 No such user", "NO_SUCH_ADDRESS"),
        (550, "No such user", "NO_SUCH_ADDRESS"),
        (553, "mailbox name not allowed", "NO_SUCH_ADDRESS"),
        (552, "5.2.2 Mailbox full", "MAILBOX_FULL"),
        (552, "over quota", "MAILBOX_FULL"),
        (550, "5.2.1 Mailbox disabled", "MAILBOX_REFUSES"),
        (550, "5.4.4 Unable to route", "NO_ROUTE"),
        (550, "5.7.1 Blocked by our policy", "POLICY"),
        (554, "Transaction failed", "REFUSED"),
        (550, "4.1.1 An odd mixture", "NO_SUCH_ADDRESS"),
        # Said where the recipient is named, and about who writes.
        (550, "Sender verify failed", "POLICY"),
        (550, "Mail from 192.0.2.7 refused, see https://www.spamhaus.org/query", "POLICY"),
        (550, "Your host is on our blocklist", "POLICY"),
        (553, "Relaying denied", "POLICY"),
    ],
)
def test_a_refused_recipient_has_a_word_for_why(code: int, text: str, word: str) -> None:
    assert classify(Phase.RECIPIENT, code, text) == Judgement(Meaning.FAILED, word)


def test_a_wrong_password_stops_the_connection_and_harms_no_message() -> None:
    assert classify(Phase.LOGIN, 535, "5.7.8 Bad credentials") == Judgement(
        Meaning.STOP, "LOGIN_REFUSED", ends_line=True
    )
