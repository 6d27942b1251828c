"""Accounts, leads and everything known of them that is not an event."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from coldframe.kernel.vocabulary import (
    ConsentBasis,
    EmailKind,
    OpportunityState,
    StakeholderRole,
    SuppressionReason,
)
from coldframe.storage.instants import InstantField


def choices(words: type) -> list[tuple[str, str]]:
    """Return Django choices for a closed set of the vocabulary."""
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in words]  # type: ignore[attr-defined]


class ImportBatch(models.Model):
    """One file taken in; undoing it voids everything it brought."""

    class State(models.TextChoices):
        RUNNING = "RUNNING"
        DONE = "DONE"
        #: Stopped half-way, by a kill or an error; running the same file again goes on from ``position``.
        INTERRUPTED = "INTERRUPTED"
        UNDONE = "UNDONE"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: accounts, leads, events or opportunities.
    kind = models.CharField(max_length=16)
    #: The system the rows come from, such as hubspot; external ids are unique within it.
    source = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    #: Of the bytes of the file; ``options`` holds the fingerprint of the options. An import that was stopped is
    #: found by both.
    file_hash = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    #: Column of the file -> field, as used.
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    #: Data rows that are safely in.
    position = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    started_at = InstantField()
    finished_at = InstantField(null=True)
    #: A running import renews this; one whose lease has passed may be taken over.
    lease_until = InstantField(null=True)


class ImportChange(models.Model):
    """
    What one import changed of a record that was there before, so that it can be undone.

    What an import made is told by the record's own ``batch``.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="changes")
    #: account, lead, opportunity; identity, account_identity: an id given to a known record.
    entity = models.CharField(max_length=16)
    object_id = models.BigIntegerField()
    is_creation = models.BooleanField()
    #: Field -> value before, for the fields that changed.
    before = models.JSONField(default=dict)
    #: Field -> value after, so that an undo touches only what nobody changed since.
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["entity", "object_id"], name="importchange_object")]


class CustomField(models.Model):
    """A field of one's own, kept from a column that nothing maps; ``lead.custom.<name>`` in conditions."""

    class Kind(models.TextChoices):
        TEXT = "TEXT"
        NUMBER = "NUMBER"
        DATE = "DATE"
        YES_NO = "YES_NO"

    #: lead, account or opportunity.
    entity = models.CharField(max_length=16)
    #: As written in conditions: lower case, digits, underscores.
    name = models.CharField(max_length=63)
    #: The header it came from.
    label = models.CharField(max_length=255)
    kind = models.CharField(max_length=8, choices=Kind.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="customfield_name")]


class Account(models.Model):
    """A company. A lead without one gets an account of its own (``is_personal``)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255, null=True)
    #: The name without legal form, case and punctuation; identifies an account that has no domain.
    name_key = models.CharField(max_length=255, null=True)
    domain = models.CharField(max_length=253, null=True)
    is_personal = models.BooleanField(default=False)
    industry = models.CharField(max_length=120, null=True)
    employees = models.IntegerField(null=True)
    annual_revenue_cents = models.BigIntegerField(null=True)
    #: ISO 3166 alpha-2.
    country = models.CharField(max_length=2, null=True)
    city = models.CharField(max_length=120, null=True)
    phone = models.CharField(max_length=40, null=True)
    technologies = models.TextField(null=True)
    #: A current contract ends, or a budget renews.
    renewal_on = models.DateField(null=True)
    owner = models.CharField(max_length=150, null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)
    #: Values of one's own fields, by ``CustomField.name``.
    custom = models.JSONField(default=dict)
    #: When the account must be looked at again; NULL while nothing is due.
    due_at = InstantField(null=True, db_index=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.SET_NULL)
    #: The import that brought it was undone; reads leave it out.
    voided_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain"],
                name="account_domain",
                condition=Q(domain__isnull=False, voided_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["name_key"],
                name="account_name_key",
                condition=Q(
                    domain__isnull=True, name_key__isnull=False, is_personal=False, voided_at__isnull=True
                ),
            ),
        ]
        indexes = [models.Index(fields=["name_key"], name="account_by_name")]


class Lead(models.Model):
    """A person who may buy. Status and assessments are kept by ``nurture``."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="leads")
    #: Normalized: lower case, host in ASCII. NULL when the source has none.
    email = models.CharField(max_length=254, null=True)
    email_as_given = models.CharField(max_length=320, null=True)
    email_kind = models.CharField(max_length=12, choices=choices(EmailKind), null=True)
    #: info@, sales@ and the like: a mailbox, not a person.
    is_role_address = models.BooleanField(default=False)
    first_name = models.CharField(max_length=120, null=True)
    last_name = models.CharField(max_length=120, null=True)
    job_title = models.CharField(max_length=200, null=True)
    department = models.CharField(max_length=40, null=True)
    role = models.CharField(max_length=24, choices=choices(StakeholderRole), null=True)
    phone = models.CharField(max_length=40, null=True)
    country = models.CharField(max_length=2, null=True)
    city = models.CharField(max_length=120, null=True)
    time_zone = models.CharField(max_length=64, null=True)
    language = models.CharField(max_length=16, null=True)
    source = models.CharField(max_length=120, null=True)
    campaign = models.CharField(max_length=200, null=True)
    landing_page = models.CharField(max_length=500, null=True)
    offer = models.CharField(max_length=120, null=True)
    form = models.CharField(max_length=120, null=True)
    message = models.TextField(null=True)
    known_problem = models.CharField(max_length=200, null=True)
    timeline = models.CharField(max_length=120, null=True)
    owner = models.CharField(max_length=150, null=True)
    #: The status the source's own system gives; shown, never used as ours.
    source_status = models.CharField(max_length=120, null=True)
    left_company = models.BooleanField(null=True)
    #: The company as written in the file, when it made no account.
    company_as_given = models.CharField(max_length=255, null=True)
    custom = models.JSONField(default=dict)
    #: When the person became a lead in the source's own system.
    entered_at = InstantField(null=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.SET_NULL)
    voided_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"], name="lead_email", condition=Q(email__isnull=False, voided_at__isnull=True)
            ),
        ]


class Identity(models.Model):
    """A lead's id in another system; several may lead to one lead."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="identities")
    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=128)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="identity_key")]


class AccountIdentity(models.Model):
    """An account's id in another system."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identities")
    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=128)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="accountidentity_key")]


class Opportunity(models.Model):
    """A deal in the CRM. Many name an account and no person; some name neither."""

    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="opportunities")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="opportunities")
    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255, null=True)
    #: As the CRM names it.
    stage = models.CharField(max_length=120, null=True)
    state = models.CharField(max_length=8, choices=choices(OpportunityState))
    amount_cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    product = models.CharField(max_length=200, null=True)
    owner = models.CharField(max_length=150, null=True)
    lost_reason = models.CharField(max_length=255, null=True)
    opened_at = InstantField(null=True)
    closed_at = InstantField(null=True)
    custom = models.JSONField(default=dict)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.SET_NULL)
    voided_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="opportunity_key", condition=Q(voided_at__isnull=True)
            )
        ]


class Consent(models.Model):
    """Permission to contact a person for a purpose, with its proof."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=64, default="marketing_email")
    basis = models.CharField(max_length=24, choices=choices(ConsentBasis))
    wording = models.TextField(null=True)
    source = models.CharField(max_length=120)
    given_at = InstantField(null=True)
    expires_at = InstantField(null=True)
    withdrawn_at = InstantField(null=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.SET_NULL)
    created_at = InstantField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "purpose", "basis"], name="consent_once")]


class Suppression(models.Model):
    """A permanent no-send, for the person and for the address. No import and no undo lifts it."""

    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="suppressions")
    #: Normalized address, so that it holds when the person comes back under another record.
    email = models.CharField(max_length=254, null=True, db_index=True)
    reason = models.CharField(max_length=16, choices=choices(SuppressionReason))
    source = models.CharField(max_length=120)
    suppressed_at = InstantField()
    created_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "reason"], name="suppression_lead"),
            models.UniqueConstraint(
                fields=["email", "reason"], name="suppression_email", condition=Q(email__isnull=False)
            ),
        ]
