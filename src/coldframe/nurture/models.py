"""
Decisions, append-only, and the one row per lead that says where it stands.

Their references are not checked by the database: rows are made by SQL from leads and accounts that the
same run has read, nothing of which is ever deleted, and the checks cost more than all the writing (ADR 0008).
"""

from __future__ import annotations

from django.db import models

from coldframe.leads.models import Account, Lead
from coldframe.library.models import PlaybookVersion
from coldframe.storage.instants import InstantField


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

    lead = models.OneToOneField(
        Lead, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="standing"
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    status = models.CharField(max_length=16)
    status_since = InstantField()
    #: The cycle whose assessment this is.
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, db_index=False, db_constraint=False)

    class Meta:
        indexes = [
            models.Index(fields=["disposition", "-intent_points", "lead"], name="standing_disposition"),
        ]
