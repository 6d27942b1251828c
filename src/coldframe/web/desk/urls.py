"""The addresses of the desk."""

from django.urls import path

from coldframe.web.desk import lead_views, views

urlpatterns = [
    path("start", views.start, name="start"),
    path("desk", views.desk, name="desk"),
    path("desk/export.csv", views.desk_file, name="desk-file"),
    path("desk/capacity", lead_views.capacity, name="desk-capacity"),
    path("desk/notifications", lead_views.notifications, name="desk-notifications"),
    path("desk/<uuid:public_id>", views.brief, name="brief"),
    path("desk/<uuid:public_id>/answer", views.answer, name="desk-answer"),
    path("desk/<uuid:public_id>/calendar.ics", views.calendar, name="desk-calendar"),
    path("desk/<uuid:public_id>/reassign", lead_views.reassign, name="desk-reassign"),
]
