"""
Run one measurement: ``python -m bench kernel --leads 1000000``.

Each measurement is a module of this package with a ``main(arguments)`` that returns its figures. They are
printed as JSON and kept in ``bench/out/NAME.json``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path

OUT = Path(__file__).parent / "out"
#: Measurements whose name is a word of the language.
MODULES = {"assess": "database", "import": "importing"}


def names() -> list[str]:
    """Return what can be measured."""
    here = Path(__file__).parent
    modules = {path.stem for path in here.glob("*.py") if "def main(arguments" in path.read_text()} - {
        "__main__"
    }
    return sorted(
        next((name for name, module in MODULES.items() if module == each), each) for each in modules
    )


def run(name: str, arguments: list[str]) -> dict[str, object]:
    """Measure, print and keep the figures."""
    module = importlib.import_module(f"bench.{MODULES.get(name, name)}")
    figures: dict[str, object] = module.main(arguments)
    OUT.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=2)
    (OUT / f"{name}.json").write_text(text + "\n")
    print(text)
    return figures


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in names():
        sys.exit(f"usage: python -m bench {{{','.join(names())}}} [--help]")
    run(sys.argv[1], sys.argv[2:])
