"""The addresses of the pages."""

from django.urls import path

from coldframe.web import views

app_name = "web"
urlpatterns = [
    path("", views.today, name="today"),
    path("leads", views.leads, name="leads"),
    path("leads/<uuid:public_id>", views.lead, name="lead"),
    path("audit", views.audit, name="audit"),
]
