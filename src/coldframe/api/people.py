"""Who calls the JSON API: a program with a key of its own, under the role that the key was given."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from coldframe import clock
from coldframe.team import operations
from coldframe.team.rights import Person, Right


class KeyWith(HttpBearer):
    """
    Ask for ``Authorization: Bearer cfk_…``, and for a right that the key's role must have.

    The operation finds who calls as ``request.person``. Without a key it is 401, without the right 403.
    """

    openapi_name = "apiKey"

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        """Return who calls; None where the key is none, or none any more."""
        person = operations.person_of_key(token, at=clock.now())
        if person is None:
            return None
        if not person.may(self.right):
            raise HttpError(403, f"The role of this key does not include {self.right.value}.")
        request.person = person  # type: ignore[attr-defined]
        return person
