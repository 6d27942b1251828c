"""How often one network sends forms in: counted in this process, in memory, for a minute."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

#: A house full of people sends fewer in a minute.
MOST = 100
WITHIN = timedelta(minutes=1)
#: Networks remembered at once.
MOST_NETWORKS = 10_000

_lock = threading.Lock()
_seen: dict[str, deque[datetime]] = {}


def take(network: str, *, at: datetime) -> bool:
    """Count one of a network; return whether it is one of few enough."""
    with _lock:
        if len(_seen) > MOST_NETWORKS:
            _seen.clear()
        times = _seen.setdefault(network, deque(maxlen=MOST + 1))
        while times and not at - WITHIN < times[0] <= at:
            times.popleft()
        times.append(at)
        return len(times) <= MOST
