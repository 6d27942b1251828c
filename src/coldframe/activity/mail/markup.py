"""A stranger's HTML as text: cleaned first, so that what reads it meets well-formed markup alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from coldframe.activity.mail import limits

#: Elements that matter for where lines end and what is quoted; all others are dropped, their text kept.
KEPT = {"p", "br", "div", "blockquote", "li", "tr", "hr", "h1", "h2", "h3", "h4", "pre", "table", "a", "span"}
BLOCKS = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "pre", "table", "blockquote"}
ATTRIBUTES = {each: {"class", "id", "style", "type"} for each in ("div", "blockquote", "hr", "table", "span")}
#: Containers in which mail programs put what they quote.
QUOTES = re.compile(
    r"gmail_quote|gmail_extra|yahoo_quoted|moz-cite-prefix|appendonsend|divrplyfwdmsg|olk_src_body_section|mailreplyheader"
    r"|stopspelling|zmail_extra|protonmail_quote|tutanota_quote|wordsection-quote|reply-intro|outlookmessageheader",
    re.IGNORECASE,
)
#: The line that Outlook draws above what it quotes, by its colors.
OUTLOOK_RULE = re.compile(
    r"border-top:\s*(?:solid\s+#?(?:b5c4df|e1e1e1)|#?(?:b5c4df|e1e1e1)\s+1(?:\.0)?pt\s+solid)", re.IGNORECASE
)
#: The line above a quote in the text, which the rules for replies know.
MARK = "\x1e"
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
ANY_TAG = re.compile(r"<[^<>]{0,2000}>?")
#: Elements that hold nothing, or that people do not close.
VOID = {
    "br",
    "hr",
    "img",
    "meta",
    "link",
    "input",
    "col",
    "area",
    "base",
    "wbr",
    "p",
    "li",
    "td",
    "tr",
    "th",
    "option",
    "dt",
    "dd",
}
BLANK_LINES = re.compile(r"\n{3,}")
SPACES = re.compile(r"[ \t\r\n\u00a0]+")


def as_text(html: str) -> str:
    """
    Return the text of HTML: lines where blocks end, ``> `` before what stands in a blockquote.

    A line of ``MARK`` stands where a mail program's own container of quoted text begins.

    >>> as_text("<p>Yes, <b>Tuesday</b>.</p><blockquote><p>When?</p></blockquote>")
    'Yes, Tuesday.\\n\\n> When?'
    """
    import nh3

    html = html[: limits.MOST_HTML]
    if is_too_deep(html):
        return BLANK_LINES.sub("\n\n", ANY_TAG.sub("\n", html)).strip("\n ")
    cleaned = nh3.clean(
        html,
        tags=KEPT,
        attributes=ATTRIBUTES,
        clean_content_tags={"script", "style", "title", "head"} - KEPT,
        link_rel=None,
        strip_comments=True,
    )
    reader = Reader()
    reader.feed(cleaned)
    reader.close()
    return reader.text()


def is_too_deep(html: str) -> bool:
    """Return whether elements stand within each other deeper than is read."""
    depth = 0
    for match in TAG.finditer(html):
        if match.group(2).lower() not in VOID:
            depth = max(0, depth - 1) if match.group(1) else depth + 1
            if depth > limits.DEEPEST_HTML:
                return True
    return False


class Reader(HTMLParser):
    """Writes text as the elements come."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line where a block begins; mark where quoted text does."""
        said = " ".join(value or "" for name, value in attrs if name in {"class", "id"})
        style = next((value or "" for name, value in attrs if name == "style"), "")
        if tag == "br":
            self.end_line()
        elif tag in BLOCKS or tag == "hr":
            self.end_block()
        if tag == "hr" and self.lines:
            self.lines.append("_" * 32)
        if QUOTES.search(said) or OUTLOOK_RULE.search(style):
            self.end_block()
            self.lines.append(MARK)
        if tag == "blockquote":
            self.quoted += 1

    def handle_endtag(self, tag: str) -> None:
        """End the line where a block ends."""
        if tag in BLOCKS:
            self.end_block()
        if tag == "blockquote":
            self.quoted = max(0, self.quoted - 1)
        if tag == "p" and self.lines and self.lines[-1]:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        """Add text to the line."""
        self.line.append(data)

    def end_line(self) -> None:
        text = SPACES.sub(" ", "".join(self.line)).strip()
        self.line = []
        self.lines.append("> " * min(self.quoted, 5) + text if self.quoted else text)

    def end_block(self) -> None:
        if "".join(self.line).strip():
            self.end_line()
        self.line = []

    def text(self) -> str:
        """Return what was read."""
        self.end_block()
        return BLANK_LINES.sub("\n\n", "\n".join(self.lines)).strip("\n")
