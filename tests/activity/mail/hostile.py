"""Mail that somebody made to break what reads it: built to be deep, long or wrong, and real mail with bytes changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

REPORT = b"From: Mail Delivery <mailer-daemon@x.example>\nSubject: Undelivered mail\n"
WRITTEN = b"From: anna@brightpath.example\nSubject: Re: x\n"
HTML = WRITTEN + b"Content-Type: text/html\n\n"
PIECES = (
    b"\n\n", b'Content-Type: multipart/mixed; boundary="x"\n', b"--x\n", b"\x00", b"=?utf-8?b?////?=", b"=?iso-2022-jp?Q?=1b$B?=",
    b"\xff\xfe", b">" * 500, b"On " * 300, b'"' * 300, b"(" * 300, b"@" * 200, b"<a@b.c>" * 50, b";" * 300, b"charset=utf-7",
    b"charset=idna", b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n", b"\r", b"message/rfc822",
    b"Final-Recipient: rfc822; ", b"a" * 3000, b" " * 3000, b"_" * 400, b"-- \n", b"Date: 99999\n", b"<div>" * 300, b"text/html",
)  # fmt: skip


def nested(count: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(count)
    )


def built() -> Iterator[tuple[str, bytes]]:
    """Yield mails by what is wrong with them."""
    yield "nothing", b""
    yield "no header", b"\xff" * 200_000
    yield "zeros", b"\0" * 100_000
    yield "3,000 multiparts within each other", REPORT + nested(3_000) + b"\nhi"
    yield "3,000 mails within each other", REPORT + b"Content-Type: message/rfc822\n\n" * 3_000
    yield "5,000 parts", REPORT + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000
    yield "8 MiB", REPORT + b"\n" + b"a" * (8 * 2**20)
    yield "one line of 2 MB", REPORT + b"\n" + b"a@" * 300_000
    yield "200,000 headers", b"X: y\n" * 80_000 + b"\nhi"
    yield "a header of 2 MB", b"Subject: " + b"a " * 300_000 + b"\n\nhi"
    yield "a folded header", b"Subject: x\n" + b" y\n" * 80_000 + b"\nhi"
    yield "parameters", REPORT + b"Content-Type: text/plain" + b'; a="\\"' * 100_000 + b"\n\nhi"
    yield "encoded words", b"Subject: " + b"=?utf-8?q?x?= " * 50_000 + b"\n\nhi"
    yield "elements within each other", HTML + b"<div>" * 80_000
    yield "elements that overlap", HTML + b"<b><i>" * 60_000 + b"</b>" * 8_000
    yield "quotes within each other", HTML + b"<blockquote>x" * 40_000
    yield "comments", HTML + b"<!--" * 100_000
    yield (
        "a charset that is slow",
        WRITTEN + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 200_000,
    )
    yield "headings of quotes", WRITTEN + b"\n" + b"On 1 Jan a wrote:\n> x\ny\n" * 6_000
    yield "blocks of fields", WRITTEN + b"\n" + b"From: x\nTo: y\nDate: z\n" * 8_000
    yield "drawn lines", WRITTEN + b"\nx\n" + b"__________\nx\n" * 8_000
    yield "dashes", WRITTEN + b"\n" + (b"-" * 980 + b"x\n") * 260
    yield "blanks", WRITTEN + b"\n" + (b" " * 980 + b"x\n") * 260
    yield "letters", WRITTEN + b"\n" + (b"a" * 990 + b"\n") * 260
    yield (
        "days",
        WRITTEN
        + b"Auto-Submitted: auto-replied\nDate: Mon, 2 Apr 2012 18:22:10 +0400\n\n"
        + b"until 1.2. " * 50_000,
    )
    yield "negations", WRITTEN + b"\n" + b"not no longer not " * 50_000
    yield "words of servers", REPORT + b"\n" + (b"user recipient address " * 42 + b"\n") * 260
    yield "brackets", b"From: " + b'<"(' * 20_000 + b"\n\nhi"
    yield "blocks of recipients", REPORT + b"Content-Type: multipart/report; boundary=b; report-type=delivery-status\n\n--b\nContent-Type: message/delivery-status\n\n" + b"Final-Recipient: rfc822; a@b.c\nStatus: 5.1.1\n\n" * 8_000  # fmt: skip
    yield "links", WRITTEN + b"\n/" + b"a" * 1_000_000
    yield (
        "an attachment",
        REPORT + b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + b"UEsDB" * 100_000,
    )


def changed(seeds: Sequence[bytes], *, seed: int, count: int) -> Iterator[bytes]:
    """Yield real mails with bytes changed, doubled, cut and mixed; the same seed, the same mails."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 12)):
            change(data, seeds, rng)
        yield bytes(data)


def change(data: bytearray, seeds: Sequence[bytes], rng: random.Random) -> None:
    """Change a mail in one place, half of the time in its headers."""
    at = rng.randrange(len(data) + 1) if rng.random() < 0.5 else rng.randrange(min(len(data), 1_500) + 1)
    what = rng.random()
    if what < 0.3:
        data[at:at] = rng.choice(PIECES)
    elif what < 0.5:
        del data[at : at + rng.randint(1, 200)]
    elif what < 0.7 and data:
        data[min(at, len(data) - 1)] = rng.randrange(256)
    elif what < 0.9:
        other = rng.choice(seeds)
        start = rng.randrange(len(other) + 1)
        data[at:at] = other[start : start + rng.randint(1, 2_000)]
    else:
        start = rng.randrange(len(data) + 1)
        data[at:at] = data[start : start + 500] * rng.randint(1, 20)
