"""Good input with bytes changed, cut, doubled and mixed; the same seed, the same inputs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

#: What has upset readers of many kinds.
PIECES = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbf", b"\r", b"\n\n", b"\t", b'"', b"'", b"\\", b"\\u0000", b"\\ud800",
    b"{", b"}", b"[" * 60, b"]" * 60, b'{"a":' * 40, b",", b":", b";", b"null", b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"-0", b"true",
    b"2026-02-30", b"0000-00-00T00:00:00Z", b"&a [*a, *a]", b"!!python/object:os.system", b"|\n", b"- - - - ", b"=1+1", b"%00", b"%25",
    b"\xe2\x80\xae", b"\xf0\x9f\x92\xa5" * 20, b"A" * 3_000, b" " * 3_000, b"a@b", b"@" * 50, b"__class__", b"${x}", b"{{ x }}", b"../../",
)  # fmt: skip


def changed(seeds: Sequence[bytes], *, seed: int) -> Iterator[bytes]:
    """Yield changed inputs for ever."""
    rng = random.Random(seed)
    while True:
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 8)):
            change(data, seeds, rng)
        yield bytes(data)


def change(data: bytearray, seeds: Sequence[bytes], rng: random.Random) -> None:
    """Change an input in one place."""
    at, what = rng.randrange(len(data) + 1), rng.random()
    if what < 0.35:
        data[at:at] = rng.choice(PIECES)
    elif what < 0.5:
        del data[at : at + rng.randint(1, 60)]
    elif what < 0.7 and data:
        data[min(at, len(data) - 1)] = rng.randrange(256)
    elif what < 0.85:
        other = rng.choice(seeds)
        start = rng.randrange(len(other) + 1)
        data[at:at] = other[start : start + rng.randint(1, 400)]
    elif what < 0.95:
        start = rng.randrange(len(data) + 1)
        data[at:at] = data[start : start + 200] * rng.randint(1, 12)
    else:
        del data[at:]
