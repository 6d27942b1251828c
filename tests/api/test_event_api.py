"""The event API, input by input: what is taken in is stored first, what is not is refused with the reason."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from coldframe.activity import sources, strangers
from coldframe.activity.models import Arrival, Source
from coldframe.api.events import BATCH_BYTES, CALL_BYTES, ROUTES
from tests.api.calling import Caller, caller
from tests.world import NOW

pytestmark = pytest.mark.django_db

TRACK = {"userId": "u-17", "event": "Demo Requested", "messageId": "m-1"}
DEEP = "[" * 40 + "]" * 40


@pytest.fixture
def app() -> Caller:
    return caller()


def stored() -> list[dict[str, Any]]:
    return [json.loads(bytes(body)) for body in Arrival.objects.order_by("pk").values_list("body", flat=True)]


class TestTakingIn:
    def test_a_call_is_stored_as_it_came_before_it_is_answered(self, app):
        answer = app.post("/v1/track", TRACK)

        assert (answer.status, answer.document) == (200, {"success": True})
        kept = Arrival.objects.get()
        assert (kept.kind, kept.state, kept.about) == ("CALLS", "WAITING", {"as": "track"})
        assert json.loads(kept.body) == TRACK

    @pytest.mark.parametrize("path", [*ROUTES, "/v1/track/", "/batch/"])
    def test_every_address_takes_its_calls_in(self, app, path):
        bodies = {
            "alias": {"userId": "u", "previousId": "b"},
            "group": {"userId": "u", "groupId": "a"},
            "batch": {"batch": [TRACK]},
            "posthog": {"batch": [{"event": "x", "distinct_id": "b"}]},
        }

        assert app.post(path, bodies.get(ROUTES[path.rstrip("/")], TRACK)).status == 200

    @pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/plain;charset=UTF-8", ""])
    def test_the_kinds_of_content_that_clients_send_are_read(self, app, kind):
        assert app.post("/v1/track", TRACK, CONTENT_TYPE=kind).status == 200

    def test_a_packed_body_is_unpacked(self, app):
        assert (
            app.post(
                "/v1/track", raw=gzip.compress(json.dumps(TRACK).encode()), HTTP_CONTENT_ENCODING="gzip"
            ).status
            == 200
        )
        assert stored() == [TRACK]

    def test_what_clients_for_phones_and_desktops_send_is_taken_in(self, app):
        """A packed batch as text, to the short address, of no length that is said beforehand, its key in the body."""
        key, app.key = app.key, ""
        packed = gzip.compress(json.dumps({"batch": [TRACK | {"type": "track"}], "writeKey": key}).encode())

        answer = app.post(
            "/v1/b",
            raw=packed,
            CONTENT_TYPE="text/plain",
            HTTP_CONTENT_ENCODING="gzip",
            CONTENT_LENGTH=None,
        )

        assert answer.status == 200
        assert Arrival.objects.get().about == {"as": "batch"}

    def test_a_body_without_a_length_is_read_to_its_end(self, app):
        assert app.post("/v1/track", TRACK, CONTENT_LENGTH=None).status == 200

    def test_fields_that_are_not_known_are_left_alone(self, app):
        assert (
            app.post(
                "/v1/track", TRACK | {"integrations": {"All": True}, "_metadata": {}, "is_admin": True}
            ).status
            == 200
        )

    def test_the_key_may_stand_in_the_body_and_is_not_stored(self, app):
        key, app.key = app.key, ""

        assert app.post("/v1/track", TRACK | {"writeKey": key}).status == 200
        assert (
            app.post("/batch/", {"batch": [{"event": "x", "distinct_id": "b"}], "api_key": key}).status == 200
        )
        escaped = json.dumps(TRACK | {"writeKey": "KEY"}).replace(
            "KEY", "".join(f"\\u{ord(c):04x}" for c in key)
        )
        assert app.post("/v1/track", raw=escaped.encode()).status == 200
        assert all(key.encode() not in bytes(body) for body in Arrival.objects.values_list("body", flat=True))
        assert stored()[2] == TRACK

    def test_a_page_of_another_origin_may_ask_first(self, app):
        answer = app.post(
            "/v1/track", raw=b"", REQUEST_METHOD="OPTIONS", HTTP_ORIGIN="https://www.ours.example"
        )

        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST"


class TestCatalogue:
    """Row by row what programs get wrong; nothing of it is stored, and nothing is half stored."""

    @pytest.mark.parametrize(
        ("raw", "where"),
        [
            (b"", "line 1, column 1"),
            (b"{", "line 1, column 2"),
            (b"[]", "body"),
            (b'"text"', "body"),
            (b"null", "body"),
            (b"{'event': 1}", "line 1, column 2"),
            (b'{"userId": "a", "userId": "b", "event": "x"}', "userId"),
            (b'{"userId": "a", "event": "x", "properties": {"a": 1, "a": 1}}', "a"),
            (b'{"userId": "a", "event": "x", "properties": {"a": NaN}}', "body"),
            (b'{"userId": "a", "event": "x", "properties": {"a": -Infinity}}', "body"),
            (b'{"userId": "a", "event": "x", "properties": {"a": 1e999}}', "body"),
            (b'{"userId": "a", "event": "x", "properties": {"a": 1' + b"0" * 30 + b"}}", "body"),
            (b'{"userId": "a", "event": "x", "properties": {"a": ' + DEEP.encode() + b"}}", "body"),
            (b"[" * 15_000 + b"]" * 15_000, "body"),
            (b'{"a":' * 4_000 + b"1" + b"}" * 4_000, "body"),
            (b'{"userId": "a", "event": "half \\ud83d"}', "half \\ud83d"),
            (b'{"userId": "a", "event": "x", "properties": {"\\udc00": 1}}', "\\udc00"),
            (b'{"userId": "a", "event": "nul \\u0000"}', "nul \\x00"),
            (b'{"userId": "a", "event": "nul \x00"}', "line 1, column 31"),
            (b'{"userId": "a", "event": "overlong \xc0\xaf"}', "byte 36"),
            (b'{"userId": "a", "event": "surrogate \xed\xa0\x80"}', "byte 37"),
        ],
    )
    def test_a_body_that_cannot_be_read_is_refused_with_the_place(self, app, raw, where):
        answer = app.post("/v1/track", raw=raw)

        assert (answer.status, answer.document["code"], answer.document["where"]) == (400, "bad_body", where)
        assert answer.document["success"] is False
        assert stored() == []

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"event": "x"}, "Expected userId or anonymousId, and neither is given."),
            ({"userId": ["u"], "event": "x"}, "userId: Input should be a valid string"),
            ({"userId": "u"}, "event: Field required"),
            ({"userId": "u", "event": "x", "context": "text"}, "context: Input should be a valid dictionary"),
            ({"userId": "u", "event": "x", "timestamp": {}}, "timestamp: Input should be a valid string"),
        ],
    )
    def test_a_call_that_is_not_in_its_shape_is_refused_with_the_field(self, app, body, expected):
        answer = app.post("/v1/track", body)

        assert (answer.status, answer.document["code"], answer.document["expected"]) == (
            400,
            "not_understood",
            expected,
        )
        assert stored() == []
        assert Source.objects.get().refused == {"not_understood": 1}

    @pytest.mark.parametrize(
        "body", [{"batch": []}, {"batch": {}}, {"batch": [1]}, {}, {"batch": [{}] * 5_001}]
    )
    def test_a_batch_that_is_none_is_refused_as_a_whole(self, app, body):
        assert app.post("/v1/batch", body).status == 400
        assert stored() == []

    def test_a_batch_with_a_bad_call_is_taken_in(self, app):
        assert app.post("/v1/batch", {"batch": [TRACK | {"type": "track"}, {"type": "sing"}]}).status == 200

    @pytest.mark.parametrize(
        "kind",
        ["application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"],
    )
    def test_another_kind_of_content_is_refused(self, app, kind):
        answer = app.post("/v1/track", TRACK, CONTENT_TYPE=kind)

        assert (answer.status, answer.document["where"]) == (400, "Content-Type")

    def test_a_body_that_is_too_large_is_refused_before_and_while_it_is_read(self, app):
        large = json.dumps(TRACK | {"properties": {"a": "x" * CALL_BYTES}}).encode()

        assert app.post("/v1/track", raw=large).status == 413
        assert app.post("/v1/track", raw=large, CONTENT_LENGTH=None).status == 413
        assert app.post("/v1/track", raw=b"{}", CONTENT_LENGTH=str(10**12)).status == 413
        assert app.post("/v1/batch", raw=b"x" * (BATCH_BYTES + 1)).status == 413

    def test_a_body_that_unpacks_to_more_than_may_be_is_refused(self, app):
        bomb = gzip.compress(b"0" * 50_000_000, mtime=0)

        assert app.post("/v1/batch", raw=bomb, HTTP_CONTENT_ENCODING="gzip").status == 413

    @pytest.mark.parametrize(
        ("raw", "encoding"),
        [
            (b"no gzip", "gzip"),
            (gzip.compress(b'{"a": 1}', mtime=0)[:-9], "gzip"),
            (zlib.compress(b"{}"), "gzip"),
            (b"{}", "br"),
        ],
    )
    def test_a_body_that_is_not_packed_as_it_says_is_refused(self, app, raw, encoding):
        assert app.post("/v1/track", raw=raw, HTTP_CONTENT_ENCODING=encoding).status == 400

    def test_a_body_that_is_refused_is_counted_where_the_header_says_whose_it_is(self, app):
        key = app.key
        for raw in (b"{", b'{"a": 1, "a": 2}', b" " * (CALL_BYTES + 1)):
            app.post("/v1/track", raw=raw)
        app.post("/v1/track", TRACK, CONTENT_TYPE="application/xml")
        for app.key in ("", "nobody's"):
            assert app.post("/v1/track", raw=b"{").status == 400
        assert app.post("/v1/track", raw=json.dumps({"writeKey": key})[:-1].encode()).status == 400

        assert Source.objects.get().refused == {"bad_body": 3, "too_large": 1}

    def test_calls_with_a_key_that_was_withdrawn_are_counted_at_its_source(self, app):
        before, clock = app.key, [0.0]
        app = Caller(key=before, elapsed=lambda: clock[0])
        assert app.post("/v1/track", TRACK).status == 200

        after, clock[0] = sources.renew_key("app"), 2.0
        answers = [app.post("/v1/track", TRACK), app.post("/v1/track", raw=b"{")]
        app.key = "nobodys"
        answers.append(app.post("/v1/track", TRACK))
        assert [each.status for each in answers] == [401, 400, 401]
        assert answers[0].document["code"] == answers[2].document["code"] == "unknown_key"
        assert Source.objects.get().refused == {"old_key": 2}

        app.key = after
        assert app.post("/v1/track", TRACK).status == 200
        sources.disable("app", at=NOW)
        clock[0] = 4.0
        assert app.post("/v1/track", TRACK).status == 401
        assert Source.objects.get().refused == {"old_key": 2, "disabled": 1}

        sources.enable("app")
        clock[0] = 4.2
        assert app.post("/v1/track", TRACK).status == 200

    def test_a_body_that_was_cut_off_is_refused(self, app):
        answer = app.post("/v1/track", TRACK, CONTENT_LENGTH="5000")

        assert (answer.status, answer.document["error"]) == (400, "The body ended too early.")

    def test_a_call_without_a_key_or_with_a_strange_one_is_refused_the_same_way(self, app):
        keyless, strange = Caller(), Caller(key="guessed")
        answers = [
            keyless.post("/v1/track", TRACK),
            strange.post("/v1/track", TRACK),
            app.post("/v1/track", TRACK, HTTP_AUTHORIZATION="Basic ???"),
            app.post("/v1/track", TRACK, HTTP_AUTHORIZATION="Digest x"),
            app.post("/v1/track", TRACK, HTTP_AUTHORIZATION="Basic " + "é".encode().decode("latin-1")),
        ]

        assert [each.status for each in answers] == [401] * 5
        assert {tuple(sorted(each.document)) for each in answers} == {tuple(sorted(answers[0].document))}
        assert answers[0].headers["WWW-Authenticate"] == 'Basic realm="Coldframe"'
        assert stored() == []

    def test_calls_that_are_nobodys_are_counted_and_nothing_of_them_is_kept(self, app, monkeypatch):
        monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
        app.post("/v1/track", TRACK)
        keyless, mistyped = Caller(), Caller(key=app.key[:-1])
        keyless.post("/v1/track", TRACK)
        mistyped.post("/v1/track", TRACK)
        monkeypatch.setenv("COLDFRAME_NOW", (NOW + timedelta(minutes=1)).isoformat())
        mistyped.post("/v1/track", raw=b"{")

        counted = [vars(each) for each in strangers.list_all()]

        assert counted == [
            {"word": "no_key", "count": 1, "first_at": NOW, "last_at": NOW},
            {"word": "unknown_key", "count": 2, "first_at": NOW, "last_at": NOW + timedelta(minutes=1)},
        ]
        assert Source.objects.get().refused == {}
        assert strangers.tidy(at=NOW + timedelta(days=30, seconds=1)) == 1
        assert [each.word for each in strangers.list_all()] == ["unknown_key"]

    def test_a_key_in_the_address_is_refused(self, app):
        answer = app.post("/v1/track", TRACK, QUERY_STRING=f"writeKey={app.key}")

        assert (answer.status, answer.document["code"]) == (401, "key_elsewhere")

    def test_two_different_keys_are_refused(self, app):
        assert app.post("/v1/track", TRACK | {"writeKey": "another"}).status == 401

    def test_a_key_that_was_withdrawn_is_refused_after_a_second(self):
        now = [0.0]
        client = Caller(
            key=str(sources.add("app", kind=Source.Kind.API, at=NOW, with_key=True).key),
            elapsed=lambda: now[0],
        )
        assert client.post("/v1/track", TRACK).status == 200

        sources.disable("app", at=NOW)
        now[0] = 1.0

        assert client.post("/v1/track", TRACK).status == 401

    def test_a_key_that_was_just_made_is_believed_at_once(self):
        now = [0.0]
        client = Caller(key="", elapsed=lambda: now[0])
        client.post("/v1/track", TRACK | {"writeKey": "unknown"})
        client.key = str(sources.add("app", kind=Source.Kind.API, at=NOW, with_key=True).key)
        now[0] = 0.2

        assert client.post("/v1/track", TRACK).status == 200

    def test_guessing_asks_the_database_no_more_than_some_times_a_second(
        self, app, django_assert_num_queries, monkeypatch
    ):
        app.post("/v1/track", TRACK)
        counted = Counter()
        monkeypatch.setattr(app.receiver.committer, "refuse", lambda _, word: counted.update([word]))

        with django_assert_num_queries(0):
            for number in range(50):
                app.post("/v1/track", TRACK, HTTP_AUTHORIZATION=f"Bearer guess-{number}")

        assert counted == {"unknown_key": 50}

    def test_keys_of_other_doors_call_no_events(self):
        assert caller("hook", kind="WEBHOOK").post("/v1/track", TRACK).status == 401

    def test_a_caller_that_calls_too_often_waits_and_others_do_not(self, app):
        busy = caller("busy", per_second=3)

        assert [busy.post("/v1/track", TRACK).status for _ in range(5)] == [200, 200, 200, 429, 429]
        assert busy.post("/v1/track", TRACK).headers["Retry-After"] == "1"
        assert app.post("/v1/track", TRACK).status == 200
        assert Source.objects.get(name="busy").refused == {"too_often": 3}

    def test_a_page_that_may_not_use_the_key_is_refused(self):
        site = caller("www", kind="SITE", origins=["https://www.ours.example"])

        assert site.post("/v1/track", TRACK, HTTP_ORIGIN="https://www.ours.example").status == 200
        assert site.post("/v1/track", TRACK, HTTP_ORIGIN="https://evil.example").status == 403
        assert site.post("/v1/track", TRACK).status == 403

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "SING"])
    def test_another_method_is_refused_and_changes_nothing(self, app, method):
        answer = app.post("/v1/track", TRACK, REQUEST_METHOD=method)

        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")
        assert stored() == []

    @pytest.mark.parametrize(
        "path", ["/v1/", "/v1/nothing", "/v1/track/more", "/batchless", "/v1/../hooks/x"]
    )
    def test_another_address_below_is_none(self, app, path):
        assert app.post(path, TRACK).status == 404

    def test_the_same_message_again_is_answered_the_same(self, app):
        assert app.post("/v1/track", TRACK).document == app.post("/v1/track", TRACK).document

    def test_what_a_browser_is_goes_along_with_its_call(self):
        caller("www", kind="SITE").post("/v1/track", TRACK, HTTP_USER_AGENT="Linkwatch/2.1")

        assert Arrival.objects.get().about == {"as": "track", "agent": "Linkwatch/2.1"}
