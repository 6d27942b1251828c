"""E-mail addresses: checked, normalized, and told apart by kind."""

from __future__ import annotations

from typing import NamedTuple

from coldframe.kernel.vocabulary import EmailKind


class Address(NamedTuple):
    """A usable e-mail address."""

    #: Lower case, host in ASCII.
    normalized: str
    as_given: str
    #: Host in ASCII, lower case.
    domain: str
    kind: EmailKind
    is_role: bool


def parse(text: str) -> Address:
    """Return a trimmed cell as an address; raises ``values.BadValue`` with the reason."""
    raise NotImplementedError
