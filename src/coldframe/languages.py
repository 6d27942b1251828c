"""Words for codes, said in the language in force when they are asked for, not when the module was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext


class Words(Mapping[str, str]):
    """
    A table of messages by code, each said in the language in force.

    Messages are marked with ``gettext_noop`` where the table is written. On the command line, in documents for programs
    and in what is stored no language is in force, and a message is said as it is written.

    >>> Words({"SENT": "Sent"})["SENT"]
    'Sent'
    """

    def __init__(self, messages: Mapping[str, str]) -> None:
        self.messages = dict(messages)

    def __getitem__(self, code: str) -> str:
        message = self.messages[code]
        # Django says its catalog's header for the empty message.
        return gettext(message) if message else message

    def __iter__(self) -> Iterator[str]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def __or__(self, other: Mapping[str, str]) -> Words:
        return Words(self.messages | as_written(other))

    def __ror__(self, other: Mapping[str, str]) -> Words:
        return Words(as_written(other) | self.messages)


def as_written(table: Mapping[str, str]) -> dict[str, str]:
    """Return the messages of a table as they are written, whatever language is in force."""
    return dict(table.messages if isinstance(table, Words) else table)
