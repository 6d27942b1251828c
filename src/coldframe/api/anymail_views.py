"""
Anymail's views, one made for each call with the credentials of the source that the call is for.

Anymail reads what providers send, and knows how each signs; its own settings are one set for the whole
installation, so that nothing of them is used here. ``proven`` is the one way to a view: no call is read before
it has shown that it is the provider's.
"""

from __future__ import annotations

import base64
import hmac
import threading
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from coldframe.activity import providers, sources
from coldframe.activity.providers import Credentials, Provider
from coldframe.api import notifications
from coldframe.api.receivers import NotTaken, told_json

if TYPE_CHECKING:
    from coldframe.activity.models import Source

#: Key of a provider -> how Anymail begins the names of its views.
NAMES = {
    "amazon_ses": "AmazonSES",
    "brevo": "Brevo",
    "mailersend": "MailerSend",
    "mailgun": "Mailgun",
    "mailjet": "Mailjet",
    "mailtrap": "Mailtrap",
    "mandrill": "Mandrill",
    "postal": "Postal",
    "postmark": "Postmark",
    "resend": "Resend",
    "sendgrid": "SendGrid",
    "sparkpost": "SparkPost",
    "unisender_go": "UnisenderGo",
}
#: Key of a provider -> Anymail's names of the option that holds its key: for events, and for mail it takes in.
KEY_OPTIONS = {
    "mailersend": ("signing_secret", "inbound_secret"),
    "mailgun": ("webhook_signing_key", "webhook_signing_key"),
    "mailtrap": ("tracking_secret", "inbound_secret"),
    "mandrill": ("webhook_key", "webhook_key"),
    "postal": ("webhook_key", "webhook_key"),
    "sendgrid": ("tracking_webhook_verification_key", ""),
    "unisender_go": ("api_key", ""),
}
#: Providers try again for a day; what was signed longer ago is a replay.
OLDEST_SIGNATURE = timedelta(days=2)
AHEAD_AT_MOST = timedelta(minutes=5)
#: What is raised by a view that meets a call nobody would have sent.
STUMBLES = (
    AnymailError,
    SuspiciousOperation,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
    # An instant that no clock has: which of the two, the size of the number decides.
    ArithmeticError,
    OSError,
)

#: Anymail warns of providers that it no longer tests; filters of warnings are the whole process's.
_quiet = threading.Lock()


def proven(
    request: HttpRequest,
    *,
    source: Source,
    at: datetime,
    inbound: bool = False,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """
    Return the view that reads a call, once the call has shown that it is the provider's.

    ``inbound``: it brings mail, not events; ``options`` are further ones of Anymail's view. The request's body
    must have been read (``receivers.take_body``). Raises ``NotTaken``.
    """
    provider = providers.get_provider(str(source.settings.get("provider", "")))
    held = providers.credentials_of(sources.open_secret(source))
    keys = held.keys if (provider.signs_mail if inbound else provider.signs_events) else ()
    if not keys and not (held.passwords and provider.takes_password):
        raise NotTaken(403, "unsecured", "This source has nothing to know its provider by.")
    if held.passwords and "Authorization" not in request.headers:
        raise NotTaken(
            401,
            "no_password",
            "Authorization is missing.",
            headers={"WWW-Authenticate": 'Basic realm="coldframe"'},
        )
    found = prove(request, provider, held, keys=keys, inbound=inbound, options=options or {})
    if keys:
        check_age(signed_at(request, provider), at=at)
    if provider.key == "amazon_ses":
        message = told_json(request)
        check_topic(message, source)
        check_age(notifications.verify(message, at=at, fetching=notifications.fetch), at=at)
    return found


def prove(
    request: HttpRequest,
    provider: Provider,
    held: Credentials,
    *,
    keys: tuple[str, ...],
    inbound: bool,
    options: Mapping[str, Any],
) -> Any:
    """Return the first view, of one for each key, that believes the call. Raises ``NotTaken``."""
    word = "wrong_signature" if keys else "wrong_password"
    for key in keys or ("",):
        if key and provider.key == "resend" and not is_signed_by_svix(request, key):
            continue
        view = made(
            provider, held, key=key, inbound=inbound, options=extended(options, provider, key, request)
        )
        try:
            view.run_validators(request)
        except AnymailWebhookValidationFailure as error:
            # Its texts begin alike, and name what was looked at.
            word = "wrong_password" if "basic auth" in str(error) else word
        except STUMBLES:
            word = "unreadable"
        else:
            return view
    raise NotTaken(403, word, "This call is not known to be the provider's.")


def extended(
    options: Mapping[str, Any], provider: Provider, key: str, request: HttpRequest
) -> dict[str, Any]:
    """Return the options of a view with what this call adds to them."""
    if provider.key == "mandrill" and key:
        # It signs the address that it was given, which a proxy in between may have changed.
        return {"webhook_url": public_address(request), **options}
    return dict(options)


def public_address(request: HttpRequest) -> str:
    """Return the address of a call as the provider was given it."""
    scheme, _, rest = settings.BASE_URL.rstrip("/").partition("://")
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    user = ""
    if kind.lower() == "basic":
        user = base64.b64decode(given + "==").decode("utf-8", "replace") + "@"
    return f"{scheme}://{user}{rest}{request.get_full_path()}"


def made(
    provider: Provider, held: Credentials, *, key: str, inbound: bool, options: Mapping[str, Any]
) -> Any:
    """Return a view of a provider with one key."""
    given: dict[str, Any] = {"webhook_secret": list(held.passwords), **options}
    if key and provider.key in KEY_OPTIONS:
        given[KEY_OPTIONS[provider.key][inbound]] = key
    kind = view_class(provider.key, inbound=inbound)
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(**given)


@cache
def view_class(provider: str, *, inbound: bool) -> type[Any]:
    """Return Anymail's view of a provider. Raises ``NotTaken`` where the provider brings no mail."""
    module = import_module(f"anymail.webhooks.{provider}")
    direction = "Combined" if provider == "mandrill" else "Inbound" if inbound else "Tracking"
    found = getattr(module, f"{NAMES[provider]}{direction}WebhookView", None)
    if found is None:
        raise NotTaken(404, "no_mail", "This provider takes in no mail.")
    return type(found.__name__, (AmazonWithoutItsLibrary, found), {}) if provider == "amazon_ses" else found


class AmazonWithoutItsLibrary:
    """Makes a view of Amazon's notifications without Amazon's library, which only fetching mail from S3 needs."""

    def __init__(self, **options: Any) -> None:
        from anymail.utils import DEFAULT_DOWNLOAD_CHUNK_SIZE
        from anymail.webhooks.base import AnymailBaseWebhookView

        # A subscription is confirmed by ``subscriptions``, which looks at whose it is.
        self.auto_confirm_enabled = False
        self.session_params = options.pop("session_params", {})
        self.client_params = options.pop("client_params", {})
        self.kms_key_id = options.pop("inbound_kms_key_id", None)
        self.chunk_size = DEFAULT_DOWNLOAD_CHUNK_SIZE
        AnymailBaseWebhookView.__init__(self, **options)


def is_signed_by_svix(request: HttpRequest, key: str) -> bool:
    """Return whether Svix, which delivers for Resend, signed a call: as Standard Webhooks are signed."""
    names = ("svix-id", "svix-timestamp", "svix-signature")
    call_id, signed, signatures = (request.headers.get(name, "") for name in names)
    try:
        secret = base64.b64decode(key.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    content = f"{call_id}.{signed}.".encode() + request.body
    expected = base64.b64encode(hmac.digest(secret, content, sha256))
    given = [each.partition(",")[2].encode() for each in signatures.split() if each.startswith("v1,")]
    return any(hmac.compare_digest(each, expected) for each in given)


def signed_at(request: HttpRequest, provider: Provider) -> datetime | None:
    """Return when a call was signed, by the signature's own word; None: it does not say."""
    if provider.key == "mailgun":
        found = mailgun_signature(request).get("timestamp", "")
    else:
        names = {"sendgrid": "X-Twilio-Email-Event-Webhook-Timestamp", "resend": "svix-timestamp"}
        found = request.headers.get(names.get(provider.key, ""), "")
    try:
        return datetime.fromtimestamp(int(found), tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def mailgun_signature(request: HttpRequest) -> Mapping[str, Any]:
    """Return the parts of Mailgun's signature, from JSON or from a form."""
    if request.content_type != "application/json":
        return request.POST
    found = told_json(request).get("signature")
    return found if isinstance(found, dict) else {}


def check_age(signed: datetime | None, *, at: datetime) -> None:
    """Raise ``NotTaken`` for a signature of long ago, or of a time to come."""
    if signed is not None and not at - OLDEST_SIGNATURE <= signed <= at + AHEAD_AT_MOST:
        raise NotTaken(403, "old_signature", "This call was signed too long ago.")


def check_topic(message: Mapping[str, Any], source: Source) -> None:
    """Raise ``NotTaken`` for a notification of another topic than the source listens to."""
    if message.get("TopicArn") not in providers.topics_of(source.settings):
        raise NotTaken(403, "foreign_topic", "This source does not listen to that topic.")
