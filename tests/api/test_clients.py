"""What the official clients were recorded to send, sent to a running Coldframe over a way that fails: each call counts once."""

from __future__ import annotations

import base64
import gzip
import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests import material, serving
from tests.api import flaky
from tests.cli.installation import Installation, fresh

pytestmark = [pytest.mark.material, pytest.mark.slow]

#: Seconds until what was accepted must have been digested, on a machine that does other things, too.
PATIENCE = 60
FACTS = {"track", "page", "screen"}


@dataclass(frozen=True)
class Recorded:
    """A request as a client sent it."""

    path: str
    headers: dict[str, str]
    document: dict[str, Any]

    def send(self, port: int, *, key: str) -> None:
        """Send it with another key, again and again until it is accepted, as clients do."""
        document = {
            name: key if name in {"writeKey", "api_key"} else value for name, value in self.document.items()
        }
        body = json.dumps(document).encode()
        headers = {
            k: v for k, v in self.headers.items() if k.lower() not in {"host", "content-length", "connection"}
        }
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body)
        if "Authorization" in headers:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        for _ in range(20):
            link = HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                link.request("POST", self.path, body, headers)
                if link.getresponse().status == 200:
                    return
            except (HTTPException, OSError):
                continue
            finally:
                link.close()
        raise AssertionError(f"{self.path} was never accepted")


def recorded(folder: Path) -> list[Recorded]:
    """Return every recorded request."""
    found = []
    for file in sorted(folder.glob("captures/*/*.json")):
        capture = json.loads(file.read_text())
        found.append(
            Recorded(path=capture["path"], headers=dict(capture["headers"]), document=capture["body_json"])
        )
    return found


def segment_facts(requests: list[Recorded]) -> set[str]:
    """Return the message ids of the facts that Segment's clients sent."""
    calls = [call for each in requests if each.path == "/v1/batch" for call in each.document["batch"]]
    return {call["messageId"] for call in calls if call["type"] in FACTS}


def posthog_facts(requests: list[Recorded]) -> set[str]:
    events = [event for each in requests if each.path == "/batch/" for event in each.document["batch"]]
    return {event["uuid"] for event in events if event["event"] == "$pageview" or event["event"][0] != "$"}


def wait_for_digest(installation: Installation) -> None:
    end = time.monotonic() + PATIENCE
    while installation.ask("SELECT count(*) FROM activity_arrival WHERE state = 'WAITING'") != [(0,)]:
        assert time.monotonic() < end, "arrivals still wait"
        time.sleep(0.1)


def test_recorded_clients_deliver_each_call_once_after_errors_and_lost_answers(tmp_path):
    requests = recorded(material.folder("sdk_capture"))
    with fresh(tmp_path, name="clients") as installation:
        key = installation.json("sources", "add", "api", "app")["write_key"]
        with (
            serving.serve(installation.home, "--empty", port=8760, url=installation.url) as served,
            flaky.way_to(served.address) as port,
        ):
            for request in requests:
                request.send(port, key=key)
            wait_for_digest(installation)

        assert len(requests) == 10
        facts = segment_facts(requests) | posthog_facts(requests)
        assert installation.ask("SELECT count(*) FROM activity_event") == [(len(facts),)]
        assert installation.ask("SELECT state, reason FROM activity_arrival") == []
        assert installation.ask("SELECT email FROM leads_lead") == [
            ("jördis.weiß@xn--mller-anlagenbau-jzb.example",)
        ]
