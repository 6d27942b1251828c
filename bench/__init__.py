"""Measurements that hold the promises about speed and memory: ``python -m bench NAME --help``."""

import sys
from pathlib import Path

# So that ``python -m bench`` works in a checkout without further ado.
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
