"""How much of a stranger's mail is looked at. What lies beyond is kept as it came, and said to be unread."""

from __future__ import annotations

#: Bytes of a mail that are read; text comes before what is attached.
MOST_BYTES = 2 * 1024 * 1024
#: Bytes of a header block, of one header, and of one line of it (RFC 5322 2.1.1).
MOST_HEADER_BYTES = 64 * 1024
MOST_BYTES_OF_A_HEADER = 16 * 1024
LONGEST_HEADER_LINE = 998
#: Multiparts and mails within the mail that are taken apart, and parts that are looked at.
MOST_NESTED = 40
MOST_PARTS = 200
#: Characters of text, and bytes of HTML, that are read of one mail.
MOST_TEXT = 256 * 1024
MOST_HTML = 256 * 1024
#: Characters of one line of text that rules look at; longer ones are no sentence.
LONGEST_LINE = 998
#: References that are read of a thread, newest first.
MOST_REFERENCES = 50
#: Recipients that one report may name.
MOST_RECIPIENTS = 50
#: Bytes that rules of others take apart themselves.
MOST_BYTES_SCANNED = 128 * 1024
#: Elements of HTML within each other; beyond it, what puts them in order takes time with the square of them.
DEEPEST_HTML = 400
#: Lines of what a person wrote, and characters in which a wish of theirs is looked for.
MOST_LINES = 4_000
MOST_WORDS = 8_000
