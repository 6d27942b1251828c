"""The addresses of the imports."""

from django.urls import path

from coldframe.web.imports import views

FILE = "import/files/<str:token>"
urlpatterns = [
    path("import", views.imports, name="imports"),
    path(FILE, views.upload, name="upload"),
    path(f"{FILE}/look", views.look, name="upload-look"),
    path(f"{FILE}/choose", views.choose, name="upload-choose"),
    path(f"{FILE}/again", views.again, name="upload-again"),
    path(f"{FILE}/start", views.start, name="upload-start"),
    path(f"{FILE}/remove", views.remove, name="upload-remove"),
    path("import/<int:number>", views.result, name="import"),
    path("import/<int:number>/deals", views.deals, name="import-deals"),
    path("import/<int:number>/deals.csv", views.deals_file, name="import-deals-file"),
    path("import/<int:number>/refused", views.refused, name="import-refused"),
    path("import/<int:number>/undo", views.undo, name="import-undo"),
]
