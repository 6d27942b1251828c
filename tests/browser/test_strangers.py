"""Text of strangers runs nowhere."""

from __future__ import annotations

import pytest

from tests import serving

pytestmark = pytest.mark.browser
#: Each would set ``hacked`` where it came to life; the last turns the direction of writing around.
NAMES = [
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "'-window.hacked=1-'",
    "{{constructor.constructor('window.hacked=1')()}}",
    "</title><svg onload=window.hacked=1>",
    "javascript:window.hacked=1//",
    "\u202eevil\u2066",
]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """Serve a base of leads whose every text is an attempt; yield its address."""
    home = tmp_path_factory.mktemp("strangers")
    rows = ["first name,last name,email,company,job title,source"]
    rows += [",".join('"' + each.replace('"', '""') + '"' for each in [name, name, f"s{number}@c{number}.example", name, name, name])
             for number, name in enumerate(NAMES)]  # fmt: skip
    (home / "leads.csv").write_text("\n".join(rows), encoding="utf-8")
    taken = serving.call(home, "import", "leads", str(home / "leads.csv"), "--yes")
    assert taken.returncode == 0, taken.stderr
    with serving.serve(home, "--empty", port=8660) as served:
        yield served.address


def test_names_of_strangers_run_no_script(chromium, strangers):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(strangers + "leads?sort=name")
    shown = page.locator("main tbody a").all_inner_texts()
    places = [link.get_attribute("href") for link in page.locator("main tbody a").all()]

    hacked = []
    for place in ["/", "/leads", "/audit", *places]:
        page.goto(strangers.rstrip("/") + place)
        hacked.append(page.evaluate("window.hacked"))
    context.close()

    assert len(shown) == len(NAMES)
    assert any("<script>window.hacked=1</script>" in name for name in shown)
    assert hacked == [None] * (len(NAMES) + 3)
