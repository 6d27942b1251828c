"""Users of this installation, and what they did."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from coldframe.storage.instants import InstantField
from coldframe.team.rights import Role

ROLES = [
    (Role.VIEWER.value, "Viewer"),
    (Role.MARKETER.value, "Marketer"),
    (Role.SALES.value, "Sales"),
    (Role.SALES_LEAD.value, "Sales lead"),
    (Role.ADMIN.value, "Admin"),
]


class User(AbstractUser):
    """A person with a login; a company is always an Account."""

    role = models.CharField(max_length=16, choices=ROLES, default=Role.VIEWER.value)
    #: The name under which leads are this person's, as owners are written in files and in the CRM.
    rep = models.CharField(max_length=150, blank=True, default="")
    #: An IANA zone; empty: the installation's.
    zone = models.CharField(max_length=64, blank=True, default="")
    #: A language code; empty: the browser's.
    language = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        constraints = [
            # Whoever signs in writes "Anna" today and "anna" tomorrow.
            models.UniqueConstraint(Lower("username"), name="user_username"),
            models.UniqueConstraint(Lower("email"), name="user_email", condition=~Q(email="")),
        ]


class ApiKey(models.Model):
    """A program's way in. The key itself is shown once and not kept."""

    name = models.CharField(max_length=100)
    #: How the key begins, so that a person can tell which is which.
    prefix = models.CharField(max_length=16)
    #: SHA-256 of the key, in hex. The key is 256 random bits, so nothing slower is needed.
    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=16, choices=ROLES)
    made_by = models.CharField(max_length=150)
    made_at = InstantField()
    #: To the hour.
    last_used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)


class Remembered(models.Model):
    """What is remembered for a while for every process: tries at signing in. Django's cache reads and writes it."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)


class LastVisit(models.Model):
    """When somebody looked last, and when before that visit."""

    #: The number of the user; empty for whoever sits at this machine before there are people.
    owner = models.CharField(primary_key=True, max_length=32)
    seen_at = InstantField()
    #: The end of the visit before this one; NULL: this is the first.
    before_at = InstantField(null=True)


class LogEntry(models.Model):
    """One thing that somebody looked at, took out or changed. Append-only; it holds no personal values of leads."""

    at = InstantField()
    #: Empty for whoever sat at this machine before there were people, and for programs.
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    #: The name at that time.
    by = models.CharField(max_length=150)
    #: A word such as ``lead.viewed`` or ``playbook.activated``.
    what = models.CharField(max_length=64)
    #: What it was done to, by its public id or key; or empty.
    subject = models.CharField(max_length=255, blank=True, default="")
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="log_at"),
            # The latest of a word, a subject or a person is read first, part by part.
            models.Index(fields=["what", "id"], name="log_of_what"),
            models.Index(fields=["subject", "id"], name="log_of_subject"),
            models.Index(fields=["by", "id"], name="log_of_whom"),
        ]
