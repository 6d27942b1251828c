"""How much a request may bring along: looked at before any of it is written to the disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from coldframe.leads import uploads

#: What a form adds around the largest file that is taken, and what mail providers add around theirs.
AROUND = 2**20


class BoundedBodies(FileUploadHandler):
    """
    Refuse a request with files that is larger than any that is taken; stands first among the handlers.

    Forms are read before it is known who sent them, so that anybody could fill the disk otherwise.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803 - Named by Django.
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Raise ``RequestDataTooBig``, which is answered with 400."""
        if content_length > uploads.MOST_BYTES + AROUND:
            raise RequestDataTooBig("The files of a request are larger than what is taken.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand a part of a file on to the handlers that keep it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Keep nothing."""
