"""The addresses of the paths; a name may hold whatever its owner wrote."""

from django.urls import path

from coldframe.web.names import NAME
from coldframe.web.paths import views

urlpatterns = [
    path("paths", views.paths, name="paths"),
    path("paths/export.csv", views.paths_file, name="paths-file"),
    path(f"paths/on/<{NAME}:name>", views.path, name="path"),
    path(f"paths/next/<{NAME}:name>", views.coming, name="path-next"),
]
