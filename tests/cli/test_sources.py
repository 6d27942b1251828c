"""``coldframe sources``: ways in are set up from the command line, and a key is shown once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from coldframe.activity import arrivals, sources
from coldframe.activity.models import Arrival, Source
from coldframe.cli.root import app
from coldframe.kernel.vocabulary import Refusal
from tests.world import NOW

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["sources", *words])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def document(*words: str) -> dict[str, Any]:
    return dict(json.loads(run(*words, "--json")))


def test_a_key_is_shown_once_and_only_its_hash_is_kept():
    key = document("add", "api", "product")["write_key"]

    kept = Source.objects.get()
    assert kept.key_hash == sources.hash_of(key)
    assert key not in json.dumps(Source.objects.values().get(), default=str)
    assert key not in run("list")
    assert "product               api       " in run("list")


def test_a_renewed_key_replaces_the_old_one():
    before = document("add", "api", "product")["write_key"]

    after = document("renew-key", "product")["write_key"]

    assert before != after
    assert set(sources.callers()) == {sources.hash_of(after)}


def test_a_page_that_may_call_is_named_by_its_origin():
    run("add", "site", "www", "--origin", "HTTPS://www.ours.example/")

    [caller] = sources.callers().values()
    assert (caller.is_public, caller.origins) == (True, {"https://www.ours.example"})


@pytest.mark.parametrize(
    "origin",
    ["www.ours.example", "https://ours.example/page", "https://a@ours.example", "ftp://x", "https://["],
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(Refusal, match="no origin of a page"):
        run("add", "site", "www", "--origin", origin)
    assert not Source.objects.exists()


def test_a_source_that_is_off_calls_no_more():
    run("add", "api", "product")
    run("off", "product")

    assert sources.callers() == {}
    assert "off since" in run("list")

    run("on", "product")
    assert len(sources.callers()) == 1


def test_a_limit_is_set_and_read_as_a_number():
    run("add", "api", "product")
    run("change", "product", "--set", "per_second=50")

    [caller] = sources.callers().values()
    assert caller.per_second == 50


def test_what_was_set_aside_is_listed_without_what_it_says_and_can_be_tried_again():
    source_id = sources.add("product", kind=Source.Kind.API, at=NOW, with_key=True).source_id
    arrivals.accept(
        [
            arrivals.calls(
                source_id=source_id,
                body=b'{"userId":"anna"}',
                about={"as": "track"},
                reason="event: Field required",
            )
        ],
        at=NOW,
    )

    [line] = document("aside")["set_aside"]
    assert (line["source"], line["reason"]) == ("product", "event: Field required")
    assert "anna" not in run("aside")
    assert "1 set aside" in run("list")

    number = str(line["arrival_id"])
    assert run("show", number) == '{"userId":"anna"}'
    assert document("show", number)["base64"] == "eyJ1c2VySWQiOiJhbm5hIn0="

    assert document("retry", number) == {"retried": 1}
    assert Arrival.objects.get().state == "WAITING"


def test_what_was_set_aside_is_written_to_a_file_and_what_was_not_is_named(tmp_path):
    source_id = sources.add("product", kind=Source.Kind.API, at=NOW, with_key=True).source_id
    kept = arrivals.calls(source_id=source_id, body=b"\xff{", about={}, reason="no JSON")
    arrivals.accept([kept], at=NOW)
    number = Arrival.objects.get().pk

    run("show", str(number), "--to", str(tmp_path / "call"))

    assert (tmp_path / "call").read_bytes() == b"\xff{"
    with pytest.raises(Refusal, match="Nothing is set aside under this number"):
        run("show", str(number + 1))
