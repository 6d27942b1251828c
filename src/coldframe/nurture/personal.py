"""
The register of personal data: what each column of each table is about, and so what happens to it.

Every column stands here once; the tests refuse one that does not. ``erasure`` empties what is of a
``PERSON``, and what is of a ``COMPANY`` where the account is nobody's but the person's.
"""

from __future__ import annotations

from enum import Enum

from django.apps import apps

OURS = "coldframe."


class About(Enum):
    """What a column is about."""

    #: A person who may buy. Gone when they are erased.
    PERSON = "PERSON"
    #: A company, or a deal with it. Gone with the person whose own account it is.
    COMPANY = "COMPANY"
    #: Somebody who works with this installation. No lead's data.
    STAFF = "STAFF"
    #: A number, a name made at random or a reference: says something only together with what it refers to.
    KEY = "KEY"
    #: What was decided, counted or when; policy; machinery. Nobody can be known by it.
    PLAIN = "PLAIN"
    #: What is kept of those who were erased.
    KEPT = "KEPT"


PERSON, COMPANY, STAFF, KEY, PLAIN, KEPT = About

_ASSESSED = (
    "disposition reason fit_score fit_level fit_level_best fit_verdict intent_points intent_level "
    "account_intent_points stage timing timing_at missing_count segment path last_meaningful_at leaves_at leaves_by"
)

#: Model -> what its columns are about.
REGISTER: dict[str, dict[About, str]] = {
    "team.User": {
        KEY: "id",
        STAFF: "password last_login is_superuser username first_name last_name email is_staff is_active date_joined role rep zone language",
    },
    "team.ApiKey": {KEY: "id digest", STAFF: "name prefix role made_by made_at last_used_at revoked_at"},
    # Of leads it names the public id, which is changed when they are erased.
    "team.LogEntry": {KEY: "id user", STAFF: "at by what subject details"},
    "team.LastVisit": {STAFF: "owner seen_at before_at"},
    "team.Remembered": {PLAIN: "cache_key value expires"},
    "leads.ImportBatch": {
        KEY: "id public_id file_hash",
        # Of the counts: cells that an import did not understand.
        PERSON: "counts",
        PLAIN: "kind source file_name options mapping state position started_at finished_at lease_until",
    },
    "leads.ImportChange": {KEY: "id batch object_id", PERSON: "before after", PLAIN: "entity is_creation"},
    "leads.CustomField": {KEY: "id", PLAIN: "entity name label kind"},
    "leads.Account": {
        KEY: "id public_id parent batch",
        COMPANY: "name name_key domain industry employees annual_revenue_cents country city phone technologies renewal_on custom",
        STAFF: "owner",
        PLAIN: "is_personal is_made_by_calls voided_at created_at",
    },
    "leads.Lead": {
        # The public id is in links that a person has: it is changed when they are erased.
        PERSON: (
            "public_id email email_as_given email_kind is_role_address first_name last_name job_title department role "
            "phone country city time_zone language source campaign landing_page offer form message known_problem "
            "timeline source_status left_company company_as_given custom entered_at"
        ),
        KEY: "id account batch merged_into",
        STAFF: "owner",
        PLAIN: "is_made_by_calls voided_at created_at",
    },
    "leads.Identity": {KEY: "id", PERSON: "lead source external_id", PLAIN: "is_derived"},
    "leads.FormerAddress": {KEY: "id", PERSON: "lead email", PLAIN: "is_derived noted_at"},
    "leads.Merge": {
        KEY: "id lead into",
        PERSON: "reason",
        STAFF: "decided_by",
        PLAIN: "is_concluded merged_at unmerged_at",
    },
    # Of its rows: what they held before.
    "leads.MergeStep": {KEY: "id merge rows", PERSON: "before after", PLAIN: "model"},
    "leads.AccountIdentity": {KEY: "id account", COMPANY: "source external_id"},
    "leads.Opportunity": {
        KEY: "id account lead source external_id batch",
        PERSON: "name lost_reason custom",
        COMPANY: "stage state amount_cents currency product opened_at closed_at",
        STAFF: "owner",
        PLAIN: "voided_at created_at",
    },
    "leads.Consent": {
        KEY: "id batch",
        PERSON: "lead purpose basis wording source given_at confirmed_at proof expires_at withdrawn_at created_at",
    },
    "leads.Suppression": {KEY: "id", PERSON: "lead email reason source suppressed_at created_at"},
    "leads.LiftedSuppression": {
        KEY: "id consent suppression_id",
        PERSON: "lead email reason source suppressed_at lifted_at",
    },
    "leads.Pause": {KEY: "id", PERSON: "lead until source asked_at ended_at"},
    "leads.RetentionReview": {KEY: "id", PERSON: "lead", STAFF: "kept_by", PLAIN: "listed_at kept_at"},
    "leads.Erasure": {KEY: "id", KEPT: "kind key_hash reason erased_on"},
    "leads.AccountDue": {KEY: "account token", PLAIN: "due_at stamp lease_until"},
    "activity.EventShape": {KEY: "id", PLAIN: "kind", PERSON: "path form asset topic campaign"},
    "activity.Event": {
        KEY: "id key shape lead visitor account batch",
        PLAIN: "occurred_at received_at evidence",
    },
    "activity.Payload": {KEY: "event", PERSON: "properties"},
    "activity.Hit": {
        KEY: "event touch network",
        PLAIN: (
            "is_open link link_count at received_at handed_over_at method agent is_known_network is_prefetch is_hidden is_bot "
            "rule judged_at"
        ),
    },
    "activity.Source": {
        KEY: "id key_hash former_keys",
        STAFF: "settings key_hint secret",
        PLAIN: "name kind disabled_at last_at refused created_at",
    },
    "activity.LastSaid": {KEY: "id key", PLAIN: "what source said_at"},
    "activity.Feedback": {
        KEY: "id touch lead",
        PERSON: "text",
        PLAIN: "kind occurred_at source status heard_at is_passed_on",
    },
    "activity.ReceivedMail": {
        KEY: "id key source touch",
        PERSON: "lead reasons sender sender_name subject text failed successor note",
        STAFF: "settled_by",
        PLAIN: "mail_class matched_by until defects occurred_at received_at state settled_at settled_as",
    },
    "activity.MailBody": {KEY: "mail", PERSON: "packed", PLAIN: "received_at"},
    "activity.MailboxCursor": {
        KEY: "id source",
        PLAIN: "folder validity last_uid retry_at failures failure looked_at",
    },
    "activity.Arrival": {
        KEY: "id source key",
        PERSON: "body about",
        PLAIN: "kind received_at state reason tries",
    },
    "activity.KnownCall": {KEY: "key", PLAIN: "occurred_at noted_at"},
    "activity.Stranger": {KEY: "id", PLAIN: "word count first_at last_at"},
    "activity.Visitor": {
        KEY: "id lead identified_by",
        PERSON: "anonymous_id",
        PLAIN: "identified_at created_at",
    },
    "activity.Confirmation": {
        KEY: "id public_id lead network",
        PERSON: "email values",
        PLAIN: "form version wording state given_at mailed_at confirmed_at",
    },
    # A node is an address, a user id of a source or a browser's own id.
    "activity.Identification": {
        KEY: "id first_key last_key",
        PERSON: "left right",
        PLAIN: "source is_public first_at last_at received_at",
    },
    "activity.Contested": {KEY: "identification", STAFF: "settled_by", PLAIN: "settled_at"},
    "activity.Claim": {
        KEY: "id first_key said_key",
        PERSON: "node value",
        PLAIN: "source field is_public first_at said_at received_at",
    },
    "activity.Belonging": {KEY: "id said_key", PERSON: "node", COMPANY: "group", PLAIN: "said_at"},
    "activity.Group": {KEY: "id account", COMPANY: "node", PLAIN: "is_known"},
    "activity.ClaimedValue": {KEY: "id object_id", PERSON: "value", PLAIN: "entity field"},
    "outbox.OutboxMessage": {
        # A key and a message id are made at random; the journal and the other side know them.
        KEY: "id key subject_id token message_id",
        PERSON: "domain locks recipient detail receipt",
        STAFF: "sender",
        PLAIN: (
            "kind lane state due_at late_at lease_until worker attempt_count death_count first_attempt_at composed_at "
            "marked_at settled_at reason created_at"
        ),
    },
    "outbox.Content": {KEY: "message body_hash", PERSON: "body"},
    "outbox.Attempt": {
        KEY: "id message token",
        PERSON: "text",
        PLAIN: "number worker started_at ended_at phase outcome code",
    },
    "outbox.SendingHold": {
        KEY: "id place",
        STAFF: "set_by lifted_by",
        PLAIN: "cause reason since lifted_at",
    },
    "outbox.KnownPlace": {KEY: "fingerprint", STAFF: "confirmed_by", PLAIN: "label known_since"},
    "outbox.PastHandover": {KEY: "key message_id", PLAIN: "handed_at"},
    "outbox.Worker": {
        KEY: "id place",
        PLAIN: "name host pid is_virtual started_at seen_at stopped_at",
    },
    "library.PlaybookVersion": {KEY: "id text_hash", PLAIN: "number name text published_at origin"},
    "library.PlaybookActivation": {KEY: "id version", STAFF: "activated_by", PLAIN: "activated_at why"},
    "library.PlaybookDraft": {
        KEY: "id base became",
        STAFF: "saved_by begun_by",
        PLAIN: "text revision saved_at begun_at is_open ended_at",
    },
    "delivery.Connection": {
        KEY: "id",
        STAFF: "settings secret sender_name sender_address reply_to postal_address",
        PLAIN: (
            "name kind per_minute per_domain_minute per_day ramp_start ramp_growth ramp_began_at live_since stopped_at "
            "stopped_why watched_from rests_until rest_count rests_why created_at"
        ),
    },
    # A mailbox of ours, or a domain that many share.
    "delivery.Bucket": {KEY: "key", PLAIN: "tokens refilled_at"},
    "delivery.HourCount": {
        KEY: "id connection",
        PLAIN: "hour_at claimed_count tried_count bounced_count complained_count",
    },
    "delivery.Membership": {
        KEY: "id message_id",
        PERSON: "audience lead_id email_hash phone_hash entered_at left_at",
    },
    "delivery.Task": {
        KEY: "id message_id",
        PERSON: "lead_id title what why due_at created_at done_at",
        STAFF: "owner done_by",
    },
    "handoff.Capacity": {KEY: "team", STAFF: "reps", PLAIN: "tells"},
    "handoff.Rep": {
        KEY: "id",
        STAFF: "name most away_until countries email by_email hand_raises_only with_calendar",
    },
    "handoff.Handoff": {
        KEY: "id public_id lead account",
        STAFF: "owner owner_from",
        # What a lead was ranked by stays for reports that tell acceptance by path and segment.
        PLAIN: (
            "episode team trigger is_hand_raise opened_at deadline_at answer_by_at fit_level account_intent_points "
            "intent_points waits_since segment path stage state ended_at"
        ),
    },
    # Its message names the lead, and is emptied with them.
    "handoff.Notification": {KEY: "id handoff", STAFF: "to address", PLAIN: "what made_at"},
    "handoff.Verdict": {
        KEY: "id handoff",
        PERSON: "reason",
        STAFF: "said_by",
        PLAIN: "answer until said_at",
    },
    "nurture.Cycle": {
        KEY: "id playbook_version",
        PLAIN: "as_of kernel_version started_at finished_at counts",
    },
    "nurture.Assessment": {
        KEY: "id cycle account",
        PERSON: f"lead {_ASSESSED} fit_held fit_unknown triggers_held exits_held disqualify_held missing",
    },
    "nurture.Transition": {
        KEY: "id cycle account",
        PERSON: "lead from_status to_status reason occurred_at",
        STAFF: "decided_by",
    },
    "nurture.Standing": {KEY: "account cycle", PERSON: f"lead {_ASSESSED} status status_since group"},
    "nurture.Enrollment": {
        KEY: "id lead account",
        PLAIN: "lap path state entered_at lap_began_at not_before wave_rank released_at ended_at exit_reason",
    },
    "nurture.Touch": {
        KEY: "id public_id lead account enrollment cycle",
        PERSON: "reason",
        PLAIN: "content_key channel path lap state planned_for permitted_until needs_notice settled_at",
    },
    "nurture.Hold": {
        KEY: "id cycle lead account",
        PERSON: "detail",
        PLAIN: "path reason until content_key channel held_at",
    },
    "nurture.Override": {
        KEY: "id lead account set_in lifted_in",
        PERSON: "reason",
        STAFF: "set_by",
        PLAIN: "status path stage is_paused set_at until lifted_at",
    },
    "nurture.AccountStanding": {
        KEY: "account",
        PLAIN: "intent_points fit_level last_meaningful_at lead_count engaged_count with_sales_count nurture_count",
    },
    # What somebody asked a list for, and why, is their own writing.
    "nurture.BulkChange": {
        KEY: "id public_id position",
        STAFF: "query reason made_by undone_by",
        PLAIN: "what path until made_at state lead_count changed_count undone_at undone_count",
    },
    "nurture.SavedFilter": {
        KEY: "id public_id",
        STAFF: "owner owner_name name query",
        PLAIN: "is_shared saved_at",
    },
    "nurture.ListColumns": {STAFF: "owner", PLAIN: "columns"},
}


def columns() -> dict[str, set[str]]:
    """Return the columns of every table of ours, by model."""
    ours = [model for model in apps.get_models() if model.__module__.startswith(OURS)]
    return {model._meta.label: {column.name for column in model._meta.concrete_fields} for model in ours}


def registered() -> dict[str, dict[str, About]]:
    """Return what each registered column is about, by model. Raises ``ValueError`` where one stands twice."""
    found: dict[str, dict[str, About]] = {}
    for model, parts in REGISTER.items():
        names = [(name, about) for about, text in parts.items() for name in text.split()]
        found[model] = dict(names)
        if len(found[model]) != len(names):
            raise ValueError(f"{model}: a column stands in the register twice")
    return found
