"""The WSGI entry point of ``coldframe run``: the same application, in a process that counts ahead and ends with its server."""

import atexit
import logging
import os
import sys

from coldframe.cli import lifeline
from coldframe.config.wsgi import application
from coldframe.web import warming

__all__ = ["application"]


def leave() -> None:
    """End this process at once: the server's threads may still run, and would stumble over an interpreter half closed."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


atexit.register(leave)
lifeline.follow_parent()
warming.begin()
