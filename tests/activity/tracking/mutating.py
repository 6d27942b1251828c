"""Tokens of links, changed as clients, scanners and people who try it would change them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

from coldframe.activity.tracking.tokens import Link

LINK = Link(
    UUID(int=0x0197_6F00_7ABC_7DEF_8123_456789ABCDEF), 2, 5, "https://ours.example/guide?part=2#top", "guide"
)
HEX = "0123456789abcdef"
ANYTHING = string.printable + "äЖ中\u200b\u00ad"
ELSEWHERE = b"https://evil.example/".hex()

Mutation = Callable[[random.Random, str], str]


def flip(chance: random.Random, token: str) -> str:
    """Change one bit."""
    data = bytearray(bytes.fromhex(token))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data.hex()


def replace(chance: random.Random, token: str) -> str:
    """Put other signs in some places."""
    signs = list(token)
    for _ in range(chance.randint(1, 6)):
        signs[chance.randrange(len(signs))] = chance.choice(HEX if chance.random() < 0.8 else ANYTHING)
    return "".join(signs)


def cut(chance: random.Random, token: str) -> str:
    """Leave something out."""
    begin = chance.randrange(len(token))
    return token[:begin] + token[begin + chance.randint(1, 40) :]


def insert(chance: random.Random, token: str) -> str:
    """Put something in."""
    place = chance.randrange(len(token) + 1)
    some = "".join(chance.choice(HEX) for _ in range(chance.randint(1, 40)))
    return token[:place] + some + token[place:]


def swap(chance: random.Random, token: str) -> str:
    """Exchange two places."""
    one, other = sorted(chance.sample(range(len(token)), 2))
    return token[:one] + token[other] + token[one + 1 : other] + token[one] + token[other + 1 :]


def redirect(chance: random.Random, token: str) -> str:
    """Put another target in, whole or behind the known one."""
    at = chance.choice([-32, 42, len(token), chance.randrange(len(token))])
    return token[:at] + ELSEWHERE + token[at:]


def lead_astray(chance: random.Random, token: str) -> str:
    """Append what other trackers would follow."""
    some = chance.choice(["url=", "u=", "to=", "r=", "next=", "redirect=", "target="])
    return chance.choice(HEX) + token[1:] + f"?{some}https://evil.example"


def encode(chance: random.Random, token: str) -> str:
    """Escape a changed token, once or more often than anybody would."""
    changed = replace(chance, token)
    for _ in range(chance.randint(1, 4)):
        changed = quote(changed, safe="") if chance.random() < 0.5 else changed.replace("%", "%25")
    return changed


def noise(chance: random.Random, token: str) -> str:
    """Write anything at all."""
    return "".join(chance.choice(ANYTHING) for _ in range(chance.randrange(2 * len(token))))


MUTATIONS: tuple[Mutation, ...] = (
    flip, replace, cut, insert, swap, redirect, lead_astray, encode, noise,
)  # fmt: skip


def mutated(token: str, *, seed: int, count: int):
    """Yield so many changed tokens; the same seed, the same ones."""
    chance = random.Random(seed)
    for number in range(count):
        yield MUTATIONS[number % len(MUTATIONS)](chance, token)
