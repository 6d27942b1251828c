"""The addresses of the content; a key may hold whatever its owner wrote, a slash too."""

from django.urls import path

from coldframe.web.content import views
from coldframe.web.names import NAME

urlpatterns = [
    path("content", views.content, name="content"),
    path(f"content/<{NAME}:content_key>/preview", views.preview, name="preview"),
    path(f"content/<{NAME}:content_key>/html", views.preview_html, name="preview-html"),
    path(f"content/<{NAME}:content_key>", views.asset, name="asset"),
]
