"""The addresses for programs. They are promised for years: never change one."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from coldframe.api import hooks, inbound, providers

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("hooks/providers/<str:name>/inbound", inbound.mail, name="provider-mail"),
    path("hooks/providers/<str:name>", providers.events, name="provider-events"),
    path("hooks/<str:name>", hooks.receive, name="hook"),
]
