"""The addresses of the playbook."""

from django.urls import path

from coldframe.web.playbook import draft_views, form_views, views

urlpatterns = [
    path("playbook", views.overview, name="playbook"),
    path("playbook/versions", views.versions, name="playbook-versions"),
    path("playbook/versions/<int:number>", views.version, name="playbook-version"),
    path("playbook/versions/<int:number>/text", views.text, name="playbook-text"),
    path(
        "playbook/versions/<int:number>/activate",
        draft_views.activate_version,
        name="playbook-activate-version",
    ),
    path("playbook/compare", views.compare, name="playbook-compare"),
    path("playbook/edit", draft_views.edit, name="playbook-edit"),
    path("playbook/edit/check", draft_views.check, name="playbook-check"),
    path("playbook/edit/file", draft_views.upload, name="playbook-upload"),
    path("playbook/draft/text", draft_views.text, name="playbook-draft-text"),
    path("playbook/draft/discard", draft_views.discard, name="playbook-discard"),
    path("playbook/draft/reopen", draft_views.reopen, name="playbook-reopen"),
    path("playbook/activate", draft_views.activate, name="playbook-activate"),
    path("playbook/activate/effect", draft_views.effect, name="playbook-effect"),
    path("playbook/forms", form_views.forms, name="playbook-forms"),
    path("playbook/forms/<slug:key>", form_views.form, name="playbook-form"),
    path("playbook/asset", form_views.asset, name="playbook-asset"),
    path("playbook/question", form_views.question, name="playbook-question"),
]
