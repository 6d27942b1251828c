"""
The addresses of signing in, and of what somebody does with their own password and second factor.

They are allauth's views under names that allauth looks for; those of its that are not here are not served.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as second
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as single
from allauth.socialaccount.providers.openid_connect import views as connect
from django.http import HttpRequest, HttpResponse
from django.urls import path

from coldframe.team import access
from coldframe.team.rights import Right
from coldframe.web.people import views

View = Callable[..., HttpResponse]


def anybody(view: View) -> View:
    """Serve a view to everybody: it is on the way in."""

    @access.is_open
    @wraps(view)
    def served(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        return view(request, *args, **named)

    return served


def oneself(view: View) -> View:
    """Serve a view to whoever has signed in, for their own sake."""

    @access.asks_for(Right.SEE)
    @wraps(view)
    def served(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        return view(request, *args, **named)

    return served


urlpatterns = [
    path("sign-in", anybody(account.login), name="account_login"),
    path("sign-in/second", anybody(second.authenticate), name="mfa_authenticate"),
    path("sign-in/closed", anybody(account.account_inactive), name="account_inactive"),
    path("sign-in/with/<str:provider_id>", anybody(connect.login), name="openid_connect_login"),
    path("sign-in/with/<str:provider_id>/back", anybody(connect.callback), name="openid_connect_callback"),
    path("sign-in/failed", anybody(single.login_error), name="socialaccount_login_error"),
    path("sign-in/cancelled", anybody(single.login_cancelled), name="socialaccount_login_cancelled"),
    path("sign-in/unknown", anybody(views.unknown), name="socialaccount_signup"),
    path("sign-out", anybody(account.logout), name="account_logout"),
    path("account/again", oneself(account.reauthenticate), name="account_reauthenticate"),
    path("account/again/second", oneself(second.reauthenticate), name="mfa_reauthenticate"),
    path("account/password", oneself(account.password_change), name="account_change_password"),
    path("account/password/first", oneself(account.password_set), name="account_set_password"),
    path("account/second-factor", oneself(second.index), name="mfa_index"),
    path("account/second-factor/on", oneself(totp.activate_totp), name="mfa_activate_totp"),
    path("account/second-factor/off", oneself(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/codes", oneself(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/codes/new", oneself(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/codes/file", oneself(recovery.download_recovery_codes), name="mfa_download_recovery_codes"),
]
