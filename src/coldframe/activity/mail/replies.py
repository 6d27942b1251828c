"""What a person wrote: without what they quote, their signature, and what their company adds below."""

from __future__ import annotations

import re

from coldframe.activity.mail import limits
from coldframe.activity.mail.markup import MARK

QUOTED = re.compile(r"^\s{0,3}(?:>|\|\s|&gt;)")
#: "On Monday, 3 March 2026, Anna wrote:" in the languages of mail programs; the verb ends the line.
WROTE = re.compile(
    r"(?:wrote|writes|schrieb(?: am .{4,60})?|schreef|a [ée]crit|escribi[óo]|escreveu|ha scritto|scrisse|skrev|kirjoitti|napisa[łl](?:\(a\)|a)?|napsal(?:\(a\)|a)?|[íi]rta|a scris|написал(?:\(а\)|а)?|пишет|yazd[ıi]|έγραψε|写道|寫道|のメール|書きました|작성|כתב/?ה?)\s*[:：]\s*$",
    re.IGNORECASE,
)
#: Gmail's and others' short forms: an address and a date, a colon or nothing after it.
SHORT_FORM = re.compile(
    r"^\W{0,3}(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}).{0,80}<?[^\s<>]+@[^\s<>]+>?\s*:?\s*$"
)
WROTE_SHORT = re.compile(
    r"^\W{0,3}<?[^\s<>]{1,64}@[^\s<>]{1,255}>?\s*(?:於|于|,? on |,? am ).{4,60}[:：]\s*$"
)
#: Words with which such a heading begins: from there, not from a line above.
BEGINS = re.compile(r"^\W{0,3}(?:on|am|le|el|il|em|op|den|d\.|w dniu|dne|в|\d{4}年)\s.{6,}", re.IGNORECASE)
BEGINS_LIST = re.compile(r"^\W{0,3}(?:am|le|el|il|em)\s+<", re.IGNORECASE)
DIVIDER = re.compile(
    r"^[\s>*]*[-_–—=]{2,}\s*(?:original(?: |-)?(?:message|nachricht|mail|appointment)|urspr[üu]ngliche (?:nachricht|e-?mail|mail)|message (?:d'|d’)origine|message original|mensaje original|mensagem original|messaggio (?:originale|inoltrato)|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|wiadomość oryginalna|alkuper[äa]inen viesti|исходное сообщение|пересыла\w+ .{0,20}|reply (?:message|above)|forwarded message|weitergeleitete nachricht|message transf[ée]r[ée]|mensaje reenviado|原始邮件|元のメッセージ|원본 메시지).{0,40}$"
    r"|^[\s>*]*begin forwarded message:|^\W*(?:please )?reply above this line",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"^[\s>*]{0,6}(?:from|sent|date|to|cc|subject|reply-to|organization|von|gesendet|datum|an|betreff|de|envoy[ée]|date|[àa]|objet|para|enviado(?: el)?|fecha|asunto|data|assunto|da|inviato|oggetto|van|verzonden|aan|onderwerp|fr[åa]n|skickat|till|[äa]mne|fra|sendt|til|emne|od|wys[łl]ano|do|temat|от|отправлено|дата|кому|тема|l[äa]hett[äa]j[äa]|差出人|送信日時|宛先|件名|发件人|发送时间|收件人|主题|보낸 사람|받는 사람|제목)\s?\*?\s*[:：]\*?(?:\s|$)",
    re.IGNORECASE,
)
FIRST_FIELD = re.compile(
    r"^[\s>*]{0,6}(?:from|von|de|da|van|fr[åa]n|fra|od|от|l[äa]hett[äa]j[äa]|差出人|发件人|보낸 사람)\s?\*?\s*[:：]",
    re.IGNORECASE,
)
RULE = re.compile(r"^\s*[_\-=]{10,}\s*$")
DASHES = re.compile(r"^\s*(?:--|__|—|–{2})\s*$|^-- ")
SENT_FROM = re.compile(
    r"^\W{0,3}(?:sent (?:from|via|by|with|on) (?:my|the|a|outlook|mail|yahoo|gmail|proton|samsung|iphone|ipad|mobile|windows|an?|blackberry|att|verizon)\b[^,;]{0,80}|(?:sent from|get) outlook\b.{0,80}|von meinem .{2,40} (?:gesendet|aus)|gesendet (?:von|mit|[üu]ber)\b.{2,60}|envoy[ée] (?:de|depuis|avec|à partir)\b.{2,60}|enviado (?:desde|do|de|a partir)\b.{2,60}|inviato (?:da|dal)\b.{2,60}|verzonden (?:vanaf|met|van)\b.{2,60}|skickat fr[åa]n\b.{2,60}|sendt fra\b.{2,60}|wys[łl]ane z\b.{2,60}|отправлено (?:с|из)\b.{2,60}|l[äa]hetetty\b.{2,60}|sent wirelessly\b.{0,60}|发自我的.{1,30}|iPhoneから送信|나의 iphone.{0,20})\s*$",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"^\W{0,3}(?:(?:best|kind|kindest|warm|warmest|many|with (?:best|kind|warm))?\s*(?:regards|wishes)|best|all the best|cheers|thanks(?: (?:again|so much|a lot|very much|in advance))?|thank you(?: (?:very much|so much|again|in advance))?|many thanks|thx|sincerely(?: yours)?|yours (?:sincerely|truly|faithfully)|respectfully|cordially|br|rgds|mit (?:freundlichen|besten|herzlichen|vielen) gr[üu](?:ß|ss)en|(?:freundliche|beste|viele|liebe|herzliche|schöne) gr[üu](?:ß|ss)e|mfg|vg|lg|gru(?:ß|ss)|danke(?: und .{3,30})?|vielen dank|(?:bien )?cordialement|cdlt|salutations|bien à (?:vous|toi)|merci(?: d'avance)?|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|gracias|(?:cordiali|distinti) saluti|saluti|grazie|atenciosamente|abra[çc]os?|obrigad[oa]|(?:met )?vriendelijke groet(?:en)?|groet(?:en|jes)?|mvg|bedankt|(?:med )?v[äa]nliga? h[äa]lsning(?:ar)?|mvh|hälsningar|(?:med )?venlig(?:e)? hils(?:en|ner)|hilsen|pozdrawiam|z powa[żz]aniem|dzi[ęe]kuj[ęe]|с уважением|спасибо|terveisin|ystävällisin terveisin|よろしくお願い(?:いた)?します|敬具|此致)\s*[,!.;–-]*\s*(?:[A-ZÀ-Ý][\w.'-]+(?: [A-ZÀ-Ý][\w.'-]+){0,2})?\s*$",
    re.IGNORECASE,
)
DASHED_NAME = re.compile(r"^\s*[-–—~*]{1,2} ?[A-ZÀ-Ý][\w.'-]+(?: [A-ZÀ-Ý][\w.'-]+){0,2}\s*$")
NAME = re.compile(r"^\W{0,2}[A-ZÀ-Ý][\w.'-]*(?: [\w.,'-]+){0,4}\s*$")
#: An address, a telephone number, a page.
WAY = re.compile(
    r"[^\s@]{1,64}@[^\s@]+\.\w+|(?:\+|\(|\b)\d[\d\s()/.-]{6,}\d|\bwww\.|https?://", re.IGNORECASE
)
DISCLAIMER = re.compile(
    r"^\W{0,3}(?:(?:confidentiality|privileged|confidential|important|legal|privacy)\b.{0,20}(?:notice|note|information|disclaimer|warning)|disclaimer\b|caution\s*:|this (?:e-?mail|message|communication|transmission)(?: and|,| \(| is| may| contains).{0,60}|the information (?:contained )?in this (?:e-?mail|message)|diese (?:e-?mail|nachricht) (?:enth[äa]lt|kann|ist|und)|ce (?:message|courriel|mail) (?:et|est|contient|peut)|este (?:mensaje|correo|e-?mail) |questo? (?:messaggio|e-?mail)|dit (?:bericht|e-?mail)|p(?:lease)? ?consider the environment|please consider the environment)",
    re.IGNORECASE,
)
#: A signature without a sign of its own has no more lines than this, each no longer than that.
MOST_SIGNATURE_LINES = 11
LONGEST_SIGNATURE_LINE = 90
#: Lines over which a mail program may break "On … wrote:".
MOST_WROTE_LINES = 4
BLANK_LINES = re.compile(r"\n{3,}")


def cut(text: str) -> str:
    """
    Return what a person wrote themselves.

    >>> cut("Yes, Tuesday suits me.\\n\\nAnna\\n\\nOn 3 March 2026, Ben wrote:\\n> When?")
    'Yes, Tuesday suits me.\\n\\nAnna'
    """
    lines = [
        line.rstrip()[: limits.LONGEST_LINE]
        for line in text[: limits.MOST_TEXT].splitlines()[: limits.MOST_LINES]
    ]
    own = without_quotes(lines)
    signed = without_signature(own)
    kept = signed if any(line.strip() for line in signed) else own
    return BLANK_LINES.sub("\n\n", "\n".join(kept)).strip("\n ").strip()


def without_quotes(lines: list[str]) -> list[str]:
    """Return the lines without what is quoted; what stands between and below quoted lines stays."""
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith(MARK):
            if any(each.strip() for each in kept):
                return without_heading(kept)
            number += 1
            continue
        if QUOTED.match(line):
            number += 1
            continue
        width = heading_at(lines, number)
        if width:
            after = next((each for each in lines[number + width :] if each.strip()), "")
            if is_final(lines, number) or not QUOTED.match(after):
                return kept
            number += width
            continue
        kept.append(line)
        number += 1
    return kept


def without_heading(lines: list[str]) -> list[str]:
    """Return the lines without a heading of a quote that stands at their end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for start in range(max(0, end - MOST_WROTE_LINES), end):
        if heading_at(lines[:end], start):
            return lines[:start]
    return lines


def is_final(lines: list[str], number: int) -> bool:
    """Return whether a heading is one below which nothing is the writer's own."""
    return bool(DIVIDER.match(lines[number])) or (is_block(lines, number) and not QUOTED.match(lines[number]))


def heading_at(lines: list[str], number: int) -> int:
    """Return over how many lines the heading of a quote stands here; 0: there is none."""
    line = lines[number]
    if not line.strip():
        return 0
    if DIVIDER.match(line) or SHORT_FORM.match(line) or WROTE_SHORT.match(line):
        return 1
    if is_block(lines, number):
        return block_length(lines, number)
    if RULE.match(line) and begins_block(lines, number + 1):
        return 1
    return wrote_length(lines, number)


def begins_block(lines: list[str], number: int) -> bool:
    """Return whether a block of header fields comes next, blank lines between."""
    for later in range(number, min(number + 3, len(lines))):
        if lines[later].strip():
            return is_block(lines, later)
    return False


def is_block(lines: list[str], number: int) -> bool:
    """Return whether header fields stand here: who wrote, and at least two more of when, to whom, what about."""
    if not FIRST_FIELD.match(lines[number]):
        return False
    near = [each for each in lines[number + 1 : number + 9] if each.strip()]
    return sum(bool(FIELD.match(each)) for each in near) >= 2


def block_length(lines: list[str], number: int) -> int:
    last = number
    for later in range(number, min(number + 9, len(lines))):
        if FIELD.match(lines[later]):
            last = later
    return last - number + 1


def wrote_length(lines: list[str], number: int) -> int:
    """Return over how many lines "On … wrote:" stands here; 0: it does not."""
    if not (BEGINS.match(lines[number]) or is_dated(lines[number])):
        return 0
    joined = ""
    for width, line in enumerate(lines[number : number + MOST_WROTE_LINES], start=1):
        if not line.strip() or QUOTED.match(line):
            return 0
        joined = f"{joined} {line.strip()}"
        if width > 1 and BEGINS.match(line) and not BEGINS_LIST.match(line):
            return 0
        if WROTE.search(joined) and is_dated(joined):
            return width
    return 0


def is_dated(text: str) -> bool:
    """Return whether a heading names a day or an address, and not much else."""
    return len(text) < 400 and bool(re.search(r"\d{1,4}[^\d]|@", text))


def without_signature(lines: list[str]) -> list[str]:
    """Return the lines without signature and disclaimer."""
    lines = trimmed(lines)
    last = last_lines(lines, MOST_SIGNATURE_LINES + 1)
    for number, line in enumerate(lines):
        if DASHES.match(line) or SENT_FROM.match(line) or (0 < number >= last and RULE.match(line)):
            lines = trimmed(lines[:number])
            break
    for number, line in enumerate(lines):
        if number and DISCLAIMER.match(line):
            lines = trimmed(lines[:number])
            break
    return without_contacts(without_closing(without_name(lines)))


def without_name(lines: list[str]) -> list[str]:
    """Return the lines without a last one such as "-Anna Lind"."""
    return trimmed(lines[:-1]) if len(lines) > 1 and DASHED_NAME.match(lines[-1]) else lines


def without_contacts(lines: list[str]) -> list[str]:
    """Return the lines without a last paragraph that is a name and ways to reach it."""
    start = max((number for number, line in enumerate(lines) if not line.strip()), default=0)
    block = lines[start + 1 :]
    if not start or not 2 < len(block) <= MOST_SIGNATURE_LINES or any(len(line) > 60 for line in block):
        return lines
    ways = sum(bool(WAY.search(line)) for line in block)
    if ways >= 2 and NAME.match(block[0]) and not any(line.endswith(("?", "!", ":")) for line in block):
        return trimmed(lines[:start])
    return lines


def last_lines(lines: list[str], count: int) -> int:
    """Return where the last so many lines begin that are not blank."""
    for number in range(len(lines) - 1, -1, -1):
        count -= bool(lines[number].strip())
        if not count:
            return number
    return 0


def without_closing(lines: list[str]) -> list[str]:
    """Return the lines without a closing phrase and what stands below it, where that is a signature."""
    for number in range(len(lines) - 1, max(-1, len(lines) - MOST_SIGNATURE_LINES * 2), -1):
        if (
            number <= 0
            or not CLOSING.match(lines[number])
            or not any(each.strip() for each in lines[:number])
        ):
            continue
        below = [each for each in lines[number + 1 :] if each.strip()]
        if len(below) <= MOST_SIGNATURE_LINES and all(len(each) <= LONGEST_SIGNATURE_LINE for each in below):
            return trimmed(lines[:number])
    return lines


def trimmed(lines: list[str]) -> list[str]:
    """Return the lines without blank ones at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]
