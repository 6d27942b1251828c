"""The addresses of leads."""

from django.urls import path, re_path

from coldframe.web.leads import bulk_views, doubles_views, lead_views, views

urlpatterns = [
    path("leads", views.leads, name="leads"),
    re_path(r"^leads/export\.(?P<form>csv|xlsx)$", views.export, name="leads-export"),
    path("leads/columns", views.choose_columns, name="leads-columns"),
    path("leads/saved", views.saved, name="leads-saved-lines"),
    path("leads/save", views.save, name="leads-save"),
    path("leads/saved/<uuid:public_id>", views.open_saved, name="leads-saved"),
    path("leads/saved/<uuid:public_id>/remove", views.remove_saved, name="leads-saved-remove"),
    path("leads/change", bulk_views.change, name="leads-change"),
    path("leads/changes", bulk_views.changes, name="leads-changes"),
    path("leads/changes/export.csv", bulk_views.changes_file, name="leads-changes-file"),
    path("leads/changes/<uuid:public_id>", bulk_views.made, name="leads-made"),
    path("leads/changes/<uuid:public_id>/on", bulk_views.go_on, name="leads-go-on"),
    path("leads/changes/<uuid:public_id>/undo", bulk_views.undo, name="leads-undo"),
    path("leads/doubles", doubles_views.doubles, name="leads-doubles"),
    path("leads/doubles/settle", doubles_views.settle, name="leads-doubles-settle"),
    path("leads/<uuid:public_id>", lead_views.lead, name="lead"),
    path("leads/<uuid:public_id>/decide", lead_views.decide, name="lead-decide"),
    path("leads/<uuid:public_id>/lift", lead_views.lift, name="lead-lift"),
    path("leads/<uuid:public_id>/never-mail", lead_views.never_mail, name="lead-never-mail"),
]
