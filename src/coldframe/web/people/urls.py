"""The addresses of people's pages; part of the pages' own (``web.urls``)."""

from django.urls import path

from coldframe.web.people import account_views, managing_views, views

urlpatterns = [
    path("setup", views.set_up, name="set-up"),
    path("invitation/<str:token>", views.invitation, name="invitation"),
    path("account", account_views.account, name="own-account"),
    path("account/sessions/end", account_views.end_sessions, name="end-sessions"),
    path("settings/people", managing_views.people, name="people"),
    path("settings/people/export.csv", managing_views.people_file, name="people-file"),
    path("settings/people/<int:user_id>", managing_views.one, name="person"),
    path("settings/people/<int:user_id>/switch", managing_views.switch, name="person-switch"),
    path("settings/people/<int:user_id>/link", managing_views.new_link, name="person-link"),
    path(
        "settings/people/<int:user_id>/second-factor",
        managing_views.drop_second_factor,
        name="person-second-factor",
    ),
    path("settings/keys", managing_views.keys, name="keys"),
    path("settings/keys/export.csv", managing_views.keys_file, name="keys-file"),
    path("settings/keys/<int:key_id>/revoke", managing_views.revoke, name="key-revoke"),
    path("log", managing_views.log, name="log"),
    path("log.csv", managing_views.log_file, name="log-file"),
]
