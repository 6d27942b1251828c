"""Who may open an address: each view names the right that it asks for, and one without a rule is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest

from coldframe.team.rights import NOBODY, Person, Right

View = TypeVar("View", bound=Callable[..., Any])
#: Where a view carries its rule.
RULE = "asks_for"
#: The rule of a view that needs no sign-in: it stands on its own proof, such as a signed token, or says nothing.
OPEN = "open"
#: The rule of a view that programs on this machine ask without a sign-in; from elsewhere it asks for ``Right.SEE``.
THIS_MACHINE = "this machine"


def asks_for(right: Right) -> Callable[[View], View]:
    """Have a view open for those alone who have this right; stands outermost."""

    def mark(view: View) -> View:
        setattr(view, RULE, right)
        return view

    return mark


def is_open(view: View) -> View:
    """Have a view open for everybody: it stands on a proof of its own, or says nothing that anybody may not know."""
    setattr(view, RULE, OPEN)
    return view


def for_this_machine(view: View) -> View:
    """Have a view open for programs on this machine, and for those who may see everything."""
    setattr(view, RULE, THIS_MACHINE)
    return view


def rule_of(view: Callable[..., Any]) -> Right | str | None:
    """Return what a view asks for; None: nobody has said."""
    return getattr(view, RULE, None)


def person_of(request: HttpRequest) -> Person:
    """Return who asks; nobody where no middleware has looked."""
    found: Person = getattr(request, "person", NOBODY)
    return found
