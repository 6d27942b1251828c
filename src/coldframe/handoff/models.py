"""Leads put before sales, what sales said, and how much sales takes on."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from coldframe.kernel.vocabulary import HandoffState, Notice
from coldframe.kernel.vocabulary import Verdict as VerdictWord
from coldframe.leads.models import Account, Lead, choices
from coldframe.storage.instants import InstantField

DEFAULT_TEAM = "sales"


class Capacity(models.Model):
    """One row per team: locked while handoffs are allocated, so that two workers never fill the same room."""

    team = models.CharField(max_length=64, primary_key=True, default=DEFAULT_TEAM)
    #: Who takes leads, in the order of the round robin; empty: the team as a whole.
    reps = models.JSONField(default=list)
    #: The connection by which another system is told of each handoff; empty: none is.
    tells = models.CharField(max_length=64, blank=True, default="")


class Rep(models.Model):
    """What is agreed with one person in sales, beside what the playbook says for everybody: room, and how they are told."""

    #: As owners are written in files and in the CRM, and in ``Capacity.reps``.
    name = models.CharField(max_length=150, unique=True)
    #: Takes fewer leads than the playbook allows for one person; NULL: as many.
    most = models.PositiveIntegerField(null=True)
    #: Takes none before; NULL: is there.
    away_until = InstantField(null=True)
    #: Countries (ISO 3166 alpha-2) whose leads are theirs, where the playbook finds owners by territory.
    countries = models.JSONField(default=list)
    #: Where notifications go; empty: to the address of the user of this name, if there is one.
    email = models.EmailField(max_length=254, blank=True, default="")
    by_email = models.BooleanField(default=True)
    #: Told of hand raises alone.
    hand_raises_only = models.BooleanField(default=False)
    #: The deadline comes along as a calendar file.
    with_calendar = models.BooleanField(default=True)


class Handoff(models.Model):
    """One lead put before sales, once per episode."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="handoffs")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    #: Counts the times this lead was put before sales, from 1.
    episode = models.SmallIntegerField()
    team = models.CharField(max_length=64, default=DEFAULT_TEAM)
    owner = models.CharField(max_length=150, null=True)
    #: How the owner was found: ``account.owner``, ``lead.owner``, ``territory``, ``colleague``, ``round_robin``; or
    #: ``person:<name>`` who handed it over.
    owner_from = models.CharField(max_length=160, default="", db_default="")
    #: The reason that sales reads, such as ``trigger:Ready``.
    trigger = models.CharField(max_length=120)
    is_hand_raise = models.BooleanField(default=False)
    opened_at = InstantField()
    deadline_at = InstantField()
    #: The agreed time of an answer, in working hours; NULL: none was agreed.
    answer_by_at = InstantField(null=True)
    #: What it was ranked by when it was put before sales, and where it came from; NULL: from before this was kept.
    fit_level = models.CharField(max_length=1, null=True)
    account_intent_points = models.FloatField(null=True)
    intent_points = models.FloatField(null=True)
    waits_since = InstantField(null=True)
    segment = models.CharField(max_length=80, null=True)
    path = models.CharField(max_length=80, null=True)
    stage = models.CharField(max_length=20, null=True)
    state = models.CharField(max_length=8, choices=choices(HandoffState), default=HandoffState.OPEN.value)
    ended_at = InstantField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "episode"], name="handoff_once"),
            models.UniqueConstraint(fields=["lead"], name="handoff_open", condition=Q(state="OPEN")),
        ]
        indexes = [
            models.Index(fields=["team", "opened_at"], name="handoff_load"),
            models.Index(fields=["state", "deadline_at"], name="handoff_state"),
            models.Index(fields=["owner", "opened_at"], name="handoff_owner"),
        ]


class Verdict(models.Model):
    """What sales says of a handoff. Append-only."""

    handoff = models.OneToOneField(Handoff, on_delete=models.PROTECT, related_name="verdict")
    answer = models.CharField(max_length=16, choices=choices(VerdictWord))
    reason = models.CharField(max_length=255, default="")
    until = InstantField(null=True)
    said_by = models.CharField(max_length=150)
    said_at = InstantField()


class Notification(models.Model):
    """One person, or one system, told of one thing about a handoff, once."""

    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, related_name="notifications")
    what = models.CharField(max_length=12, choices=choices(Notice))
    #: Who is told: a name, and where. The name is empty for a system.
    to = models.CharField(max_length=150, blank=True, default="")
    address = models.CharField(max_length=254)
    made_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handoff", "what", "address", "to"], name="notification_once")
        ]
