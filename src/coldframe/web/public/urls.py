"""The addresses that stand in messages. They are promised for years: never change one."""

from django.urls import path, re_path

from coldframe.web.public import answering, confirming, forms, tracking, views

app_name = "public"
#: Whatever a mail client made of the token; ``leads.tokens`` reads it.
TOKEN = r"(?P<token>[\s\S]*)"  # noqa: S105 - A pattern.
urlpatterns = [
    re_path(rf"^[uU]/{TOKEN}$", views.unsubscribe, name="unsubscribe"),
    re_path(rf"^[pP]/{TOKEN}$", views.preferences, name="preferences"),
    re_path(rf"^[rR]/{TOKEN}$", views.come_back, name="return"),
    re_path(rf"^[lL]/{TOKEN}$", tracking.link, name="link"),
    re_path(rf"^[oO]/{TOKEN}$", tracking.pixel, name="pixel"),
    re_path(rf"^[cC]/{TOKEN}$", confirming.confirm, name="confirm"),
    path("a/<str:token>/calendar.ics", answering.calendar, name="answer-calendar"),
    re_path(rf"^[aA]/{TOKEN}$", answering.answer, name="answer"),
    path("f/<str:name>", forms.form, name="form"),
    path("coldframe.js", tracking.script, name="script"),
]
