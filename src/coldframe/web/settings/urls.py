"""The addresses of settings and health."""

from django.urls import path

from coldframe.web.settings import connection_views, views

ONE = "settings/connections/<slug:name>"
urlpatterns = [
    path("settings", views.health, name="health"),
    path("settings/sources", views.sources, name="sources"),
    path("settings/in-force", views.in_force, name="in-force"),
    path("settings/sending", connection_views.sending, name="sending"),
    path("settings/sending/resume", connection_views.resume, name="sending-resume"),
    path("settings/connections/new/<slug:kind>", connection_views.add, name="connection-add"),
    path(ONE, connection_views.connection, name="connection"),
    path(f"{ONE}/check", connection_views.check, name="connection-check"),
    path(f"{ONE}/try", connection_views.try_out, name="connection-try"),
    path(f"{ONE}/on", connection_views.switch_on, name="connection-on"),
    path(f"{ONE}/off", connection_views.switch_off, name="connection-off"),
]
