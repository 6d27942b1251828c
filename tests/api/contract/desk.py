"""A desk of sales with a lead on it for whoever asks, and what tells Schemathesis of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import UUID

from tests.cli.installation import Installation
from tests.ready import ROOT

#: Names the file that lists what there is.
KNOWN = "COLDFRAME_CONTRACT_KNOWN"
LEADS = 500
#: Every lead that has nothing open is put before sales; anybody may have it.
OPEN = """
INSERT INTO handoff_handoff
  (public_id, lead_id, account_id, episode, team, owner_from, trigger, is_hand_raise, opened_at, deadline_at, state)
SELECT lower(hex(randomblob(16))), l.id, l.account_id,
       1 + COALESCE((SELECT MAX(h.episode) FROM handoff_handoff h WHERE h.lead_id = l.id), 0),
       'sales', '', 'trigger:Ready', 0, l.created_at, l.created_at, 'OPEN'
  FROM leads_lead l
 WHERE l.voided_at IS NULL AND NOT EXISTS (SELECT 1 FROM handoff_handoff h WHERE h.lead_id = l.id AND h.state = 'OPEN')
"""


def fill(installation: Installation, folder: Path) -> Path:
    """Have many people, and all of them before sales; return the file that lists them."""
    lines = (f"reader{n}@company{n}.example,Reader {n},Company {n}\n" for n in range(LEADS))
    installation.bring("Email,First name,Company\n" + "".join(lines))
    installation.do(OPEN)
    known = {
        "handoffs": [str(UUID(row[0])) for row in installation.ask("SELECT public_id FROM handoff_handoff")],
        "leads": [str(UUID(row[0])) for row in installation.ask("SELECT public_id FROM leads_lead")],
    }
    file = folder / "known.json"
    file.write_text(json.dumps(known))
    return file


def hooks(known: Path) -> dict[str, str]:
    """Return what Schemathesis must be told by way of its environment."""
    return {
        KNOWN: str(known),
        "SCHEMATHESIS_HOOKS": "tests.api.contract.hooks",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }


def done(installation: Installation) -> dict[str, int]:
    """Return how often which call was not refused, as the installation's own log has it."""
    sql = "SELECT what, COUNT(*) FROM team_logentry WHERE what LIKE 'handoff.%' GROUP BY what ORDER BY what"
    return {str(what): int(count) for what, count in installation.ask(sql)}
