"""The server that is measured: as the product starts it, for the application that is named."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    from coldframe.cli import lifeline, serve

    lifeline.hold_on()
    multiprocessing.set_start_method("spawn", force=True)
    serve.serve_application(sys.argv[2], host="127.0.0.1", port=int(sys.argv[1]))
