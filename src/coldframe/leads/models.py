"""Accounts, leads and everything known of them that is not an event."""

from __future__ import annotations

import uuid
from types import MappingProxyType

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
from coldframe.storage.keys import SharedKey
from coldframe.storage.prefixes import Folded, FoldedDomain


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

    #: Entity of a lead whose row changed something else: what its company is known by, or who may write to it.
    BESIDE = "lead_beside"
    OF_LEADS = ("lead", BESIDE)
    #: The same of an account: another id that it is known by.
    BESIDE_ACCOUNT = "account_beside"
    OF_ACCOUNTS = ("account", BESIDE_ACCOUNT)
    #: An account that was made because another one names it as its parent.
    PARENT = "parent"
    #: Entity -> its name where a record of a double came along to the account that the double is: no row told of it.
    ALONG = MappingProxyType({"lead": "lead_along", "account": "account_along", "opportunity": "opp_along"})

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="changes")
    #: account, lead, opportunity; identity, account_identity: an id given to a known record;
    #: or one of the names above.
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
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.SET_NULL)
    #: Nobody but calls of the event API has spoken of it.
    is_made_by_calls = models.BooleanField(default=False, db_default=False)
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
        indexes = [
            models.Index(fields=["name_key"], name="account_by_name"),
            # By how they begin: the search over everything.
            models.Index(Folded("name"), name="account_name_begins"),
            models.Index(Folded("domain"), name="account_domain_begins"),
        ]


class Lead(models.Model):
    """A person who may buy. Status and assessments are kept by ``nurture``."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, related_name="leads")
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
    #: Nobody but calls of the event API has spoken of the person; whoever is known otherwise wins.
    is_made_by_calls = models.BooleanField(default=False, db_default=False)
    #: The lead that this one turned out to be; that one is merged into no other. What was known of this one is
    #: the other's, its row is voided.
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    #: The import that brought it was undone, or it was merged.
    voided_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"], name="lead_email", condition=Q(email__isnull=False, voided_at__isnull=True)
            ),
        ]
        indexes = [
            # The leads that an account has, told without their rows.
            models.Index(fields=["account", "voided_at"], name="lead_of_account"),
            # The few addresses with a plus tag: an opt-out of a mailbox finds them by how they begin.
            models.Index(
                fields=["email"],
                name="lead_plus_tag",
                opclasses=["varchar_pattern_ops"],
                condition=Q(email__contains="+"),
            ),
            models.Index(fields=["email"], name="lead_voided", condition=Q(voided_at__isnull=False)),
            # By how they begin: the search over everything.
            models.Index(Folded("email"), name="lead_email_begins"),
            # With the key: a free-mail provider is the domain of half a base, whose first few are to be had without sorting.
            models.Index(FoldedDomain("email"), "id", name="lead_email_domain_begins"),
            models.Index(Folded("last_name"), name="lead_last_name_begins"),
            models.Index(Folded("first_name"), name="lead_first_name_begins"),
        ]


class Identity(models.Model):
    """A lead's id in another system; several may lead to one lead."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="identities")
    source = models.CharField(max_length=64)
    external_id = models.CharField(max_length=128)
    #: Concluded from calls of the event API, which may conclude otherwise.
    is_derived = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="identity_key")]
        # A search knows the id, and not whose it is.
        indexes = [models.Index(fields=["external_id"], name="identity_external")]


class FormerAddress(models.Model):
    """An address by which a person is known besides the one that mail goes to."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="former_addresses")
    #: Normalized.
    email = models.CharField(max_length=254, unique=True)
    #: Concluded from calls of the event API, which may conclude otherwise.
    is_derived = models.BooleanField(default=False)
    noted_at = InstantField()


class Merge(models.Model):
    """One lead turned out to be another; can be undone."""

    #: The one that is no more.
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges")
    into = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges_into")
    reason = models.CharField(max_length=255)
    decided_by = models.CharField(max_length=150)
    #: Calls say what the lead that stays holds; no value of the other's was passed on.
    is_concluded = models.BooleanField(default=False)
    merged_at = InstantField()
    unmerged_at = InstantField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead"], name="merge_open", condition=Q(unmerged_at__isnull=True))
        ]


class MergeStep(models.Model):
    """What a merge changed in some rows of one table, so that exactly this is taken back."""

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="steps")
    #: The table's model, such as ``activity.Event``.
    model = models.CharField(max_length=64)
    #: Keys of the rows.
    rows = models.JSONField()
    #: Column -> value, before and after; empty: the merge made the rows.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)


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
    """
    Permission to contact a person for a purpose, with its proof.

    A renewed permission is a row of its own beside the earlier one; one that is taken back keeps its row.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=64, default="marketing_email")
    basis = models.CharField(max_length=24, choices=choices(ConsentBasis))
    #: What the person agreed to, word for word.
    wording = models.TextField(null=True)
    source = models.CharField(max_length=120)
    given_at = InstantField(null=True)
    #: The person confirmed it by an act of their own (double opt-in).
    confirmed_at = InstantField(null=True)
    #: By which act: the message whose link was used, and from where.
    proof = models.CharField(max_length=255, null=True)
    expires_at = InstantField(null=True)
    withdrawn_at = InstantField(null=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.SET_NULL)
    created_at = InstantField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "purpose", "basis", "source", "given_at"],
                name="consent_once",
                condition=Q(withdrawn_at__isnull=True),
            )
        ]


class Suppression(models.Model):
    """
    A no that holds: for the person, and for the address. No import and no undo lifts it.

    Only the person's own new consent does; then the row moves to ``LiftedSuppression``, so that whoever
    looks here needs no second thought.
    """

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


class LiftedSuppression(models.Model):
    """A no that held until the person came back by a consent of their own. Append-only."""

    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="lifted_suppressions")
    email = models.CharField(max_length=254, null=True, db_index=True)
    reason = models.CharField(max_length=16, choices=choices(SuppressionReason))
    source = models.CharField(max_length=120)
    suppressed_at = InstantField()
    lifted_at = InstantField()
    #: Its number while it held; NULL: not known.
    suppression_id = models.BigIntegerField(null=True)
    #: The consent that lifted it.
    consent = models.ForeignKey(Consent, null=True, on_delete=models.SET_NULL, related_name="lifted")


class Pause(models.Model):
    """A person asked for quiet until a day; a later wish ends it and makes a row of its own."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="pauses")
    until = InstantField()
    source = models.CharField(max_length=120)
    asked_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead"], name="pause_open", condition=Q(ended_at__isnull=True))
        ]


class RetentionReview(models.Model):
    """A lead from whom nothing has come for long, and who is erased after a while unless somebody keeps it."""

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, related_name="retention_review")
    listed_at = InstantField(db_index=True)
    kept_at = InstantField(null=True)
    kept_by = models.CharField(max_length=150, default="")


class Erasure(models.Model):
    """What is left of a person who was erased: enough to know them by if they are brought again, and no more."""

    class Kind(models.TextChoices):
        ADDRESS = "ADDRESS"
        #: An id in another system.
        IDENTITY = "IDENTITY"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: Keyed hash (HMAC) of the address, or of the source and the id; without the installation's key it says nothing.
    key_hash = models.CharField(max_length=64, unique=True)
    #: A word of ``SuppressionReason`` where the person had said no, else ERASURE.
    reason = models.CharField(max_length=16)
    erased_on = models.DateField()


class AccountDue(models.Model):
    """
    When an account must be looked at again, and who looks at it now; no row: never, unless something happens.

    Kept apart from ``Account``, so that looking at an account rewrites a handful of numbers.
    """

    account = SharedKey(Account, on_delete=models.CASCADE, db_constraint=False, related_name="due")
    due_at = InstantField()
    #: Grows with every fact; a cycle that has not seen the last one leaves the account due.
    stamp = models.BigIntegerField(default=1)
    lease_until = InstantField(null=True)
    #: Fencing token of the cycle that holds the account; 0: nobody.
    token = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="accountdue_at")]
