"""
The keys by which calls name somebody, as texts: a browser's own id, a user id of a source, an address, a company.

A key of a person (``is_person``) is one person's; a browser may be several people's, one after another.
"""

from __future__ import annotations

import re
from hashlib import blake2b

ANONYMOUS, USER, ADDRESS, GROUP = "anonymous\n", "user\n", "address\n", "group\n"
#: Would end a key's part, or hide it.
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
VISITOR_BYTES = 16


def anonymous(browser_id: str) -> str:
    """Return the node of a browser's own id."""
    return ANONYMOUS + CONTROL.sub(" ", browser_id)


def user(source: str, user_id: str) -> str:
    """Return the node of a user id, which means something within its source only."""
    return f"{USER}{CONTROL.sub(' ', source)}\n{CONTROL.sub(' ', user_id)}"


def address(email: str) -> str:
    """Return the node of a normalized address."""
    return ADDRESS + email


def group(source: str, group_id: str) -> str:
    """Return the node of a company's id, which means something within its source only."""
    return f"{GROUP}{CONTROL.sub(' ', source)}\n{CONTROL.sub(' ', group_id)}"


def is_anonymous(node: str) -> bool:
    """Say whether a node is a browser's own id."""
    return node.startswith(ANONYMOUS)


def is_user(node: str) -> bool:
    """Say whether a node is a user id."""
    return node.startswith(USER)


def is_address(node: str) -> bool:
    """Say whether a node is an address."""
    return node.startswith(ADDRESS)


def is_person(node: str) -> bool:
    """Say whether a node is one person's."""
    return is_user(node) or is_address(node)


def email_of(node: str) -> str:
    """Return the address of an address's node."""
    return node.removeprefix(ADDRESS)


def named(node: str) -> tuple[str, str]:
    """
    Return source and id of a user's or a company's node.

    >>> named(user("app", "u7"))
    ('app', 'u7')
    """
    _, source, key = node.split("\n", 2)
    return source, key


def visitor_key(node: str) -> str:
    """
    Return by what the visitor of a browser or a user id is known; no browser's id looks like a user's.

    >>> visitor_key(anonymous("b-1"))
    'b-1'
    >>> visitor_key(user("app", "u7")).startswith("user\\n")
    True
    """
    if is_anonymous(node):
        return node.removeprefix(ANONYMOUS)
    return USER + blake2b(node.encode(), digest_size=VISITOR_BYTES).hexdigest()
