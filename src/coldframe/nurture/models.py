"""
Decisions, append-only, and the one row per lead that says where it stands.

Their references are not checked by the database: rows are made by SQL from leads and accounts that the
same run has read, nothing of which is ever deleted, and the checks cost more than all the writing (ADR 0008).
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from coldframe.kernel.vocabulary import Channel, EnrollmentState, HoldReason, TouchState
from coldframe.leads.models import Account, Lead, choices
from coldframe.library.models import PlaybookVersion
from coldframe.nurture import grouping
from coldframe.storage.instants import InstantField
from coldframe.storage.keys import SharedKey


class Cycle(models.Model):
    """One run of assess and apply at one instant; the unit of audit and replay."""

    as_of = InstantField()
    playbook_version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT)
    kernel_version = models.CharField(max_length=16)
    started_at = InstantField()
    finished_at = InstantField(null=True)
    counts = models.JSONField(default=dict)


class AssessedColumns(models.Model):
    """What the playbook made of a lead; every column is one of ``kernel.assessment``'s result."""

    disposition = models.CharField(max_length=8)
    #: The rule that decided, such as ``trigger:ready`` or ``disqualify:competitor``.
    reason = models.CharField(max_length=120)
    fit_score = models.FloatField()
    #: What the worst case guarantees.
    fit_level = models.CharField(max_length=1)
    #: What the best case would give.
    fit_level_best = models.CharField(max_length=1)
    fit_verdict = models.CharField(max_length=12)
    intent_points = models.FloatField()
    intent_level = models.CharField(max_length=6)
    account_intent_points = models.FloatField()
    stage = models.CharField(max_length=20, null=True)
    timing = models.CharField(max_length=8)
    #: The date that timing names.
    timing_at = InstantField(null=True)
    missing_count = models.SmallIntegerField()
    segment = models.CharField(max_length=80, null=True)
    path = models.CharField(max_length=80, null=True)
    last_meaningful_at = InstantField(null=True)
    #: When it leaves anyway, if nothing happens, and by which rule.
    leaves_at = InstantField(null=True)
    leaves_by = models.CharField(max_length=120, null=True)

    class Meta:
        abstract = True


class Assessment(AssessedColumns):
    """What the playbook made of one lead at one instant; written only when it changed."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="assessments")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    #: One bit for each rule of the playbook version, in its order: held, and unknown for want of a field.
    fit_held = models.BigIntegerField()
    fit_unknown = models.BigIntegerField()
    triggers_held = models.BigIntegerField()
    exits_held = models.BigIntegerField()
    disqualify_held = models.BigIntegerField()
    missing = models.BigIntegerField()


class Transition(models.Model):
    """A change of status, with its reason. Append-only."""

    cycle = models.ForeignKey(Cycle, null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="transitions")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    from_status = models.CharField(max_length=16)
    to_status = models.CharField(max_length=16)
    reason = models.CharField(max_length=120)
    #: policy, or who overrode it.
    decided_by = models.CharField(max_length=64, default="policy")
    occurred_at = InstantField()


class Standing(AssessedColumns):
    """Where a lead stands now: its status, and its last assessment for lists to filter and sort by."""

    # Not a ``SharedKey``: rows lie in the order in which they were written, account by account, as they are read and renewed.
    lead = models.OneToOneField(
        Lead, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="standing"
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    status = models.CharField(max_length=16)
    status_since = InstantField()
    #: One of ``grouping.Group``; kept by the database, so that a list of one is read in order.
    group = models.GeneratedField(
        expression=grouping.expression(), output_field=models.CharField(max_length=16), db_persist=True
    )
    #: The cycle whose assessment this is.
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, db_index=False, db_constraint=False)

    class Meta:
        indexes = [
            models.Index(fields=["group", "-intent_points", "lead"], name="standing_group"),
            models.Index(fields=["-last_meaningful_at", "account"], name="standing_active"),
            # Who waits for room at sales, in the order in which it is given; every cycle asks.
            models.Index(
                fields=[
                    "disposition",
                    "fit_level",
                    "-account_intent_points",
                    "-intent_points",
                    "status_since",
                    "lead",
                ],
                name="standing_waiting",
                condition=Q(disposition="TO_SALES", status__in=["NURTURE", "RE_ENGAGED"]),
            ),
        ]


class AccountStanding(models.Model):
    """
    What the standings of an account's leads come to, for lists of accounts to filter and sort by.

    Written with the standings; a lead that leaves the account otherwise, by a merge or an undone import, is
    left out when one of its colleagues is decided on again.
    """

    account = SharedKey(Account, on_delete=models.PROTECT, db_constraint=False, related_name="standing")
    intent_points = models.FloatField()
    #: The best level that a lead of the account is sure of.
    fit_level = models.CharField(max_length=1)
    last_meaningful_at = InstantField(null=True)
    #: Leads that have been assessed; those of high or medium intent; those whom sales works on; those in nurture.
    lead_count = models.IntegerField()
    engaged_count = models.IntegerField()
    with_sales_count = models.IntegerField()
    nurture_count = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["-intent_points", "account"], name="accountstanding_intent"),
            models.Index(
                fields=["-engaged_count", "-intent_points", "account"], name="accountstanding_engaged"
            ),
            models.Index(fields=["-lead_count", "-intent_points", "account"], name="accountstanding_leads"),
            models.Index(fields=["-last_meaningful_at", "account"], name="accountstanding_active"),
            models.Index(
                fields=["-intent_points", "account"],
                name="accountstanding_with_sales",
                condition=Q(with_sales_count__gt=0),
            ),
        ]


class Enrollment(models.Model):
    """One lead's stay on one path; a change of path ends it and opens the next, in the same lap."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="enrollments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    #: Counts the lead's stays in nurture, from 1.
    lap = models.SmallIntegerField()
    path = models.CharField(max_length=80)
    state = models.CharField(max_length=9, choices=choices(EnrollmentState))
    entered_at = InstantField()
    lap_began_at = InstantField()
    #: Nothing is sent before: what a verdict asked for.
    not_before = InstantField(null=True)
    #: Order in which dormant leads are woken, the least first; NULL: not waiting.
    wave_rank = models.FloatField(null=True)
    released_at = InstantField(null=True)
    ended_at = InstantField(null=True)
    #: ``path:<next>``, ``exit:<reason>``, ``to_sales``, ``disqualified``.
    exit_reason = models.CharField(max_length=120, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], name="enrollment_open", condition=Q(ended_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(
                fields=["wave_rank", "id"],
                name="enrollment_wave",
                condition=Q(state="WAITING", ended_at__isnull=True),
            ),
            models.Index(
                fields=["released_at"],
                name="enrollment_released",
                condition=Q(released_at__isnull=False),
            ),
            # Who is on a path, and who left which path lately.
            models.Index(
                fields=["path", "state"], name="enrollment_on_path", condition=Q(ended_at__isnull=True)
            ),
            models.Index(fields=["ended_at"], name="enrollment_ended", condition=Q(ended_at__isnull=False)),
        ]


class Touch(models.Model):
    """One contact, planned or made: a lead, a content, a channel. The same content never reaches a lead twice."""

    #: In links and message ids.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="touches")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, db_constraint=False, related_name="touches"
    )
    #: The cycle that planned it (last).
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, db_constraint=False, related_name="touches")
    #: ``asset:<key>``, ``question:<field>``, ``follow_up:<day>``.
    content_key = models.CharField(max_length=160)
    channel = models.CharField(max_length=8, choices=choices(Channel))
    path = models.CharField(max_length=80)
    lap = models.SmallIntegerField()
    #: Why this content now.
    reason = models.CharField(max_length=255)
    state = models.CharField(max_length=9, choices=choices(TouchState), default=TouchState.PLANNED.value)
    planned_for = InstantField()
    #: The permission it rests on ends.
    permitted_until = InstantField(null=True)
    #: The first contact on a legitimate interest: it says where the address is from, and how to object.
    needs_notice = models.BooleanField(default=False)
    settled_at = InstantField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "content_key"], name="touch_once")]
        indexes = [
            models.Index(fields=["planned_for"], name="touch_planned"),
            # What became of a content; who has one on its way.
            models.Index(fields=["content_key", "state"], name="touch_content"),
            models.Index(fields=["lead"], name="touch_on_its_way", condition=Q(state="PLANNED")),
        ]


class Hold(models.Model):
    """A contact not made, with its reason. Append-only."""

    cycle = models.ForeignKey(
        Cycle, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="holds"
    )
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="holds")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    path = models.CharField(max_length=80)
    reason = models.CharField(max_length=16, choices=choices(HoldReason))
    #: The numbers behind the reason, for people.
    detail = models.CharField(max_length=255, default="")
    #: When it is looked at again; NULL where only a fact ends it.
    until = InstantField(null=True)
    #: What would be next.
    content_key = models.CharField(max_length=160, null=True)
    channel = models.CharField(max_length=8, choices=choices(Channel), null=True)
    held_at = InstantField()

    class Meta:
        indexes = [models.Index(fields=["cycle"], name="hold_cycle")]


class BulkChange(models.Model):
    """One change that a person made to many leads at once; goes on where it stopped, and can be taken back."""

    class State(models.TextChoices):
        RUNNING = "RUNNING"
        DONE = "DONE"
        UNDOING = "UNDOING"
        UNDONE = "UNDONE"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: A word of ``bulk.What``.
    what = models.CharField(max_length=8)
    #: Which leads: a query string, as lists of leads read it.
    query = models.TextField()
    path = models.CharField(max_length=80, null=True)
    until = InstantField(null=True)
    reason = models.CharField(max_length=255)
    made_by = models.CharField(max_length=150)
    made_at = InstantField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING.value)
    #: How many leads were to change, and how many have.
    lead_count = models.IntegerField()
    changed_count = models.IntegerField(default=0)
    #: The leads up to this one are done.
    position = models.BigIntegerField(default=0)
    undone_by = models.CharField(max_length=150, default="")
    undone_at = InstantField(null=True)
    undone_count = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["-made_at"], name="bulkchange_at")]


class SavedFilter(models.Model):
    """A list of leads that somebody comes back to, for themselves or for everybody."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: The number of the user; empty for whoever sat at this machine before there were people.
    owner = models.CharField(max_length=32, blank=True, default="")
    #: The name at that time.
    owner_name = models.CharField(max_length=150)
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True, default="")
    is_shared = models.BooleanField(default=False)
    saved_at = InstantField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="savedfilter_name")]


class ListColumns(models.Model):
    """Which columns somebody has chosen for the list of leads."""

    #: As in ``SavedFilter``.
    owner = models.CharField(primary_key=True, max_length=32)
    columns = models.JSONField(default=list)


class Override(models.Model):
    """What a person set for a lead, with a reason and an end."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_constraint=False, related_name="overrides")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    status = models.CharField(max_length=16, null=True)
    path = models.CharField(max_length=80, null=True)
    stage = models.CharField(max_length=20, null=True)
    is_paused = models.BooleanField(default=False)
    reason = models.CharField(max_length=255)
    set_by = models.CharField(max_length=150)
    set_at = InstantField()
    until = InstantField()
    lifted_at = InstantField(null=True)
    #: The changes of many leads that set and that lifted it, if it was not set and lifted by itself.
    set_in = models.ForeignKey(
        BulkChange, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="set"
    )
    lifted_in = models.ForeignKey(
        BulkChange, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="lifted"
    )
