"""The page ``docs/reference/openapi.json``, made from the API itself.

``python -m coldframe.config.openapi > docs/reference/openapi.json`` writes it; a test fails while it is stale.
"""

from __future__ import annotations

import json


def text() -> str:
    """Return the API's document as JSON."""
    from coldframe.cli import start

    start.set_up()
    from coldframe.api import openapi

    return json.dumps(openapi.document(), indent=2, ensure_ascii=False)


if __name__ == "__main__":
    print(text())
