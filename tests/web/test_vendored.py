"""What the pages carry of others is what it says it is, and nothing is fetched from elsewhere."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import coldframe.web

WEB = Path(coldframe.web.__file__).parent
VENDOR = WEB / "static/web/vendor"
PACKAGES = tomllib.loads((VENDOR / "VENDORED.toml").read_text())["package"]


def test_every_vendored_file_is_the_one_that_was_taken():
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.iterdir()
        if file.is_file() and file.name != "VENDORED.toml"
    }

    assert found == {name: digest for package in PACKAGES for name, digest in package["sha256"].items()}


def test_every_vendored_package_brings_its_license():
    texts = {package["name"]: (VENDOR / package["license_text"]).read_text() for package in PACKAGES}

    assert set(texts) == {"Tabler", "htmx", "Inter", "Tabler Icons"}
    assert all(len(text) > 500 for text in texts.values())


def test_no_template_asks_another_host_for_anything():
    asked = {
        address
        for template in WEB.glob("templates/**/*.html")
        for address in re.findall(r"""(?:src|href|action|hx-get)=["']?(https?:)?//""", template.read_text())
    }

    assert asked == set()


def test_no_template_holds_a_script_or_a_style_of_its_own():
    for template in WEB.glob("templates/**/*.html"):
        text = template.read_text()

        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|<script(?![^>]*\ssrc=)", text), template.name


def test_the_sprite_has_every_icon_that_a_page_asks_for():
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text()))
    asked = {
        name
        for template in WEB.glob("templates/**/*.html")
        for name in re.findall(r"icons\.svg' %}#([a-z0-9-]+)\"", template.read_text())
    }

    assert asked <= sprite
