"""Every address: health, those for people without a login, signing in, those for programs, the pages."""

from django.urls import include, path

from coldframe.api import openapi
from coldframe.team import access

programs = openapi.api.urls
for pattern in programs[0]:
    # Each of its operations asks for a key of its own.
    if pattern.callback is not None:
        access.is_open(pattern.callback)

urlpatterns = [
    path("", include("coldframe.web.health_urls")),
    path("", include("coldframe.web.public.urls")),
    path("", include("coldframe.api.urls")),
    path("", include("coldframe.web.people.sign_in_urls")),
    path("", include("coldframe.web.urls")),
    # Last, for it has a page of its own at the root.
    path("", programs),
]
