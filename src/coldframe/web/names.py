"""Names in addresses: their owners wrote them, so they may hold whatever a text holds."""

from __future__ import annotations

from django.urls import register_converter

#: Put before what a name is called in a pattern.
NAME = "name"


class NameConverter:
    """Any text, with slashes and ends of lines in it."""

    regex = "(?s:.+)"

    def to_python(self, value: str) -> str:
        """Return the name as it was written."""
        return value

    def to_url(self, value: str) -> str:
        """Return the name; Django writes it so that it can stand in an address."""
        return value


register_converter(NameConverter, NAME)
