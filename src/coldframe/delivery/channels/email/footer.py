"""What stands below every message: who writes, where they can be reached by post, why, and how to leave."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

#: Inline, for many mail programs read no style sheet. The gray keeps 4.5:1 on white, and is inverted by dark modes.
STYLE = "font-family:Arial,Helvetica,sans-serif;font-size:12px;line-height:18px;color:#5f6368"


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The footer's sentences in one language; names in braces are filled in."""

    unsubscribe: str = "Unsubscribe"
    preferences: str = "Choose what you get"
    reply: str = "Reply with “unsubscribe” to leave."
    #: GDPR art. 13, 14 and 21(4): basis, source, and the right to object, in the first message and set apart.
    why: str = "Why you get this: {basis} We have your address from: {source}."
    why_without_source: str = "Why you get this: {basis}"
    object: str = "You may object to this at any time, at no cost; one click is enough."
    bases: tuple[tuple[str, str], ...] = (
        ("CONSENT", "you agreed to hear from us."),
        ("LEGITIMATE_INTEREST", "we believe that it is of use to your work (legitimate interest)."),
        ("CONTRACT", "you are, or were, a customer of ours."),
    )


ENGLISH = Wording()
#: By language, in lower case; what is not here is written in English.
WORDINGS: dict[str, Wording] = {
    "en": ENGLISH,
    "de": Wording(
        unsubscribe="Abmelden",
        preferences="Auswählen, was Sie erhalten",
        reply="Zum Abmelden genügt eine Antwort mit „abmelden“.",
        why="Warum Sie dies erhalten: {basis} Ihre Adresse haben wir aus dieser Quelle: {source}.",
        why_without_source="Warum Sie dies erhalten: {basis}",
        object="Sie können dem jederzeit kostenlos widersprechen; ein Klick genügt.",
        bases=(
            ("CONSENT", "Sie haben eingewilligt, von uns zu hören."),
            (
                "LEGITIMATE_INTEREST",
                "Wir nehmen an, dass es Ihnen bei der Arbeit nützt (berechtigtes Interesse).",
            ),
            ("CONTRACT", "Sie sind oder waren Kunde bei uns."),
        ),
    ),
    "fr": Wording(
        unsubscribe="Se désinscrire",
        preferences="Choisir ce que vous recevez",
        reply="Pour vous désinscrire, répondez « désinscription ».",
        why="Pourquoi vous recevez ce message : {basis} Source de votre adresse : {source}.",
        why_without_source="Pourquoi vous recevez ce message : {basis}",
        object="Vous pouvez vous y opposer à tout moment et sans frais ; un clic suffit.",
        bases=(
            ("CONSENT", "vous avez accepté de recevoir nos messages."),
            ("LEGITIMATE_INTEREST", "nous pensons qu’il est utile à votre travail (intérêt légitime)."),
            ("CONTRACT", "vous êtes ou avez été notre client."),
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What the first message must say where the law asks for it."""

    #: A ``kernel.vocabulary.ConsentBasis``.
    basis: str
    #: Where the address comes from, such as ``form "Demo"``; empty: not known.
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """How one person leaves: pages made for them alone, and an address that takes the same wish by mail."""

    unsubscribe_url: str = ""
    preferences_url: str = ""
    unsubscribe_mailto: str = ""


@dataclass(frozen=True, kw_only=True)
class Below:
    """All that stands below one message."""

    postal_address: str
    leaving: Leaving
    notice: Notice | None
    wording: Wording


def wording_of(language: str | None) -> Wording:
    """Return the sentences for a language such as ``de-AT``; English where there are none."""
    return WORDINGS.get((language or "en").lower().replace("_", "-").partition("-")[0], ENGLISH)


def as_text(below: Below) -> str:
    """Return the footer of the text part; begins with the line that mail programs take for the end of a message."""
    leaving, wording = below.leaving, below.wording
    lines = ["", "-- ", *sentences_of(below.notice, wording), *lines_of(below.postal_address)]
    if leaving.unsubscribe_url:
        lines.append(f"{wording.unsubscribe}: {leaving.unsubscribe_url}")
    elif leaving.unsubscribe_mailto:
        lines.append(wording.reply)
    if leaving.preferences_url:
        lines.append(f"{wording.preferences}: {leaving.preferences_url}")
    return "\n".join(lines) + "\n"


def as_html(below: Below) -> str:
    """Return the footer of the HTML part: one table with its style inline, every value escaped."""
    lines = [escape(line) for line in sentences_of(below.notice, below.wording)]
    address = ", ".join(lines_of(below.postal_address))
    lines += [escape(address)] if address else []
    links = " · ".join(links_of(below.leaving, below.wording))
    lines += [links] if links else []
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td align="center" style="padding:24px 16px;{STYLE}">{"<br>".join(lines)}</td></tr></table>'
    )


def lines_of(postal_address: str) -> list[str]:
    return [line.strip() for line in postal_address.splitlines() if line.strip()]


def links_of(leaving: Leaving, wording: Wording) -> list[str]:
    links = []
    if leaving.unsubscribe_url:
        links.append(link(leaving.unsubscribe_url, wording.unsubscribe))
    elif leaving.unsubscribe_mailto:
        links.append(escape(wording.reply))
    if leaving.preferences_url:
        links.append(link(leaving.preferences_url, wording.preferences))
    return links


def link(url: str, shown: str) -> str:
    return f'<a href="{escape(url)}" style="color:#5f6368;text-decoration:underline">{escape(shown)}</a>'


def sentences_of(notice: Notice | None, wording: Wording) -> list[str]:
    """Return what the first message says: basis, source, right to object."""
    if notice is None:
        return []
    basis = dict(wording.bases).get(notice.basis, "")
    source = " ".join(notice.source.split())
    why = (
        wording.why.format(basis=basis, source=source)
        if source
        else wording.why_without_source.format(basis=basis)
    )
    return [why, wording.object]
