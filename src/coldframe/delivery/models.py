"""Connections to the outside, and how fast each may be used."""

from __future__ import annotations

from django.db import models

from coldframe.storage.instants import InstantField


class Connection(models.Model):
    """A way out: a local outbox, a mail server, a provider, a receiver of webhooks."""

    class Kind(models.TextChoices):
        #: Messages stay here, to be read in the browser. Nothing leaves.
        LOCAL = "LOCAL"
        SMTP = "SMTP"
        #: A provider known to Anymail.
        PROVIDER = "PROVIDER"
        WEBHOOK = "WEBHOOK"
        AUDIENCE = "AUDIENCE"
        TASK = "TASK"

    #: As people call it; the lane of its messages.
    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: Host, port, security, user, provider, address: never a secret.
    settings = models.JSONField(default=dict)
    #: Password, key or signing secret, encrypted with the installation's key; empty: none.
    secret = models.TextField(default="")
    sender_name = models.CharField(max_length=120, default="")
    sender_address = models.CharField(max_length=254, default="")
    reply_to = models.CharField(max_length=254, default="")
    #: Where the company can be reached by post; the law asks for it in every message.
    postal_address = models.CharField(max_length=500, default="")
    #: Most in any 60 s; 0: no limit.
    per_minute = models.IntegerField(default=30)
    #: Most to one recipient's domain in any 60 s; 0: no limit.
    per_domain_minute = models.IntegerField(default=20)
    #: Most in any 24 h; 0: no limit, and no ramp.
    per_day = models.IntegerField(default=2000)
    #: A new mailbox starts with so many a day, and grows by ``ramp_growth`` each day up to ``per_day``.
    ramp_start = models.IntegerField(default=50)
    ramp_growth = models.FloatField(default=1.25)
    ramp_began_at = InstantField(null=True)
    #: Sending for real was switched on, after the checks passed.
    live_since = InstantField(null=True)
    #: The brake, or a person, stopped it.
    stopped_at = InstantField(null=True)
    stopped_why = models.CharField(max_length=255, default="")
    #: The brake looks at what happened since; set when a person starts the connection again.
    watched_from = InstantField(null=True)
    #: Out of reach; tried again from then on.
    rests_until = InstantField(null=True)
    #: How often in a row it was out of reach.
    rest_count = models.SmallIntegerField(default=0)
    rests_why = models.CharField(max_length=255, default="")
    created_at = InstantField()


class Bucket(models.Model):
    """A token bucket, shared by all workers: what may still go out through a mailbox or to a domain."""

    #: ``lane:<connection>``, or ``domain:<connection>:<domain>``.
    key = models.CharField(max_length=320, primary_key=True)
    tokens = models.FloatField()
    refilled_at = InstantField()


class HourCount(models.Model):
    """What went out through a connection in an hour, and what came of it; for daily caps and the brake."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    #: The hour's begin.
    hour_at = InstantField()
    #: Taken from the day's room.
    claimed_count = models.IntegerField(default=0)
    #: Handed over, or refused for good.
    tried_count = models.IntegerField(default=0)
    #: Dead addresses, told at once or later.
    bounced_count = models.IntegerField(default=0)
    complained_count = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "hour_at"], name="hourcount_once")]
