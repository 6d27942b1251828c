"""Parsed playbooks, kept: in the process, and beside the database so that the next process starts quickly."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from pydantic import ValidationError

from coldframe import __version__
from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.model import Playbook

#: Raised when what is kept in the files takes another form.
FORM = 1


def hash_of(text: str) -> str:
    """Return the name of a text: its SHA-256, in hex."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


@lru_cache(maxsize=8)
def playbook_of(text: str) -> Playbook:
    """
    Return the playbook of a published text.

    Reading YAML with every place in it takes a quarter of a second, which each command would pay. So its
    tree is kept as JSON in the data folder and the model made from that. The file is a cache: a missing,
    unreadable or foreign one is made anew from the text, which alone counts.
    """
    path = Path(settings.HOME) / "cache" / f"playbook-{hash_of(text)[:32]}-{__version__}-{FORM}.json"
    playbook = _kept(path)
    if playbook is None:
        examination = parsing.examine(text)
        if examination.playbook is None:
            raise parsing.PlaybookInvalid(examination.problems)
        playbook = examination.playbook
        _keep(path, json.dumps(examination.tree, ensure_ascii=False))
    return playbook


def _kept(path: Path) -> Playbook | None:
    try:
        return parsing.from_tree(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None


def _keep(path: Path, document: str) -> None:
    """Write whole or not at all; a folder that cannot be written to only costs time."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(document, encoding="utf-8")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
