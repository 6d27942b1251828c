"""What the document of the event API says of a call is what the call is read by."""

from __future__ import annotations

import re
import sys

import pytest
from pydantic import ValidationError

from coldframe.activity import envelopes

SURROGATES = range(0xD800, 0xE000)
NUL = 0


def test_the_pattern_of_what_is_not_blank_says_the_same_of_every_character_as_whoever_reads_it() -> None:
    pattern = re.compile(envelopes.NOT_BLANK, re.ASCII)

    odd = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if code not in SURROGATES
        and code != NUL
        and (pattern.search(chr(code)) is not None) != bool(chr(code).strip())
    ]

    assert odd == []


@pytest.mark.parametrize("empty", ["", " ", "\x1d", "\u2029", None])
def test_an_alias_of_an_empty_id_is_refused(empty: str | None) -> None:
    with pytest.raises(ValidationError, match="one of them is empty"):
        envelopes.Alias.model_validate({"userId": "anna", "previousId": empty})
