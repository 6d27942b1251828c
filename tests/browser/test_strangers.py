"""Text of strangers runs nowhere."""

from __future__ import annotations

import re

import pytest

from tests import ready, serving
from tests.browser import arriving
from tests.web.test_pages import POLYGLOT

pytestmark = pytest.mark.browser
#: Each would set ``hacked`` where it came to life; the last but one turns the direction of writing around.
NAMES = [
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "'-window.hacked=1-'",
    "{{constructor.constructor('window.hacked=1')()}}",
    "</title><svg onload=window.hacked=1>",
    "javascript:window.hacked=1//",
    "\u202eevil\u2066",
    POLYGLOT.replace("alert()", "window.hacked=1")[:110],
]
COLUMNS = "first name,last name,email,company,job title,source,campaign,message,known problem,industry,country,employees"
#: By then everybody has been written to who is to be.
LATER = "2026-06-04T09:00:00+00:00"


def quoted(values: list[str]) -> str:
    return ",".join('"' + value.replace('"', '""') + '"' for value in values)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """Serve a base of leads whose every text is an attempt, after each was written to; yield its address."""
    home = ready.home(tmp_path_factory.mktemp("strangers"))
    rows = [COLUMNS]
    for number, name in enumerate(NAMES):
        texts = [name, name, f"s{number}@c{number}.example", *[name] * 6]
        rows.append(quoted([*texts, "software", "United States", "120"]))
    (home / "leads.csv").write_text("\n".join(rows), encoding="utf-8")
    for words in (
        ["import", "leads", str(home / "leads.csv"), "--yes", "--basis", "legitimate_interest"],
        ["assess"],
        ["work", "--until", LATER, "--clock", "virtual"],
    ):
        done = serving.call(home, *words)
        assert done.returncode == 0, done.stderr
    with serving.serve(home, "--empty", "--no-worker", port=8660, now=LATER) as served:
        yield served.address


def test_names_of_strangers_run_no_script(chromium, strangers):
    context = chromium.new_context()
    page = context.new_page()
    arriving.at(page, strangers + "leads?sort=name")
    shown = page.locator("main tbody a").all_inner_texts()
    places = [link.get_attribute("href") for link in page.locator("main tbody a").all()]
    arriving.at(page, strangers + "outbox")
    messages = [link.get_attribute("href") for link in page.locator("main tbody a.cf-name").all()]

    hacked = []
    for place in ["/", "/leads", "/outbox", "/content", "/content/asset:guide", "/audit", *messages, *places]:
        arriving.at(page, strangers.rstrip("/") + place)
        hacked.append(page.evaluate("window.hacked"))
    context.close()

    assert len(shown) == len(NAMES)
    assert any("<script>window.hacked=1</script>" in name for name in shown)
    assert len(messages) >= len(NAMES) // 2
    assert set(hacked) == {None}


def test_the_letters_that_strangers_got_run_no_script_and_fetch_nothing(chromium, strangers):
    context = chromium.new_context()
    page = context.new_page()
    arriving.at(page, strangers + "outbox")
    messages = [link.get_attribute("href") for link in page.locator("main tbody a.cf-name").all()]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    greeted = []
    for message in messages:
        arriving.at(page, strangers.rstrip("/") + message)
        letter = page.frame_locator("iframe").locator("body")
        greeted.append(letter.inner_text())
        assert letter.locator("script, img, svg, iframe, [onerror], [onload]").count() == 0
        assert page.evaluate("window.hacked") is None
    context.close()

    assert any("<script>window.hacked=1</script>" in text for text in greeted)
    assert all(re.match(re.escape(strangers), url) or url.startswith("data:") for url in asked)
    assert not any(url.removeprefix(strangers.rstrip("/")) == "/x" for url in asked)
