"""Links of mails that were opened, and pixels that were loaded, as they were seen."""

from __future__ import annotations

from django.db import models

from coldframe.activity.models.events import Event
from coldframe.storage.instants import InstantField
from coldframe.storage.keys import SharedKey


class Hit(models.Model):
    """
    One hit, as whoever took it in saw it (``activity.hits``): never changed but for what is made of it.

    What it was about and whose mail it was stand in its event; who is behind it is the event's evidence. Kept for
    13 months, so that a judgement can be made again and looked into; the event stays.
    """

    class RuleCode(models.IntegerChoices):
        """``kernel.engagement.words.Rule``."""

        DECLARED = 1
        HIDDEN_LINK = 2
        BURST = 3
        CROWD = 4
        PIXEL = 5
        EARLY = 6
        FOLLOWED = 7
        ALONE = 8

    event = SharedKey(Event, on_delete=models.CASCADE, related_name="hit")
    #: The touch's public id.
    touch = models.UUIDField(db_index=True)
    is_open = models.BooleanField()
    #: The link's position in the mail; NULL: of an open, or not known.
    link = models.SmallIntegerField(null=True)
    #: How many links the mail has; NULL: not known.
    link_count = models.SmallIntegerField(null=True)
    #: The event's instant, once more, to be found by.
    at = InstantField()
    received_at = InstantField(db_index=True)
    #: When the mail had been handed over; NULL: not known.
    handed_over_at = InstantField(null=True)
    method = models.CharField(max_length=7)
    #: A keyed hash of the network that asked (``hits.network_hash``); empty: not known.
    network = models.CharField(max_length=16, default="")
    #: What kind of program asked (``kernel.engagement.words.Agent``).
    agent = models.CharField(max_length=7)
    is_known_network = models.BooleanField(default=False)
    is_prefetch = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    is_bot = models.BooleanField(default=False)
    #: By which rule it was judged last; NULL: not yet.
    rule = models.SmallIntegerField(choices=RuleCode.choices, null=True)
    judged_at = InstantField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="hit_at", condition=models.Q(is_open=False)),
            models.Index(
                fields=["network", "at"],
                name="hit_network",
                condition=models.Q(is_open=False) & ~models.Q(network=""),
            ),
        ]
