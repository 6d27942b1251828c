"""Sign-in through another house (OpenID Connect), as the environment names it."""

from __future__ import annotations

from typing import Any

from coldframe import environment
from coldframe.team.rights import Role

#: Stands in the address that the other house leads back to.
KEY = "company"


def providers() -> dict[str, Any]:
    """Return what allauth is told: one house, or none. Raises ``BadSetting`` for half of it."""
    names = ("COLDFRAME_OIDC_ISSUER", "COLDFRAME_OIDC_CLIENT_ID", "COLDFRAME_OIDC_CLIENT_SECRET")
    issuer, client_id, secret = (environment.text(name, "") for name in names)
    if not any((issuer, client_id, secret)):
        return {}
    for name, value in zip(names, (issuer, client_id, secret), strict=True):
        if not value:
            raise environment.BadSetting(
                f"{name}: expected a value, as the others of {', '.join(names)} have."
            )
    house = {
        "provider_id": KEY,
        "name": environment.text("COLDFRAME_OIDC_NAME", "") or "single sign-on",
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": environment.web_address(names[0], ""), "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [house]}}


def role() -> Role | None:
    """Return the role of people who come by it for the first time; None: only who is known here may come."""
    given = environment.text("COLDFRAME_OIDC_ROLE", "")
    if not given:
        return None
    try:
        return Role(given.upper())
    except ValueError as error:
        names = ", ".join(each.value for each in Role)
        raise environment.BadSetting(
            f'COLDFRAME_OIDC_ROLE: expected one of {names}, got "{given}".'
        ) from error
