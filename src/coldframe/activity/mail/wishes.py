"""What a reply asks for: to get no more mail, or to be left alone for now."""

from __future__ import annotations

import re

from coldframe.activity.mail import limits

#: A text longer than this says more than one wish; a wish in it goes to a person.
SHORT = 400
#: The whole of a message.
ALONE = re.compile(
    r"^\W*(?:please |pls |hi[,!. ]+|hello[,!. ]+|bitte |stp |por favor |per favore )?(?:stop(?: (?:it|this|please|now|mailing|e-?mailing|sending|all|emails?))*|unsubscribe(?:d)?(?: (?:me|us|please|now|this address|from .{1,60}))*|remove(?: (?:me|us|my (?:e-?mail|address|name)|this address|please|from .{1,60}))*|opt[ -]?out|abmelden|abmeldung|abbestellen|austragen|l[öo]schen|stopp|k[üu]ndigen|d[ée]sinscri(?:re|ption|vez[- ]moi)|d[ée]sabonne(?:r|ment|z[- ]moi)|(?:dar(?:me)? de )?baja|cancelar(?: suscripci[óo]n)?|cancella(?:mi|re|zione)?|disiscri(?:vimi|zione|vere)|uitschrijven|afmelden|avregistrera|avsluta|avmeld|frameld|wypisz|отписаться|отпишите|退订|退訂|配信停止|수신거부|cancelar inscri[çc][ãa]o|descadastrar|remover)\W*(?:please|bitte|thanks?|thank you|danke|merci|gracias)?\W*$",
    re.IGNORECASE,
)
#: A sentence that asks for it.
WISH = re.compile(
    r"(?:please|pls|kindly|can you|could you|would you|i (?:want|wish|would like|'d like) (?:you )?to|just|and|,|^|\.|!|\n)\s*(?:please )?(?:remove|take|delete|drop|strike) (?:me|us|my (?:e-?mail|name|address|details|contact|data)|this (?:e-?mail|address)).{0,40}?(?:list|database|mailing|distribution|records|system|from|off|out|$)|\bunsubscribe (?:me|us|my|this)\b|(?:please|want to|like to|wish to|how (?:do|can) i|need to|to be) unsubscribed?\b|(?:please|i (?:want|wish|would like) to|i'd like to|^|[.!]) ?opt (?:me )?out\b|take me off|(?:stop|quit|cease) (?:sending|e-?mailing|mailing|contacting|spamming|writing|messaging|bothering)|(?:do not|don't|dont|never) (?:e-?mail|contact|write|mail|message|send|spam) (?:to )?(?:me|us|any|anything|this|more)|no (?:more|further) (?:e-?mails?|mails?|messages?|contact|newsletters?|communication)|(?:do not|don't|no longer) (?:want|wish) (?:to (?:receive|get|be contacted|hear)|any (?:more|further))|withdraw my consent|object to (?:the |this )?(?:processing|direct marketing|marketing|use of my)"
    r"|(?:bitte )?(?:melden|tragen|nehmen|streichen|l[öo]schen|entfernen) sie (?:mich|uns|meine|diese|unsere).{0,60}(?:ab|aus|heraus|verteiler|liste|adresse|daten|\.|$)|(?:keine|keinerlei) (?:weiteren?|mehr)? ?(?:e-?mails?|mails?|nachrichten|werbung|newsletter|zusendung)|aus (?:dem|ihrem|eurem) verteiler|(?:m[öo]chte|will|w[üu]nsche) (?:ich )?(?:keine|nicht (?:mehr|l[äa]nger))|nicht (?:mehr|weiter) (?:an)?(?:schreiben|kontaktieren|anmailen)|widerspreche (?:ich )?(?:der|hiermit|einer)|newsletter abbestellen|von .{0,30} abmelden"
    r"|(?:me |nous )?(?:d[ée]sinscrire|d[ée]sabonner|retirer de (?:votre|la) liste)|retirez[- ](?:moi|nous)|ne (?:plus|souhaite plus|veux plus|d[ée]sire plus) (?:m'|me |nous |recevoir|[êe]tre)|cessez de|plus (?:recevoir|aucun)|(?:darme|dar(?:nos)?|denme|d[ée]nme) de baja|no (?:deseo|quiero) (?:recibir|m[áa]s)|dejen? de (?:enviar|escribir|contactar)|b[óo]rr(?:eme|enme|ame)|elim[íi]n(?:eme|enme|ame)|cancell(?:atemi|ami|ate il mio)|non (?:desidero|voglio) (?:pi[ùu]|ricevere)|rimuovete(?:mi)?|(?:wil|wens) (?:ik )?(?:geen|niet (?:meer|langer))|schrijf (?:mij|me) uit|haal (?:mij|me) van|n[ãa]o (?:quero|desejo) (?:mais )?receber|remova(?:m)?[- ]me|(?:vill|önskar) inte (?:ha|få|längre)|ta bort (?:mig|min)|[øo]nsker ikke|nie (?:chc[ęe]|[żz]ycz[ęe]) (?:sobie )?|prosz[ęe] (?:o )?(?:usuni|wypis)|не присылайте|удалите (?:меня|мой)",
    re.IGNORECASE,
)
#: A denial or a condition before a wish: somebody talks of it.
NOT_MEANT = re.compile(
    r"(?:did(?: not|n't)|do(?: not|n't)|don't want to|never|not|no need to|please don't|rather not|nicht|ne .{1,12} pas|no quiero) (?:\w+ ){0,2}(?:unsubscribe|remove me|opt out|abmelden|take me off|stop)|(?:your|the|our|my|this) unsubscribe|unsubscribe (?:link|button|page|rate|form)",
    re.IGNORECASE,
)
#: No, but not never: a person answers, or leaves it.
DECLINES = re.compile(
    r"not (?:\w+ ){0,2}interested|no interest|(?:no|not) (?:a )?(?:need|fit|relevant|priority)|we(?:'re| are) (?:all set|good|happy with)|no,? thank(?:s| you)|kein(?:e|en)? (?:interesse|bedarf)|nicht interessiert|nein,? danke|pas int[ée]ress|non,? merci|pas (?:besoin|d'int[ée]r)|no (?:estoy|estamos|me|nos) interes|no,? gracias|non (?:sono|siamo|mi) interess|no,? grazie|(?:geen|niet) (?:interesse|ge[ïi]nteresseerd|belangstelling)|nee,? (?:dank|bedankt)|n[ãa]o (?:tenho|temos|estou|estamos) interes|n[ãa]o,? obrigad|inte intresserad|nej,? tack|ikke interesseret|nie (?:jestem|jeste[śs]my) zainteresowan|не интересно|не заинтересован|興味(?:が|は)?(?:ない|ありません)|不感兴趣",
    re.IGNORECASE,
)
#: Not now: somebody names a time from which they would hear more.
LATER = re.compile(
    r"(?:not|n't) (?:\w+ ){0,4}(?:before|until|till)|(?:contact|write(?: to)?|call|reach(?: out)?|e-?mail|ping|try|ask|approach) (?:\w+ ){0,3}again|(?:get|come|check|circle|reach) back|follow up (?:\w+ ){0,3}(?:after|from|in)"
    r"|nicht vor|erst (?:\w+ ){0,2}(?:ab|nach|im|am|wieder)|(?:wieder|nochmals?|erneut) (?:\w+ ){0,3}(?:melden|schreiben|anrufen|kontaktieren|ansprechen)|melden sie sich (?:\w+ ){0,3}(?:wieder|nochmals?|ab|nach)|recontacte|revenez vers|pas avant|no antes|vuelv\w+ a (?:contactar|escribir|llamar)|non prima|ricontatt",
    re.IGNORECASE,
)


def asks_to_leave(subject: str, text: str) -> bool | None:
    """
    Return whether a person asks to get no more mail; None: they speak of it, and a person must read what they mean.

    ``text`` is what they wrote themselves: what they quote says "unsubscribe" in every mail.

    >>> asks_to_leave("Re: A checklist", "Please remove me from your list.")
    True
    >>> asks_to_leave("Re: A checklist", "Does the checklist cover the unsubscribe link, too?") is None
    True
    >>> asks_to_leave("Re: A checklist", "Tuesday suits me.")
    False
    """
    said = " ".join(text[: limits.MOST_WORDS].split())
    if ALONE.match(said) or (not said and ALONE.match(subject)):
        return True
    if NOT_MEANT.search(said):
        return None
    if WISH.search(said):
        return True if len(said) <= SHORT else None
    return None if SPEAKS.search(said) or (ALONE.match(subject) and len(said) > 0) else False


SPEAKS = re.compile(
    r"unsubscri|abmeld|abbestell|d[ée]sinscri|d[ée]sabonn|darse de baja|disiscri|uitschrijv|opt[ -]?out",
    re.IGNORECASE,
)


def declines(text: str) -> bool:
    """Return whether a person says that they are not interested."""
    return bool(DECLINES.search(" ".join(text.split())[:2_000]))


def asks_for_later(text: str) -> bool:
    """
    Return whether a person puts off what was written about, to a time that they may name.

    >>> asks_for_later("Could you get back to me after 15 September?")
    True
    >>> asks_for_later("Let us talk on 12 June at ten.")
    False
    """
    return bool(LATER.search(" ".join(text.split())[:2_000]))
