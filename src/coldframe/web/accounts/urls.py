"""The addresses of accounts."""

from django.urls import path

from coldframe.web.accounts import views

urlpatterns = [
    path("accounts", views.accounts, name="accounts"),
    path("accounts/export.csv", views.accounts_file, name="accounts-file"),
    path("accounts/<uuid:public_id>", views.account, name="account"),
]
