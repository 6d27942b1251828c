"""What allauth asks of this house: who may come in, what is written down, and how secrets are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows import login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from coldframe import clock
from coldframe.storage import sealing
from coldframe.team import operations, queries
from coldframe.team.rights import NOBODY

if TYPE_CHECKING:
    from coldframe.team.models import User

#: What sealed secrets of second factors are for.
BOUND_TO = {"for": "second factor"}
#: What a wrong name is told, and a wrong password.
WRONG = _("The name or the password is not right.")
#: Said by the page that follows, so that a message would say it twice.
LEFT_UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody lets themselves in; who comes, goes and fails is written down; no mail is sent from here."""

    #: Whichever of the two was typed, the answer is the same.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": _("Too many tries. Wait some minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return no: an admin lets people in."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return whose tries are counted together; ``ClientAddressMiddleware`` has looked behind the proxies."""
        return str(request.META.get("REMOTE_ADDR", ""))

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign somebody in, and write it down."""
        at = clock.now()
        super().login(request, user)
        Session.objects.filter(expire_date__lt=at).delete()
        operations.note(
            by=queries.person_of_user(user), what="person.signed_in", at=at, subject=user.username
        )

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down that somebody did not get in: by name where there is such a person, for others mistype passwords."""
        found = queries.find_by_login(str(credentials.get("username") or credentials.get("email") or ""))
        said = {"from": self.get_client_ip(request)}
        subject = found.username if found else ""
        operations.note(
            by=NOBODY, what="person.sign_in_failed", at=clock.now(), subject=subject, details=said
        )

    def set_password(self, user: User, password: str) -> None:
        """Change somebody's own password, and write it down."""
        super().set_password(user, password)
        by = queries.person_of_user(user)
        operations.note(by=by, what="person.password_set", at=clock.now(), subject=user.username)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where one goes on after a change of password."""
        return reverse("web:own-account")

    def is_reauthentication_required(self, *, app: str, **named: Any) -> bool:
        """Return whether the password was typed so long ago that somebody else may sit there by now."""
        request = context.request
        typed_at = [each["at"] for each in login.get_authentication_records(request, request.user)]
        # By the clock by which allauth notes them.
        now = time.time()  # noqa: TID251
        return not typed_at or now - max(typed_at) >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **named: Any
    ) -> None:
        """Say what was done, unless the page that follows says it."""
        if message_template not in LEFT_UNSAID:
            super().add_message(request, level, message_template, *args, **named)

    def send_notification_mail(self, *args: Any, **named: Any) -> None:
        """Send nothing: what happened stands in the log."""

    def render_mail(self, *args: Any, **named: Any) -> EmailMessage:
        """Refuse: no mail of allauth's own leaves this house."""
        raise NotImplementedError("Links for people are made by team.invitations.")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are kept encrypted."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is kept."""
        return sealing.seal(text, bound_to=BOUND_TO)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that is kept. Raises ``sealing.Unreadable`` under another key of the installation."""
        return sealing.open_sealed(encrypted_text, bound_to=BOUND_TO)
