"""What calls of the event API say of who is who. Who is meant is concluded from all of it (``activity.identity``)."""

from __future__ import annotations

from django.db import models

from coldframe.leads.models import Account
from coldframe.storage.instants import InstantField

#: Texts of ``activity.identity.nodes``.
NODE_LENGTH = 300


class Identification(models.Model):
    """Two keys were said to be one person's, such as a user id and an address; of one key alone: it is somebody's."""

    left = models.CharField(max_length=NODE_LENGTH)
    right = models.CharField(max_length=NODE_LENGTH)
    source = models.CharField(max_length=64)
    #: Said with a key that stands in a page: anybody may have said it.
    is_public = models.BooleanField()
    #: By the clock of who said it, and by which call; the first time, and the last.
    first_at = InstantField()
    first_key = models.BinaryField(max_length=16)
    last_at = InstantField()
    last_key = models.BinaryField(max_length=16)
    #: When the first of them arrived here.
    received_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left", "right", "source"], name="identification_once")
        ]
        indexes = [models.Index(fields=["right"], name="identification_right")]


class Contested(models.Model):
    """An identification that would make two known people one; it is left undone until a person decides."""

    identification = models.OneToOneField(Identification, primary_key=True, on_delete=models.CASCADE)
    #: Who said that they are two, and when; NULL: nobody has.
    settled_by = models.CharField(max_length=150, blank=True, default="")
    settled_at = InstantField(null=True)


class Claim(models.Model):
    """What a source says of a person or a company by one of its keys; the last counts, of a public source the first."""

    node = models.CharField(max_length=NODE_LENGTH)
    source = models.CharField(max_length=64)
    field = models.CharField(max_length=80)
    is_public = models.BooleanField()
    value = models.JSONField()
    #: When the source first said anything of this field, and by which call.
    first_at = InstantField()
    first_key = models.BinaryField(max_length=16)
    #: Of the value.
    said_at = InstantField()
    said_key = models.BinaryField(max_length=16)
    received_at = InstantField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "source", "field"], name="claim_once")]


class Belonging(models.Model):
    """The company that a person belongs to, as calls said last."""

    node = models.CharField(max_length=NODE_LENGTH, unique=True)
    #: The company's node.
    group = models.CharField(max_length=NODE_LENGTH, db_index=True)
    said_at = InstantField()
    said_key = models.BinaryField(max_length=16)


class Group(models.Model):
    """A company as a source of calls names it, and the account it is."""

    node = models.CharField(max_length=NODE_LENGTH, unique=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    #: The account was known by this id before any call named it.
    is_known = models.BooleanField(default=False)


class ClaimedValue(models.Model):
    """A value that calls have given a lead or an account; where it has another by now, somebody else did that."""

    #: lead, account.
    entity = models.CharField(max_length=8)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=80)
    value = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "object_id", "field"], name="claimedvalue_once")
        ]
