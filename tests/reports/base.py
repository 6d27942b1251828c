"""A small base of leads that every report test knows, and what stores an assessment of it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from coldframe.activity.models import Event, EventShape
from coldframe.leads.models import Consent, ImportBatch, Lead, Suppression
from coldframe.library import operations as library
from tests import world

NOW = world.NOW


def fill() -> dict[str, Lead]:
    """
    Take in nine leads.

    Anna and Ola at Brightpath, Jonas and a second entry of him at Nordlicht, Marta at Porto Cloud, Tom at
    Halden, a free-mail lead, Zed without an address, and a shared mailbox.
    """
    activate()
    brightpath, nordlicht = world.brightpath(), world.nordlicht()
    alone = world.account(name=None, is_personal=True)
    people = {
        "anna": world.anna(brightpath, phone="+48 601 234 567"),
        "ola": world.lead(brightpath, email="ola@brightpath.example", first_name="Ola", last_name="Nowak", source="Webinar"),
        "jonas": world.jonas(nordlicht, entered_at=NOW - timedelta(days=200)),
        "jonas twice": world.lead(nordlicht, email="jonas.weber@nordlicht.example", first_name="J.", last_name="Weber"),
        "marta": world.lead(
            world.porto_cloud(), email="marta@portocloud.example", first_name="Marta", last_name="Silva",
            job_title="RevOps lead", role="CHAMPION", source="webinar", entered_at=NOW - timedelta(days=120),
        ),
        "tom": world.tom(),
        "free": world.lead(world.account(name=None, is_personal=True), email="kim@gmail.com", email_kind="FREE", source="list"),
        "zed": world.lead(alone, source="list"),
        "info": world.lead(nordlicht, email="info@nordlicht.example", is_role_address=True, role="UNKNOWN"),
    }  # fmt: skip
    for name in ("anna", "jonas", "marta"):
        Consent.objects.create(lead=people[name], basis="CONSENT", source="form", created_at=NOW)
    Consent.objects.create(
        lead=people["ola"],
        basis="CONSENT",
        source="form",
        withdrawn_at=NOW - timedelta(days=1),
        created_at=NOW,
    )
    Suppression.objects.create(
        lead=people["tom"],
        email="tom@halden.example",
        reason="HARD_BOUNCE",
        source="list",
        suppressed_at=NOW,
        created_at=NOW,
    )
    Suppression.objects.create(
        lead=None,
        email="marta@portocloud.example",
        reason="OPT_OUT",
        source="crm",
        suppressed_at=NOW,
        created_at=NOW,
    )
    event(people["jonas"], "form_submitted", form="demo", days_ago=0)
    event(people["anna"], "page", path="/pricing", days_ago=3)
    event(people["anna"], "page", path="/pricing", days_ago=2)
    event(people["anna"], "email_opened", days_ago=1, evidence=0)
    return people


def event(lead: Lead, kind: str, *, days_ago: float, evidence: int = 2, **shape: str) -> Event:
    """Record one event of a lead."""
    found, _ = EventShape.objects.get_or_create(kind=kind, **shape)
    at = NOW - timedelta(days=days_ago, hours=1)
    key = hashlib.blake2b(f"{lead.pk}{kind}{at}{shape}".encode(), digest_size=16).digest()
    return Event.objects.create(
        key=key,
        shape=found,
        lead=lead,
        account_id=lead.account_id,
        occurred_at=at,
        received_at=at,
        evidence=evidence,
    )


def activate() -> None:
    """Make the playbook beside this file the active one."""
    text = Path(__file__).with_name("playbook.yaml").read_text(encoding="utf-8")
    version = library.publish_playbook(text=text, at=NOW, origin="playbook.yaml")
    library.activate_playbook(number=version.number, at=NOW)


def undone_batch() -> ImportBatch:
    """Return an import that was undone."""
    return ImportBatch.objects.create(
        kind="events", source="file", file_name="calls.csv", file_hash="0", state="UNDONE", started_at=NOW
    )
