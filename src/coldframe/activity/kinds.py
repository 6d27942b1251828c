"""The kinds of events, from the words other systems use for them."""

from __future__ import annotations

import re

from coldframe.kernel.vocabulary import Evidence, SuppressionReason

#: Words of other systems, as ``plain`` writes them -> kind. Anything else is a kind of its own.
KINDS: dict[str, str] = {
    word: kind
    for kind, words in {
        "page": "page view|page viewed|viewed page|page visited|page visited on website|visited page|visit|pageview|web visit|website visit",
        "form_submitted": "form submission|form submitted on website|form fill|form filled|filled out form|fill out form|submitted form|form submit",
        "asset_downloaded": "download|downloaded|asset download|content downloaded|file downloaded|downloaded content",
        "webinar_registered": "registered|webinar registration|registered for webinar|webinar registered|registration",
        "webinar_attended": "attended|attended webinar|webinar attendance|webinar joined|joined webinar|participant joined",
        "link_clicked": "click|clicked|email click|email clicked|clicked email|email link clicked|click email|link click|clicked link|clicked link in email|email_click|emailclick",
        "replied": "reply|responded|response|email reply|email replied|replied to email|email received|incoming email",
        "call": "call made|phone call|called|had a phone conversation|inbound|outbound|missed|call logged",
        "meeting_booked": "meeting|meeting scheduled|meeting booked|booked meeting|demo booked|event|invitee created",
        "email_sent": "sent|invited|email send|sent email|delivered email|outgoing email|planned",
        "email_delivered": "delivered|email delivery",
        "email_opened": "open|opened|email open|opened email|open email|emailopen|email_open",
        "email_bounced": "bounce|bounced|email bounce|hard bounce|hard bounced|email hard bounced|emailbounce|email_bounce",
        "unsubscribed": "unsubscribe|opted out|opt out|unsubscribed email|email unsubscribed|unsubscribe email|email unsubscribe|emailunsubscribe",
        "complained": "complaint|spam|spam report|marked as spam|email marked as spam|email marked spam|spam complaint|reported spam|emailcomplaint",
        "sms_sent": "sms|sms send|text message sent",
    }.items()
    for word in [kind.replace("_", " "), *words.split("|")]
}
#: Kinds that say: do not mail this person again.
SUPPRESSING: dict[str, SuppressionReason] = {
    "unsubscribed": SuppressionReason.UNSUBSCRIBE,
    "complained": SuppressionReason.COMPLAINT,
    "email_bounced": SuppressionReason.HARD_BOUNCE,
}
#: What happens to a mail may be a machine's doing; everything else is a person's.
MAIL_ENGAGEMENT = {"email_opened", "link_clicked"}


def plain(word: str) -> str:
    """
    Return a word without case and punctuation.

    >>> plain("Email Link-Clicked"), plain("hs_emailOpen")
    ('email link clicked', 'hs email open')
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word)
    return re.sub(r"[\W_]+", " ", spaced).strip().casefold()


def kind_of(word: str) -> str:
    """
    Return the kind of event that a word names.

    >>> kind_of("Email Opened"), kind_of("Form submission"), kind_of("Signed NDA")
    ('email_opened', 'form_submitted', 'signed_nda')
    """
    found = plain(word)
    return KINDS.get(found) or KINDS.get(found.replace(" ", "")) or found.replace(" ", "_")[:64]


def evidence_of(kind: str) -> Evidence:
    """Return who stands behind an event of a kind, as long as nothing more is known of it."""
    return Evidence.UNSURE if kind in MAIL_ENGAGEMENT else Evidence.HUMAN
