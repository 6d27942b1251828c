"""The one layout: a letter in a table of 600 pixels, its style inline, that mail programs show alike."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import css_inline

#: Where the e-mail channel puts postal address, notice and the ways to leave.
FOOTER_PLACE = "<!-- footer -->"
PLACES = ("@@LANGUAGE@@", "@@TITLE@@", "@@PREHEADER@@", "@@BODY@@")
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


@lru_cache(maxsize=1)
def letter() -> str:
    """Return the layout as it stands in the file."""
    return resources.files("coldframe.library").joinpath("layouts", "letter.html").read_text(encoding="utf-8")


def dressed(*, language: str, title: str, preheader: str, body: str) -> str:
    """Return the whole HTML of a message, style inline; all four are HTML already."""
    parts, rest = [], letter()
    for place, content in zip(PLACES, (language, title, preheader, body), strict=True):
        before, _, rest = rest.partition(place)
        parts += [before, content]
    return INLINER.inline("".join((*parts, rest)))
