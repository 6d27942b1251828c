"""Where facts come from."""

from __future__ import annotations

from django.db import models

from coldframe.storage.instants import InstantField


class Source(models.Model):
    """A way in: a write key of the event API, a provider's events, a mailbox, a webhook, a form, one's own site."""

    class Kind(models.TextChoices):
        #: Calls of the event API, by write key.
        API = "API"
        #: One's own site: calls of the script it carries. Its key is public, and identifies nobody who is known.
        SITE = "SITE"
        #: What a provider of e-mail tells of messages, and mail it takes in.
        PROVIDER = "PROVIDER"
        #: A mailbox that is looked into.
        MAILBOX = "MAILBOX"
        #: Anything else that posts JSON, with a mapping of its own.
        WEBHOOK = "WEBHOOK"
        #: Forms served here.
        FORMS = "FORMS"

    #: As people call it; the source of the events it brings.
    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: What is no secret: host, user, provider, connection, mapping, allowed origins.
    settings = models.JSONField(default=dict)
    #: SHA-256 of the key by which callers are known, in hex; NULL: known otherwise. The key is shown once.
    key_hash = models.CharField(max_length=64, null=True, unique=True)
    #: Hashes of the keys it had before, the newest first.
    former_keys = models.JSONField(default=list)
    #: The key's first characters, to tell keys apart.
    key_hint = models.CharField(max_length=12, default="")
    #: Password or signing secret, encrypted with the installation's key; empty: none.
    secret = models.TextField(default="")
    #: Switched off: calls are refused, mailboxes are left alone.
    disabled_at = InstantField(null=True)
    #: When something last arrived.
    last_at = InstantField(null=True)
    #: What was refused, by reason: a word -> how often.
    refused = models.JSONField(default=dict)
    created_at = InstantField()


class Stranger(models.Model):
    """Calls of nobody who is known here, by a word for why: how often, and when. Nothing else is kept of them."""

    word = models.CharField(max_length=32, unique=True)
    count = models.BigIntegerField()
    first_at = InstantField()
    last_at = InstantField()


class LastSaid(models.Model):
    """When a system of record last said something of an owner or a deal, so that an older word changes nothing."""

    class What(models.TextChoices):
        #: Who has a lead in sales; the key is the lead's id.
        LEAD_OWNER = "LEAD_OWNER"
        #: Who has an account in sales; the key is the account's id.
        ACCOUNT_OWNER = "ACCOUNT_OWNER"
        #: A deal; the key is the source's own id.
        DEAL = "DEAL"

    what = models.CharField(max_length=16, choices=What.choices)
    #: Of a deal's id; empty where the key is ours.
    source = models.CharField(max_length=64, default="")
    key = models.CharField(max_length=128)
    #: By the sender's clock.
    said_at = InstantField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "source", "key"], name="lastsaid_once")]
