"""
Handing over to a provider through Anymail: one request for one message, and never a second one blind.

What the provider gets is read out of the frozen bytes, so that a retry asks for the same message. The marker
is committed when the connection stands and nothing has been written yet.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailError

from coldframe.delivery.channels.answers import (
    Answer,
    Beat,
    Mark,
    Message,
    NotMarked,
    Report,
    Result,
    Trouble,
    clipped,
    patience,
)
from coldframe.delivery.channels.email import refusals
from coldframe.delivery.channels.email.providers import Provider, Settling, get_provider
from coldframe.delivery.channels.email.unpacking import unpacked
from coldframe.delivery.channels.gated import Gate, fit
from coldframe.kernel.vocabulary import Refusal

#: Seconds without a byte until a request counts as unanswered.
TIMEOUT = 30
#: How often, and after how many seconds, a provider that remembers the key is asked again about one message.
ASKED_AGAIN = 2
PAUSE = 1.0
#: Answers that say: not now.
RESTS = {429, 503}
#: States of a recipient by which an accepted request was refused all the same.
REFUSED_STATES = {"failed", "invalid", "rejected"}


class ProviderUnready(Refusal):
    """A provider cannot be used as it is set up."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """An open way to one provider, with the gate before each request."""

    provider: Provider
    backend: Any
    gate: Gate


def deliver(
    settings: dict[str, Any],
    secret: str,
    messages: Iterator[Message],
    *,
    mark: Mark,
    report: Report,
    beat: Beat,
    at: datetime,
    pause: float = PAUSE,
) -> Trouble | None:
    """
    Hand each message to the provider that ``settings`` name, one request each.

    ``settings`` holds ``provider`` and Anymail's own names beside it; ``pause``: seconds before a provider that
    remembers the key is asked again. Returns why the provider cannot be used now, with the messages that were
    not taken left alone, or None. Raises ``ProviderUnready``, before the first message is taken, when a package
    or a setting is missing.
    """
    with opened(settings, secret) as desk:
        for message in messages:
            try:
                answer = hand_over(desk, message, mark=mark, at=at, pause=pause)
            except NotMarked:
                continue
            report(answer)
            beat()
            if trouble := trouble_of(answer):
                return trouble
    return None


def trouble_of(answer: Answer) -> Trouble | None:
    """Return what an answer says of the connection, where it says anything of it."""
    if answer.phase == "connect":
        return Trouble(is_final=False, reason="NO_CONNECTION", text=answer.text)
    if answer.reason == refusals.LOGIN_REFUSED:
        return Trouble(is_final=True, reason=answer.reason, text=f"{answer.code} {answer.text}")
    if answer.code in RESTS:
        return Trouble(is_final=False, reason="IN_HASTE", text=f"{answer.code} {answer.text}")
    return None


@contextmanager
def opened(settings: dict[str, Any], secret: str) -> Iterator[Desk]:
    """Yield an open way to the provider; raises ``ProviderUnready``."""
    provider = get_provider(str(settings.get("provider", "")))
    backend = backend_of(provider, settings, secret)
    gate = Gate()
    backend.open()
    try:
        if hasattr(backend, "session"):
            fit(backend.session, gate)
        else:
            backend.client.meta.events.register("before-send", lambda **_: gate.go_through())
        yield Desk(provider=provider, backend=backend, gate=gate)
    finally:
        backend.close()


def backend_of(provider: Provider, settings: dict[str, Any], secret: str) -> Any:
    """Return Anymail's backend for a provider, not yet open; raises ``ProviderUnready``."""
    check_ready(provider, settings, secret)
    module = importlib.import_module(f"anymail.backends.{provider.key}")
    try:
        with warnings.catch_warnings():
            # Anymail warns of providers that it keeps and no longer tests; the provider's note says so.
            warnings.simplefilter("ignore")
            return module.EmailBackend(**options_of(provider, settings, secret))
    except AnymailConfigurationError as error:
        raise ProviderUnready(clipped(error), where=provider.name) from error


def check_ready(provider: Provider, settings: dict[str, Any], secret: str) -> None:
    """Raise ``ProviderUnready`` when a package, a setting or the secret is missing."""
    if provider.package and importlib.util.find_spec(provider.package) is None:
        raise ProviderUnready(
            f"{provider.name} needs the package {provider.package}.",
            advice=f".venv/bin/python -m pip install {provider.package}   Then try again.",
        )
    missing = [name for name in provider.required if not settings.get(name)]
    if missing:
        raise ProviderUnready(f"{provider.name} lacks {', '.join(missing)}.", advice="Add it with --set.")
    if not secret:
        raise ProviderUnready(
            f"{provider.name} lacks its secret ({provider.secret}).", advice="Add it with --secret-file."
        )


def options_of(provider: Provider, settings: dict[str, Any], secret: str) -> dict[str, Any]:
    """Return what Anymail's backend is made with."""
    given = {name: settings[name] for name in (*provider.required, *provider.optional) if settings.get(name)}
    if provider.key != "amazon_ses":
        return {provider.secret: secret, **given, "timeout": settings.get("timeout", TIMEOUT)}
    session = {
        "aws_access_key_id": given.pop("access_key_id"),
        "aws_secret_access_key": secret,
        "region_name": given.pop("region"),
    }
    # Amazon's library tries again by itself unless it is told not to.
    config = {"connect_timeout": TIMEOUT, "read_timeout": TIMEOUT, "retries": {"total_max_attempts": 1}}
    client = {"config": config} | {name: given.pop(name) for name in ("endpoint_url",) if name in given}
    return {"session_params": session, "client_params": client, **given}


def hand_over(desk: Desk, message: Message, *, mark: Mark, at: datetime, pause: float) -> Answer:
    """
    Hand one message over and return what came of it; raises ``NotMarked`` when it may not go.

    A provider that remembers the key is asked again when no answer came; what it says then counts only when
    it says that it has the message.
    """

    def keeper() -> None:
        if message.id not in mark([message.id]):
            raise NotMarked

    answer = ask(desk, message, keeper=keeper, at=at)
    if answer.result is not Result.UNCERTAIN or desk.provider.settling is not Settling.BY_KEY:
        return answer
    for _ in range(ASKED_AGAIN):
        time.sleep(pause)
        again = ask(desk, message, keeper=lambda: None, at=at)
        if again.result is Result.SENT:
            return again
    return answer


def ask(desk: Desk, message: Message, *, keeper: Callable[[], None], at: datetime) -> Answer:
    """Make one request."""
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, message.message_id or message.key))
    provider = desk.provider
    mail = unpacked(message.body or b"", provider=provider)
    if provider.key_in_message:
        mail.extra_headers[provider.key_in_message] = key
    desk.gate.close(keeper, headers={provider.key_in_request: key} if provider.key_in_request else None)
    try:
        desk.backend.send_messages([mail])
        return taken(message, mail.anymail_status)  # type: ignore[attr-defined]
    except AnymailError as error:
        found = refusals.classify(error, provider=provider, was_passed=desk.gate.was_passed)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # An answer that Anymail did not expect.
        found = refusals.stumbled(error, was_passed=desk.gate.was_passed)
    return Answer(
        id=message.id,
        result=found.result,
        phase=found.phase,
        code=found.code,
        text=found.text,
        reason=found.reason,
        retry_at=patience(found.patience, at=at),
    )


def taken(message: Message, status: Any) -> Answer:
    """Return the answer to a request that the provider took, unless it refused the recipient in it."""
    states = set(status.status or ())
    code = getattr(status.esp_response, "status_code", 0) or 0
    if states and states <= REFUSED_STATES:
        return Answer(
            id=message.id,
            result=Result.FAILED,
            phase="recipient",
            code=code,
            text=", ".join(sorted(states)),
            reason="REFUSED_RECIPIENT",
        )
    return Answer(
        id=message.id,
        result=Result.SENT,
        phase="answer",
        code=code,
        text=clipped(status.message_id or "taken"),
    )
