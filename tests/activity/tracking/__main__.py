"""
Changed tokens of links, none of which may lead anywhere: ``--count 1000000``.

Each is read as the page reads it, and every hundredth is asked for. Prints what came of it as JSON; the exit code is 1
where a changed token led somewhere. ``--design unsigned`` leaves the tag unread, and must fail.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from typing import Any
from urllib.parse import quote

#: Every so many-th is asked for as a browser would.
ASKED_EVERY = 100


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="coldframe-dev tokens", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--design", choices=["real", "unsigned"], default="real")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Try so many changed tokens; return the exit code."""
    asked = parsed(arguments)
    with tempfile.TemporaryDirectory(prefix="coldframe-tokens-") as home:
        os.environ |= {"COLDFRAME_HOME": home, "DJANGO_SETTINGS_MODULE": "coldframe.config.settings"}
        import django

        django.setup()
        began = time.monotonic()
        found = tried(asked.count, seed=asked.seed, design=asked.design)
        print(
            json.dumps({"seconds": round(time.monotonic() - began, 1), "seed": asked.seed, **found}, indent=2)
        )
    return 1 if found["redirected"] else 0


def tried(count: int, *, seed: int, design: str) -> dict[str, Any]:
    """Return what came of so many changed tokens."""
    from django.test import Client

    from coldframe.activity.tracking import tokens
    from coldframe.leads.tokens import repaired
    from tests.activity.tracking.mutating import LINK, mutated

    if design == "unsigned":
        tokens.opened = unsigned
    logging.disable()
    token, client = tokens.make_link(LINK), Client(headers={"host": "127.0.0.1"})
    counts: Counter[str] = Counter()
    for number, each in enumerate(mutated(token, seed=seed, count=count)):
        is_same = repaired(each) == token
        read = tokens.read_link(each)
        counts["same token, written otherwise"] += is_same
        counts["redirected"] += (read is not None and not is_same) or (is_same and read != LINK)
        if number % ASKED_EVERY == 0:
            answer = client.get("/l/" + quote(each, safe="%?&#=/"))
            counts["asked for"] += answer.status_code in {302, 404}
            counts["redirected"] += "Location" in answer and answer["Location"] != LINK.target
            counts["redirected"] += "Location" in answer and not is_same and read is None and each.isalnum()
    return {"tried": count, "redirected": 0, **counts}


def unsigned(purpose: Any, text: str) -> bytes | None:
    """Return the body of a token as whoever forgets to look at its tag would."""
    from coldframe.activity.tracking.tokens import HEAD_BYTES, TAG_BYTES
    from coldframe.leads.tokens import repaired

    try:
        body = bytes.fromhex(repaired(text))[:-TAG_BYTES]
        body[HEAD_BYTES:].decode()
    except ValueError:
        return None
    return body


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
