"""Answers of machines: who is away, until when, and who has left for good."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from coldframe.activity.mail.parsing import Mail, addresses_in

#: Subjects of answers that nobody wrote, in the languages that mail programs write them in.
AWAY = re.compile(
    r"^\W*(?:auto(?:matic|mated|matische|matisk|matyczna|matica)?[ -]*(?:repl(?:y|ies)|response|responder|antwort|answer|svar|odpowied[zź]|vastaus)|out[ -]of[ -](?:the[ -])?office|ooo\b|away from (?:my |the )?(?:office|desk|mail)|on (?:vacation|holiday|leave|pto)|vacation\b|abwesen|automatische\b|automatisch antwoord|afwezig"
    r"|abwesenheits|nicht im b[uü]ro|urlaub|r[eé]ponse automatique|absence|absent|en congé|fuera de (?:la )?oficina|respuesta autom|ausente|ausencia|resposta autom|fora do escrit|risposta automatica|fuori (?:ufficio|sede)|assente|automatiskt svar|autosvar|frånvaro|fraværende|poissa|automaattinen|automatikus|nincs az irod"
    r"|автоответ|автоматический ответ|вне офиса|отпуск|自動(?:応答|返信)|不在|自动(?:回复|答复)|자동 ?(?:회신|응답)|부재중|otomatik yan[iı]t|i am away|i'm away|away until|i am (?:currently )?out|auto:)",
    re.IGNORECASE,
)
#: Sentences that say that somebody is away.
SAYS_AWAY = re.compile(
    r"out of (?:the |my )?office|(?:i am|i'm|i will be|currently|am) (?:\w+ ){0,3}(?:away|on (?:vacation|holiday|leave|annual|maternity|paternity|parental|sick|a business trip)|out of|travel|not in the office|unavailable)|(?:limited|no) access to (?:my )?e?-?mail|(?:return|back|returning) (?:to|in|on|at|from) (?:the |my )?(?:office|work|mon|tue|wed|thu|fri|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d)"
    r"|on my return|upon my return|automatic(?:ally)? (?:generated )?(?:reply|response)|auto-?reply|nicht im (?:b[uü]ro|haus)|au[sß]er haus|im urlaub|abwesend|nicht erreichbar|wieder (?:im b[uü]ro|erreichbar|da|zur[uü]ck)|en (?:vacances|cong[eé]s?)|absent(?:e)? du bureau|de retour|je suis (?:actuellement )?absent|fuera de la oficina|de vacaciones|ausente|fuori ufficio|in ferie|assente|de f[eé]rias|fora do escrit"
    r"|niet (?:op kantoor|aanwezig)|met vakantie|afwezig|p[aå] semester|på ferie|tjänstledig|urlopie|nieobecn|в отпуске|отсутств|休暇|不在|外出|휴가|부재|休假",
    re.IGNORECASE,
)
#: Sentences that say that somebody has left for good.
LEFT = re.compile(
    r"no longer (?:\w+ ){0,3}(?:with|at|work\w*|employed|part of|associated|a member|here|in (?:this|the) (?:company|role|position))|(?:has|have|'ve|'s) (?:now |since |recently )?left (?:the |our )?(?:company|organi[sz]ation|firm|business|team|employ|\w+(?: gmbh| inc| ltd| ag| llc)?[.,]?$)|left (?:the |our )(?:company|organi[sz]ation|firm)|not (?:\w+ ){0,2}(?:with|employed by|employed at|working (?:at|for|with)) (?:the |our |this )?(?:company|organi[sz]ation|firm|us)(?: any ?more)?|does(?: not|n't) work (?:here|at|for|with)|is not working (?:here|with us)|doesn't work (?:here|there)|moved on from|last (?:working )?day (?:at|with) \w+ was|has retired|have retired|is retired|is deceased|passed away|former employee"
    r"|nicht mehr (?:\w+ ){0,4}(?:besch[aä]ftigt|im (?:unternehmen|haus)|t[aä]tig|bei uns|angestellt|f[uü]r)|(?:das |unser )?unternehmen verlassen|ausgeschieden|arbeitet nicht mehr|in (?:den )?ruhestand|ne (?:fait|travaille|font) plus (?:partie|chez|pour|dans)|n'est plus (?:chez|employ|dans|en poste|salari)|a quitt[eé] (?:la |l'|notre )?(?:soci[eé]t[eé]|entreprise|organisation|poste)|plus joignable à cette adresse|ya no (?:trabaja|forma parte|labora|est[aá] en)|ha dejado (?:la |nuestra )?(?:empresa|compañ)|n[aã]o (?:trabalha|faz) (?:mais|parte)|n[aã]o faz mais parte|non (?:lavora|fa) pi[uù]|non è pi[uù] (?:in|presso|un dipendente)|ha lasciato (?:l'|la )(?:azienda|societ)|werkt niet (?:meer|langer)|niet (?:meer|langer) (?:werkzaam|in dienst)|uit dienst|arbetar inte l[aä]ngre|har slutat|ikke l[aæ]ngere ansat|arbejder ikke l[aæ]ngere|ei (?:ole )?en[aä]{2} t[oö]iss|nie pracuje (?:ju[zż]|d[lł]u[zż]ej)|już nie pracuje|больше не работа|退職|離職|已(?:经)?离职|퇴사",
    re.IGNORECASE | re.MULTILINE,
)
#: Where a text names who to write to instead.
INSTEAD = re.compile(
    r"contact|instead|reach|write|direct|forward|please|e-?mail|successor|replac|wenden|nachfolg|kontakt|contacte|dirig|zukünftig|künftig|remplac|adress|escrib|contatt|neem|skriv|обращ|新しい|担当",
    re.IGNORECASE,
)
NOBODY = re.compile(
    r"^(?:no-?reply|do-?not-?reply|nicht-?antworten|ne-?pas-?repondre|noreply-?\w*|automailer|robot|notifications?|mailer|alerts?|system)[\w.+-]*@|[-.+]no-?reply@",
    re.IGNORECASE,
)
#: The sign that the subject is.
SUBJECT_SIGN = "the subject of an automatic answer"
LIST = re.compile(r"bulk|junk|list|auto_?reply", re.IGNORECASE)
APPLE_END = re.compile(r"endDate=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
#: A date that a mail gives may lie so far ahead; beyond it is a mistake, or not the day of a return.
FARTHEST = timedelta(days=400)

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari styczeń stycznia января",
            "february feb februar feber février fevrier févr febrero febbraio fevereiro fev februari luty lutego февраля",
            "march mar märz maerz mrz mars marzo março maart mrt marzec marca марта",
            "april apr avril avr abril abr aprile kwiecień kwietnia апреля",
            "may mai mayo maggio mag maio mei maj maja мая",
            "june jun juni juin junio giugno giu junho czerwiec czerwca июня",
            "july jul juli juillet juil julio luglio lug julho lipiec lipca июля",
            "august aug août aout agosto ago augustus augusti sierpień sierpnia августа",
            "september sep sept septembre septiembre settembre set setembro wrzesień września сентября",
            "october oct oktober okt octobre octubre ottobre ott outubro out październik października октября",
            "november nov novembre noviembre novembro listopad listopada ноября",
            "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro grudzień grudnia декабря",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
DATES = (
    re.compile(r"(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"),
    re.compile(r"(?P<y>20\d\d)年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(r"(?<!\d)(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?\.?\s*(?:of |de |di |den )?(?P<mon>{MONTH})\b\.?,?\s*(?:de |del )?(?P<y>20\d\d)?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<mon>{MONTH})\.?\s+(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s*(?P<y>20\d\d))?",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>(?:20)?\d\d)?(?!\d)"),
    re.compile(r"(?<!\d)(?P<a>\d{1,2})[/-](?P<b>\d{1,2})(?:[/-](?P<y>(?:20)?\d\d))?(?!\d)"),
)
#: Words before a date that say it is the day of the return, or the last day away.
UNTIL = re.compile(
    r"until|till?|through|thru|back|return|returning|resum|up to|bis|wieder|zur[uü]ck|ab dem|jusqu|retour|hasta|regres|vuelv|fino|rientr|torn|até|volt|tot|terug|t\.?o\.?m\.?|tillbaka|tilbage|do dnia|wr[oó]c|до|вернусь|まで|より|–|—|-|to|au|al|a|de",
    re.IGNORECASE,
)


def says_away(subject: str) -> bool:
    """Return whether a subject is that of an answer which nobody wrote."""
    return bool(AWAY.match(subject))


def signs_of_machine(mail: Mail) -> list[str]:
    """Return the signs by which nobody wrote a mail, the surest first (RFC 3834 and what came before it)."""
    signs = []
    submitted = mail.header("auto-submitted").partition(";")[0].partition("(")[0].strip().lower()
    if submitted and submitted != "no":
        signs.append(f"Auto-Submitted: {submitted[:40]}")
    for name in (
        "x-autoreply",
        "x-autorespond",
        "x-auto-response-from",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-autoresponder",
        "x-apple-action",
    ):
        if mail.headers.get(name):
            signs.append(f"header {name}")
    if LIST.search(mail.header("precedence")):
        signs.append(f"Precedence: {mail.header('precedence')[:40]}")
    if mail.header("x-auto-response-suppress"):
        signs.append("X-Auto-Response-Suppress")
    if mail.headers.get("list-id") or mail.headers.get("list-unsubscribe"):
        signs.append("sent to a list")
    if says_away(mail.subject):
        signs.append(SUBJECT_SIGN)
    if NOBODY.search(mail.sender):
        signs.append("an address that nobody reads")
    if mail.return_path == "":
        signs.append("nobody in the envelope")
    return signs


def is_away(mail: Mail, text: str) -> bool:
    """Return whether a mail says that somebody is away."""
    return says_away(mail.subject) or bool(SAYS_AWAY.search(text[:4_000]))


def has_left(mail: Mail, text: str) -> bool:
    """Return whether a mail says that somebody has left for good."""
    return bool(LEFT.search(f"{mail.subject}\n{text[:4_000]}"))


def successor_in(mail: Mail, text: str) -> str:
    """Return the address that a mail gives for who comes after; empty where it gives none, or several."""
    others = [
        each for each in addresses_in(text[:8_000]) if each != mail.sender and each not in mail.recipients
    ]
    near = [
        each for each in others if any(each in line.lower() and INSTEAD.search(line) for line in around(text))
    ]
    found = near or others
    return found[0] if len(set(found)) == 1 or near else ""


def around(text: str) -> list[str]:
    """Return each line with the one before it."""
    lines = text[:8_000].splitlines()
    return [f"{before} {line}" for before, line in zip(["", *lines], lines, strict=False)]


def until_of(mail: Mail, text: str) -> datetime | None:
    """Return when a mail says that somebody is back, as midnight UTC after the last day it names; None: it does not."""
    apple = APPLE_END.search(mail.header("x-apple-criteria"))
    if apple and mail.sent_at:
        found = datetime.strptime(apple.group(1), "%Y-%m-%dT%H:%M:%S%z")
        return found if timedelta(0) < found - mail.sent_at < FARTHEST else None
    if mail.sent_at is None:
        return None
    told = [*days_in(mail.subject, near=mail.sent_at), *days_in(text[:4_000], near=mail.sent_at)]
    ahead = [day for day in told if timedelta(0) <= day - mail.sent_at.date() < FARTHEST]
    return datetime.combine(max(ahead), time(0), UTC) if ahead else None


def days_in(text: str, *, near: datetime) -> list[date]:
    """Return the days that a text names after a word such as "until" or "back", or at the end of a span."""
    found = []
    for line in (each[:500] for each in text.splitlines()):
        for pattern in DATES:
            for match in pattern.finditer(line):
                before = line[max(0, match.start() - 60) : match.start()]
                day = day_of(match.groupdict(), near=near)
                if day is not None and (
                    UNTIL.search(before) or "まで" in line[match.end() : match.end() + 4]
                ):
                    found.append(day)
    return found


def day_of(named: dict[str, str | None], *, near: datetime) -> date | None:
    """Return the day of a match; without a year the next such day."""
    try:
        if named.get("mon"):
            month = MONTHS[str(named["mon"]).lower()]
        elif named.get("m"):
            month = int(str(named["m"]))
        else:
            return day_of_numbers(int(str(named["a"])), int(str(named["b"])), named.get("y"), near=near)
        return with_year(month, int(str(named["d"])), named.get("y"), near=near)
    except (ValueError, KeyError):
        return None


def day_of_numbers(first: int, second: int, year: str | None, *, near: datetime) -> date | None:
    """Return the day of two numbers: whichever order gives one ahead of the mail, the day first where both do."""
    for day, month in ((first, second), (second, first)):
        try:
            found = with_year(month, day, year, near=near)
        except ValueError:
            continue
        if timedelta(0) <= found - near.date() < FARTHEST / 4:
            return found
    return None


def with_year(month: int, day: int, year: str | None, *, near: datetime) -> date:
    """Return the day; without a year the next one, but for days just past."""
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = date(near.year, month, day)
    return found if near.date() - found < timedelta(days=60) else found.replace(year=near.year + 1)
