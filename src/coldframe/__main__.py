"""``python -m coldframe``: the command line."""

from __future__ import annotations


def main() -> None:
    from coldframe.cli.root import run

    run()


if __name__ == "__main__":
    main()
