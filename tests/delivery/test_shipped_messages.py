"""Every message that the shipped playbooks can send has a way out, in its headers and in both of its parts."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from coldframe.delivery.channels.email import compose
from coldframe.delivery.channels.email.footer import Leaving
from coldframe.kernel.playbook import parsing
from coldframe.library import rendering, starters

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
STARTERS = ("default", "saas", "professional-services", "software-house")
LEAVING = Leaving(
    unsubscribe_url="https://mail.ours.se/u/abc",
    preferences_url="https://mail.ours.se/p/abc",
    unsubscribe_mailto="mailto:leave@ours.se",
)
READER = {
    "lead.first_name": "Bö", "lead.last_name": "Ek", "lead.role": "champion", "account.name": "Firm & Sons",
    "account.industry": "software", "stage": "research", "lead.known_problem": "cost", "sender.name": "Anna Lind",
    "sender.address": "anna@ours.se",
}  # fmt: skip


@pytest.mark.parametrize("name", STARTERS)
def test_every_asset_of_a_shipped_playbook_becomes_a_message_with_a_way_out(name: str):
    text = starters.read(name)
    playbook = parsing.examine(text, file=name).playbook
    assert playbook is not None
    templates = rendering.templates_of(text)
    prepared = compose.prepare(
        sender=compose.Sender(
            address="anna@ours.se", name="Anna Lind", postal_address="Gatan 1\n111 22 Stockholm"
        )
    )

    for number, asset in enumerate(playbook.assets):
        rendered = templates.render(rendering.Content(content_key=f"asset:{asset.key}", values=READER))
        assert isinstance(rendered, rendering.Rendered), rendered
        mail = compose.Mail(
            touch=f"{number:032x}", token="1", recipient="bo@firm.se", subject=rendered.subject, html=rendered.html,
            text=rendered.text, language=rendered.language, leaving=LEAVING,
        )  # fmt: skip
        check(compose.message(prepared, mail, at=AT).body)


def check(body: bytes) -> None:
    message = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert message["List-Unsubscribe"] == "<https://mail.ours.se/u/abc>, <mailto:leave@ours.se>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        content = part.get_content()
        assert content.count("https://mail.ours.se/u/abc") == 1
        assert "111 22 Stockholm" in content
    assert content.index("111 22 Stockholm") < content.index("</body>")
    assert compose.FOOTER_PLACE not in content
    assert max(map(len, body.split(b"\r\n"))) <= 998
