"""What is said when a person stops an import."""

from __future__ import annotations

from typing import Any

from coldframe.kernel.vocabulary import Refusal


class StoppedByPerson(Refusal):
    """Ctrl-C: what is in stays in, and the same command goes on from there."""

    def __init__(self, *, file_name: str, batch_id: int, kept: int, rows: int) -> None:
        super().__init__(
            "The import was stopped.",
            where=file_name,
            got=f"{kept:,} of {rows:,} rows",
            advice="What is in stays in. Run the same command again; it goes on from there.",
        )
        self.batch_id = batch_id
        self.kept = kept

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name, and how much is in."""
        return {**super().as_json(), "import": self.batch_id, "rows_in": self.kept, "resumes": True}
