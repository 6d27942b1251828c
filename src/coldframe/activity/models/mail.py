"""Mail that came in, what it was taken for, and what a person still has to look at."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.activity.mail.vocabulary import MailClass
from coldframe.activity.models.sources import Source
from coldframe.leads.models import Lead
from coldframe.storage.instants import InstantField
from coldframe.storage.keys import SharedKey


class ReceivedMail(models.Model):
    """One mail that came in, once, however often it is brought."""

    class State(models.TextChoices):
        #: What follows was done; nobody needs to look.
        DONE = "DONE"
        #: A person looks, and settles it.
        OPEN = "OPEN"
        #: A person settled it.
        SETTLED = "SETTLED"

    class Match(models.TextChoices):
        """By what it is known whose mail it is; the surest first."""

        #: It carries the id of a touch, and comes from the address that the touch went to.
        TOUCH = "TOUCH"
        #: It carries the id of a touch, and comes from somewhere else.
        OTHER_ADDRESS = "OTHER_ADDRESS"
        #: It carries a signed link that was made for the person.
        LINK = "LINK"
        #: It comes from the person's address, and carries nothing of ours.
        ADDRESS = "ADDRESS"
        NOBODY = "NOBODY"

    #: Of Message-ID and content: the same mail twice is one row, by whatever way it comes.
    key = models.BinaryField(max_length=16, unique=True)
    source = models.ForeignKey(Source, null=True, on_delete=models.SET_NULL, db_index=False)
    mail_class = models.CharField(max_length=12, choices=[(each.value, each.value) for each in MailClass])
    #: By which signs, for people.
    reasons = models.JSONField(default=list)
    lead = models.ForeignKey(Lead, null=True, on_delete=models.PROTECT, related_name="+")
    #: The touch's public id.
    touch = models.UUIDField(null=True)
    matched_by = models.CharField(max_length=13, choices=Match.choices, default=Match.NOBODY)
    sender = models.CharField(max_length=320, default="")
    sender_name = models.CharField(max_length=255, default="")
    subject = models.CharField(max_length=500, default="")
    #: What the person wrote, without what they quote; of other mail its beginning.
    text = models.TextField(default="")
    #: Of a bounce: each recipient with failure, status and the server's words.
    failed = models.JSONField(default=list)
    #: Of an answer of a machine: when the person is back; of a reply: from when they would hear more.
    until = InstantField(null=True)
    #: Of one who left: the address that is named instead.
    successor = models.CharField(max_length=320, default="")
    #: What could not be read fully.
    defects = models.JSONField(default=list)
    occurred_at = InstantField()
    received_at = InstantField()
    state = models.CharField(max_length=7, choices=State.choices)
    #: What was done, or why a person must look.
    note = models.CharField(max_length=255, default="")
    settled_at = InstantField(null=True)
    settled_as = models.CharField(max_length=16, default="")
    settled_by = models.CharField(max_length=150, default="")

    class Meta:
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="mail_open", condition=Q(state="OPEN")),
            models.Index(fields=["received_at"], name="mail_received"),
        ]


class MailBody(models.Model):
    """The bytes of a mail as they came, packed; kept for a limited time."""

    mail = SharedKey(ReceivedMail, on_delete=models.CASCADE, related_name="body")
    packed = models.BinaryField()
    received_at = InstantField(db_index=True)


class MailboxCursor(models.Model):
    """How far a folder of a mailbox was read. Marks in the mailbox itself are left alone."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="cursors")
    folder = models.CharField(max_length=255)
    #: Numbers of mails count only together with it; another one begins anew.
    validity = models.BigIntegerField()
    #: The last number that was taken in.
    last_uid = models.BigIntegerField(default=0)
    #: When to look again, after something failed.
    retry_at = InstantField(null=True)
    failures = models.IntegerField(default=0)
    failure = models.CharField(max_length=255, default="")
    looked_at = InstantField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "folder"], name="mailboxcursor_once")]
