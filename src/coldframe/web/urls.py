"""The addresses of the pages."""

from django.urls import path

from coldframe.web import mail_views, outbox_views, views
from coldframe.web.accounts import urls as accounts_urls
from coldframe.web.content import urls as content_urls
from coldframe.web.desk import urls as desk_urls
from coldframe.web.imports import urls as imports_urls
from coldframe.web.leads import urls as leads_urls
from coldframe.web.paths import urls as paths_urls
from coldframe.web.people import urls as people_urls
from coldframe.web.playbook import urls as playbook_urls
from coldframe.web.results import urls as results_urls
from coldframe.web.search import urls as search_urls
from coldframe.web.settings import urls as settings_urls

app_name = "web"
urlpatterns = [
    path("", views.today, name="today"),
    path("outbox", outbox_views.outbox, name="outbox"),
    path("outbox/export.csv", outbox_views.outbox_file, name="outbox-file"),
    path("outbox/settle", outbox_views.settle_many, name="settle-many"),
    path("outbox/<int:message_id>", outbox_views.message, name="message"),
    path("outbox/<int:message_id>/html", outbox_views.message_html, name="message-html"),
    path("outbox/<int:message_id>/settle", outbox_views.settle, name="settle"),
    path("mail", mail_views.mail, name="mail"),
    path("mail/export.csv", mail_views.mail_file, name="mail-file"),
    path("mail/<int:mail_id>/settle", mail_views.settle, name="mail-settle"),
    path("audit", views.audit, name="audit"),
    *leads_urls.urlpatterns,
    *accounts_urls.urlpatterns,
    *content_urls.urlpatterns,
    *desk_urls.urlpatterns,
    *paths_urls.urlpatterns,
    *people_urls.urlpatterns,
    *playbook_urls.urlpatterns,
    *imports_urls.urlpatterns,
    *results_urls.urlpatterns,
    *search_urls.urlpatterns,
    *settings_urls.urlpatterns,
]
