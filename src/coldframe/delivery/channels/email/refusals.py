"""What an error of Anymail's says about the message: certainly not taken, perhaps taken, or taken before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anymail.exceptions import (
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)

from coldframe.delivery.channels.answers import Result, clipped
from coldframe.delivery.channels.email.providers import Provider

#: The provider does not let us in; the connection is stopped.
LOGIN_REFUSED = "LOGIN_REFUSED"
#: Certainly not taken, and through no fault of the message's: not with this key, or not before the bill is paid.
#: The try does not count.
NOT_THIS_WAY = {401, 402}
#: Certainly not taken, and worth another try.
AGAIN = {403, 408, 421, 425, 429, 503}
#: A server or a gateway failed; what stood behind it may have taken the message.
UNKNOWN_FROM = 500
#: Amazon's words for the same; its codes alone do not tell.
AWS_NOT_THIS_WAY = {
    "SendingPausedException", "AccountSuspendedException", "AccessDeniedException", "InvalidClientTokenId",
    "SignatureDoesNotMatch", "ExpiredTokenException", "UnrecognizedClientException",
}  # fmt: skip
AWS_AGAIN = {"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What an error means."""

    result: Result
    phase: str
    code: int = 0
    text: str = ""
    reason: str = ""
    #: The answer's ``Retry-After``.
    patience: str | None = None


def classify(error: AnymailError, *, provider: Provider, was_passed: bool) -> Finding:
    """
    Say what became of a message.

    ``was_passed``: the request's first byte may have been written. Without it nothing has arrived, whatever
    the error; with it, and without an answer, nobody knows.
    """
    if isinstance(error, (AnymailUnsupportedFeature, AnymailInvalidAddress, AnymailSerializationError)):
        return Finding(result=Result.FAILED, phase="compose", text=clipped(error), reason="UNSUPPORTED")
    if isinstance(error, AnymailRecipientsRefused):
        return refused_recipient(error)
    if not was_passed:
        return Finding(result=Result.RETURNED, phase="connect", text=clipped(error.describe_cause() or error))
    if isinstance(error.response, dict):
        return from_amazon(error.response)
    if error.response is None:
        return unanswered(error)
    return from_answer(error.response, provider)


def stumbled(error: Exception, *, was_passed: bool) -> Finding:
    """Say what an error outside Anymail's own means: before the request a no for good, after it nobody knows."""
    text = clipped(f"{type(error).__name__}: {error}")
    if was_passed:
        return Finding(result=Result.UNCERTAIN, phase="answer", text=text, reason="UNCLEAR_ANSWER")
    return Finding(result=Result.FAILED, phase="compose", text=text, reason="UNSUPPORTED")


def refused_recipient(error: AnymailRecipientsRefused) -> Finding:
    """The provider took the request and refuses the address, for it bounced before or is none."""
    return Finding(
        result=Result.FAILED,
        phase="recipient",
        code=getattr(error.response, "status_code", 0) or 0,
        text=clipped(error),
        reason="REFUSED_RECIPIENT",
    )


def unanswered(error: AnymailError) -> Finding:
    """The request was being written, or was written, and no answer came; a redirect is an answer, and a no."""
    from requests import TooManyRedirects

    if isinstance(error, TooManyRedirects):
        return Finding(
            result=Result.RETRY,
            phase="answer",
            text="It redirects; redirects are not followed.",
            reason="REDIRECT",
        )
    return Finding(
        result=Result.UNCERTAIN,
        phase="answer",
        text=clipped(error.describe_cause() or error),
        reason="NO_ANSWER",
    )


def from_answer(response: Any, provider: Provider) -> Finding:
    """Read an answer over HTTP."""
    code, text = int(response.status_code), clipped(response.text)
    told: dict[str, Any] = {"phase": "answer", "code": code, "text": text}
    if any(word in text for word in provider.says_taken):
        return Finding(result=Result.SENT, reason="TAKEN_BEFORE", **told)
    if says_no(response, provider):
        return Finding(result=Result.FAILED, reason="REFUSED", **told)
    if code in NOT_THIS_WAY:
        return Finding(result=Result.RETURNED, reason=LOGIN_REFUSED, **told)
    if code in AGAIN:
        return Finding(result=Result.RETRY, patience=response.headers.get("Retry-After"), **told)
    # An answer of 2xx without the expected words: something was taken.
    if code < 300 or code >= UNKNOWN_FROM:
        return Finding(result=Result.UNCERTAIN, reason="UNCLEAR_ANSWER", **told)
    return Finding(result=Result.FAILED, reason="REFUSED", **told)


def says_no(response: Any, provider: Provider) -> bool:
    """Return whether an answer of 200 refuses all the same."""
    if not provider.says_no:
        return False
    try:
        return response.json().get("status") in provider.says_no
    except (ValueError, AttributeError):
        return False


def from_amazon(response: dict[str, Any]) -> Finding:
    """Read an answer as Amazon's own library gives it."""
    said = response.get("Error", {})
    code = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    told: dict[str, Any] = {
        "phase": "answer",
        "code": code,
        "text": clipped(f"{said.get('Code')}: {said.get('Message')}"),
    }
    if said.get("Code") in AWS_NOT_THIS_WAY:
        return Finding(result=Result.RETURNED, reason=LOGIN_REFUSED, **told)
    if said.get("Code") in AWS_AGAIN or code in AGAIN - {403}:
        return Finding(result=Result.RETRY, **told)
    if code >= UNKNOWN_FROM or not code:
        return Finding(result=Result.UNCERTAIN, reason="UNCLEAR_ANSWER", **told)
    return Finding(result=Result.FAILED, reason="REFUSED", **told)
