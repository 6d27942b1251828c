"""
The addresses of the content; a key may hold whatever its owner wrote, a slash too.

So nothing follows it in an address. What stands before it is no part of a key, which begins with its sort and a colon.
"""

from django.urls import path

from coldframe.web.content import views
from coldframe.web.names import NAME

urlpatterns = [
    path("content", views.content, name="content"),
    path("content/export.csv", views.content_file, name="content-file"),
    path(f"content/preview/<{NAME}:content_key>", views.preview, name="preview"),
    path(f"content/html/<{NAME}:content_key>", views.preview_html, name="preview-html"),
    path(f"content/<{NAME}:content_key>", views.asset, name="asset"),
]
