"""``python -m coldframe``: the command line."""

from __future__ import annotations

import gc

#: So many objects come before they are looked through for garbage. Python's 700 costs every command an eighth of its start,
#: in which next to all that is made stays.
OBJECTS = 50_000


def main() -> None:
    gc.set_threshold(OBJECTS)
    from coldframe.cli.root import run

    run()


if __name__ == "__main__":
    main()
