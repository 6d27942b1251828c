"""Who may come in through another house: the owner of a verified address that is known here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect

from coldframe import clock
from coldframe.team import operations, queries
from coldframe.team.rights import NOBODY, Role

if TYPE_CHECKING:
    from coldframe.team.models import User

log = logging.getLogger(__name__)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Connects whom the other house vouches for with who they are here; nobody else comes in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return no: whoever may come has been connected before this is asked."""
        return False

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        """Return the house that the environment names; the database is not asked."""
        from allauth.socialaccount.adapter import _build_apps_from_settings

        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Connect whoever comes for the first time; lead away whom nobody knows."""
        if sociallogin.is_existing:
            return
        verified = [each.email for each in sociallogin.email_addresses if each.verified]
        user, role = queries.find_user_for_single_sign_on(verified), settings.SINGLE_SIGN_ON_ROLE
        if user is None and verified and role and not queries.find_by_login(verified[0]):
            user = make(verified[0], name=sociallogin.user.get_full_name(), role=role)
        if user is None:
            at, said = clock.now(), {"by": "single sign-on"}
            operations.note(by=NOBODY, what="person.sign_in_failed", at=at, details=said)
            raise ImmediateHttpResponse(redirect("socialaccount_signup"))
        sociallogin.connect(request, user)


def make(email: str, *, name: str, role: Role) -> User | None:
    """Let somebody in whom the other house vouches for, under the role that the environment names."""
    operations.create(username=email, name=name, email=email, role=role, by=NOBODY, at=clock.now())
    return queries.find_user_for_single_sign_on([email])
