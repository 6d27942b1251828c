"""The addresses of the results."""

from django.urls import path

from coldframe.web.results import views

urlpatterns = [
    path("results", views.results, name="results"),
    path("results/handoffs", views.handoffs, name="results-handoffs"),
    path("results/handoffs.csv", views.handoffs_file, name="results-handoffs-file"),
]
