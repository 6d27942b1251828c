"""Going through all pages that can be reached, as somebody who presses everything would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client

#: Ends of sessions, and what leads out of the house.
LEFT_ALONE = ("/sign-out", "/account/sessions/end")
#: Pages of a kind that are looked at; the next thousand are alike.
MOST_OF_A_KIND = 2
MOST = 200


@dataclass
class Form:
    """One form of a page."""

    page: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """What a page holds: tags with their attributes, ways on, forms, ids."""

    def __init__(self, path: str, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.select = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append((tag, named))
        for name in ("href", "src", "hx-get"):
            if tag != "link" and named.get(name):
                self.links.append(urljoin(self.path, named[name] or ""))
        if tag == "form":
            action = urljoin(self.path, named.get("action") or self.path)
            self.forms.append(Form(self.path, action, (named.get("method") or "get").lower()))
        if named.get("hx-post"):
            self.forms.append(Form(self.path, urljoin(self.path, named["hx-post"] or ""), "post"))
        name = named.get("name")
        if self.forms and name and tag in {"input", "button", "textarea", "select"}:
            if named.get("type") == "file":
                self.forms[-1].files.add(name)
            else:
                self.forms[-1].fields.setdefault(name, named.get("value") or "")
            self.select = name if tag == "select" else self.select
        if tag == "option" and self.forms and self.select and named.get("value"):
            fields = self.forms[-1].fields
            fields[self.select] = fields.get(self.select) or named["value"] or ""


def crawl(client: Client, *starts: str) -> Iterator[tuple[str, HttpResponse, Page | None]]:
    """Yield every page that can be reached by GET: its address, the answer, and the page in it."""
    waiting, seen, kinds = list(starts), set(starts), dict[str, int]()
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        answer = client.get(path)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[arg-type]
        text = body.decode("utf-8", "replace")
        page = Page(path, text) if is_page else None
        yield path, answer, page
        if answer.status_code in {301, 302}:
            follow([urljoin(path, answer["Location"])], waiting, seen, kinds)
        if page:
            follow(page.links, waiting, seen, kinds)


def follow(links: list[str], waiting: list[str], seen: set[str], kinds: dict[str, int]) -> None:
    """Put the links that lead to pages not seen yet among those that wait."""
    for link in links:
        parts = urlsplit(link)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        foreign = parts.netloc not in {"", "localhost"} or parts.scheme not in {"", "http"}
        if foreign or path in seen or path.startswith(("/static/", *LEFT_ALONE)):
            continue
        kind = kind_of(parts.path, parts.query)
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] <= MOST_OF_A_KIND:
            seen.add(path)
            waiting.append(path)


def kind_of(path: str, query: str) -> str:
    """Return what pages that are alike have in common."""
    shape = "/".join(
        "#" if any(sign.isdigit() or sign in ":%" for sign in part) else part for part in path.split("/")
    )
    return shape + "?" + ",".join(sorted({each.partition("=")[0] for each in query.split("&")}))
