"""Values: what one cell says, or why it says nothing usable."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from coldframe.kernel.vocabulary import OpportunityState, Refusal

#: How many distinct values a reader remembers.
_REMEMBERED = 1 << 14


class BadValue(Refusal):
    """A cell that cannot be what its column holds."""

    @property
    def reason(self) -> str:
        """The sentence for the error file."""
        return self.what


#: What forms and exports write for "nothing", casefolded.
PLACEHOLDERS = frozenset(
    {
        "", "-", "--", "---", "—", "–", ".", "?", "n/a", "n.a.", "n.a", "na", "#n/a", "#n/d", "#null!", "null", "(null)", "nil",
        "none", "(none)", "nan", "nat", "select", "select one", "select...", "select…", "please select", "- select -",
        "-- select --", "-select-", "--select--", "--none--", "-none-", "- none -", "choose", "choose one", "please choose",
        "unknown", "(unknown)", "not known", "not provided", "not available", "not specified", "not set", "(not set)",
        "unspecified", "undefined", "tbd", "(blank)", "blank", "empty", "(empty)", "no value", "(no value)", "[not provided]",
        "[[unknown]]", "bitte wählen", "bitte auswählen", "keine angabe", "k.a.", "unbekannt", "brak", "brak danych",
        "nie dotyczy", "wybierz", "nieznany", "inconnu", "non renseigné", "sélectionner", "seleccionar", "desconocido", "no aplica",
        "sconosciuto", "onbekend",
    }
)  # fmt: skip


_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))


def is_missing(text: str) -> bool:
    """Say whether a trimmed cell is empty or a placeholder such as ``Select`` or ``N/A``."""
    return not text or (len(text) <= _LONGEST_PLACEHOLDER and text.casefold() in PLACEHOLDERS)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)


_BREAKS = re.compile(r"\s*[\r\n]\s*|\t")


def text(value: object, *, limit: int) -> str | None:
    """
    Return a single-line text (line breaks become spaces), None when missing.

    Raises BadValue where it is longer than ``limit`` characters.
    """
    if not value:
        return None
    given = value if isinstance(value, str) else _as_text(value)
    if not given.isprintable():
        given = _BREAKS.sub(" ", given).strip()
    if len(given) <= _LONGEST_PLACEHOLDER and given.casefold() in PLACEHOLDERS:
        return None
    if len(given) > limit:
        raise BadValue(f"too long: {len(given):,} characters where {limit:,} are allowed")
    return given


def long_text(value: object, *, limit: int = 10_000) -> str | None:
    """Return a text of several lines, with plain line ends; None when missing. Raises BadValue."""
    given = _as_text(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(given) > limit:
        raise BadValue(f"too long: {len(given):,} characters where {limit:,} are allowed")
    return None if is_missing(given) else given


#: What people and programs write for yes and for no, casefolded.
YES = frozenset(
    {"yes", "true", "1", "1.0", "y", "x", "t", "on", "checked", "✓", "✔", "ja", "j", "tak", "oui", "o", "sí", "si", "sì", "s", "sim",
     "prawda", "wahr", "vrai", "verdadero", "vero"}
)  # fmt: skip
NO = frozenset(
    {"no", "false", "0", "0.0", "n", "f", "off", "unchecked", "nein", "nie", "non", "nee", "não", "nao", "fałsz", "falsch", "faux", "falso"}
)  # fmt: skip


@lru_cache(_REMEMBERED)
def yes_no(value: object) -> bool | None:
    """Return yes or no in several languages, None when missing; raises BadValue."""
    given = _as_text(value).casefold()
    if given in YES:
        return True
    if given in NO:
        return False
    if is_missing(given):
        return None
    raise BadValue("neither yes nor no", expected="yes or no", got=f'"{given}"')


_SIGNS = re.compile(
    r"^(?P<sign>[-\u2212+]|\((?=.*\)$))?\s*(?P<before>[^\d\s.,()-]{0,4})\s*(?P<inner>[-\u2212])?"
    r"(?P<figures>\d[\d.,'\u2019\u00a0\u202f ]*|[.,]\d+)\s*(?P<unit>k|m|b|bn|mm|mln|mio|mrd|tsd|tys|million|billion|thousand)?\.?"
    r"\s*(?P<after>[^\d\s.,()]{0,4})\)?$",
    re.IGNORECASE,
)
_UNITS = {
    "k": 1e3, "tsd": 1e3, "tys": 1e3, "thousand": 1e3,
    "m": 1e6, "mm": 1e6, "mln": 1e6, "mio": 1e6, "million": 1e6,
    "b": 1e9, "bn": 1e9, "mrd": 1e9, "billion": 1e9,
}  # fmt: skip


@lru_cache(_REMEMBERED)
def number(value: object) -> float | None:
    """
    Return a number such as ``1.234,56``, ``1,234.56``, ``$342.09K`` or ``(15)``; None when missing.

    A bare ``1.234`` is read as programs write it; otherwise one separator with exactly three figures behind
    it (``1,234``, ``€ 1.234``) parts thousands, as it does wherever whole amounts are written. Raises BadValue.
    """
    given = _as_text(value).strip()
    if is_missing(given):
        return None
    try:
        plain = float(given)
    except ValueError:
        return _dressed_number(given)
    if plain != plain or plain in (float("inf"), float("-inf")) or "_" in given:
        raise BadValue("not a number", got=f'"{given}"')
    return plain


def _dressed_number(given: str) -> float:
    match = _SIGNS.match(given)
    if not match or (match["sign"] and match["inner"]):
        raise BadValue("not a number", got=f'"{given[:40]}"')
    figures = re.sub(r"['\u2019\u00a0\u202f ]", "", match["figures"])
    figures = _with_point(figures, given)
    is_negative = match["inner"] or match["sign"] in ("-", "\u2212", "(")
    return (-1 if is_negative else 1) * float(figures) * _UNITS.get((match["unit"] or "").lower(), 1.0)


def _with_point(figures: str, given: str) -> str:
    """Return figures with a point before the fraction and nothing between thousands."""
    points, commas = figures.count("."), figures.count(",")
    if points and commas:
        fraction = max(figures.rfind("."), figures.rfind(","))
        grouped, last = re.split(r"[.,]", figures[:fraction]), figures[fraction + 1 :]
        if (figures[fraction] == "." and points > 1) or (figures[fraction] == "," and commas > 1):
            raise BadValue("not a number", got=f'"{given}"')
        return f"{_joined(grouped, given)}.{last}"
    sign = "." if points else ","
    parts = figures.split(sign)
    if len(parts) == 1:
        return figures
    if len(parts) > 2 or (len(parts[1]) == 3 and parts[0] not in ("", "0")):
        return _joined(parts, given)
    return f"{parts[0]}.{parts[1]}"


def _joined(groups: list[str], given: str) -> str:
    # Indian amounts group by two figures before the last three.
    if (
        len(groups[-1]) != 3
        or not all(len(group) in (2, 3) for group in groups[1:])
        or not 1 <= len(groups[0]) <= 3
    ):
        raise BadValue("not a number: its thousands are parted unevenly", got=f'"{given}"')
    return "".join(groups)


def whole_number(value: object) -> int | None:
    """Return a number without fraction; raises BadValue."""
    found = number(value)
    if found is None:
        return None
    if found != int(found):
        raise BadValue("not a whole number", got=f'"{_as_text(value)}"')
    return int(found)


#: The largest amount that is stored, in cents; it fits 64 bits with room.
_MONEY_LIMIT = 10**17


def money_cents(value: object) -> int | None:
    """Return an amount of money in cents, rounded half up; raises BadValue."""
    found = number(value)
    if found is None:
        return None
    cents = round(found * 100)
    if abs(cents) > _MONEY_LIMIT:
        raise BadValue("more money than there is", got=f'"{_as_text(value)}"')
    return cents


_CURRENCIES = {
    "$": "USD",
    "us$": "USD",
    "€": "EUR",
    "£": "GBP",
    "zł": "PLN",
    "¥": "JPY",
    "₹": "INR",
    "chf": "CHF",
    "a$": "AUD",
    "c$": "CAD",
}


@lru_cache(_REMEMBERED)
def currency(value: object) -> str | None:
    """Return the ISO 4217 code of a currency column (``EUR``, ``€``, ``Euro (EUR)``); None when not told."""
    given = _as_text(value).strip()
    if is_missing(given):
        return None
    if sign := _CURRENCIES.get(given.casefold()):
        return sign
    code = re.search(r"\b([A-Z]{3})\b", given.upper() if len(given) == 3 else given)
    return code.group(1) if code else None


def currency_of_amount(value: object) -> str | None:
    """Return the currency that an amount carries itself (``$22,700.00``), None where it carries none."""
    match = _SIGNS.match(_as_text(value).strip())
    if not match:
        return None
    sign = (match["before"] or match["after"] or "").casefold()
    return _CURRENCIES.get(sign) or (
        sign.upper() if len(sign) == 3 and sign.isascii() and sign.isalpha() else None
    )


def percentage(value: object) -> float | None:
    """
    Return a share 0 to 1 from ``20``, ``20 %`` or ``0.2``; raises BadValue.

    A bare number above 1 is of a hundred; 1 itself is the whole.
    """
    given = _as_text(value).strip()
    found = number(given.rstrip("% \u00a0") if given.endswith("%") else given)
    if found is None:
        return None
    share = found / 100 if given.endswith("%") or found > 1 else found
    if not 0 <= share <= 1:
        raise BadValue("not a share", expected="0 to 100 %", got=f'"{given}"')
    return share


_BAND = re.compile(
    r"^(?:more than|over|above|from|ab|über|>=?|ponad|plus de|más de)?\s*(?P<low>\d[\d.,'\u2019 ]*k?)\s*"
    r"(?:(?:-|–|—|to|bis|do|à|a)\s*(?P<high>\d[\d.,'\u2019 ]*k?)|\+|or more|and more|and above|und mehr|i więcej)?"
    r"\s*(?:employees|people|staff|mitarbeiter(?:\*innen)?|pracowników|osób|employés|salariés|empleados|dipendenti)?$",
    re.IGNORECASE,
)
_UPPER_BAND = re.compile(
    r"^(?:less than|under|below|up to|bis(?: zu)?|unter|<=?|do|moins de|menos de)\s*(\d[\d.,' ]*k?)",
    re.IGNORECASE,
)


@lru_cache(_REMEMBERED)
def employees(value: object) -> int | None:
    """
    Return how many people work there; of a band such as ``51-200`` or ``10,000+`` its lower end.

    The lower end is what is certain: a rule "50 or more" then never holds for a company that may be
    smaller. ``Less than 10`` and ``Self-employed`` are 1. Raises BadValue.
    """
    given = _as_text(value).strip()
    if is_missing(given):
        return None
    folded = given.casefold()
    if folded in (
        "self-employed",
        "myself only",
        "freelancer",
        "just me",
        "sole proprietor",
        "einzelunternehmer",
    ):
        return 1
    if _UPPER_BAND.match(given):
        return 1
    match = _BAND.match(given)
    found = number((match["low"] if match else given).strip())
    if found is None or found != int(found) or not 0 <= found < 10**8:
        raise BadValue(
            "not a number of employees", expected="a number or a band such as 51-200", got=f'"{given}"'
        )
    return int(found)


_WON = frozenset(
    {
        "won",
        "closed won",
        "closedwon",
        "closed - won",
        "deal won",
        "is won",
        "gewonnen",
        "wygrane",
        "wygrana",
        "gagné",
        "ganado",
        "ganada",
    }
)
_LOST = frozenset(
    {"lost", "closed lost", "closedlost", "closed - lost", "deal lost", "gewonnen nicht", "verloren", "przegrane", "przegrana", "perdu",
     "perdido", "perdida", "closed lost to competition", "closed-lost to competition", "abandoned", "dead", "no decision", "disqualified"}
)  # fmt: skip


@lru_cache(_REMEMBERED)
def opportunity_state(stage: str) -> OpportunityState:
    """Return where a deal of this stage (or status) stands; every stage that ends no deal is OPEN."""
    folded = " ".join(stage.casefold().replace("_", " ").replace("-", " ").split())
    if folded in _WON or folded.startswith("closed won"):
        return OpportunityState.WON
    if folded in _LOST or folded.startswith("closed lost"):
        return OpportunityState.LOST
    return OpportunityState.OPEN


_LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "polish": "pl", "polski": "pl", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "italian": "it", "italiano": "it", "portuguese": "pt", "português": "pt", "dutch": "nl", "nederlands": "nl",
    "czech": "cs", "swedish": "sv", "danish": "da", "norwegian": "no", "finnish": "fi", "japanese": "ja", "chinese": "zh",
    "russian": "ru", "ukrainian": "uk", "turkish": "tr",
}  # fmt: skip
_LANGUAGE_CODE = re.compile(r"^([a-z]{2})(?:[-_]([a-z]{2,4}))?$", re.IGNORECASE)


@lru_cache(_REMEMBERED)
def language(value: object) -> str | None:
    """Return a language code such as ``en`` or ``pt-BR``; None when missing or not recognized."""
    given = _as_text(value).strip()
    if is_missing(given):
        return None
    if match := _LANGUAGE_CODE.match(given):
        return match[1].lower() + (f"-{match[2].upper()}" if match[2] else "")
    return _LANGUAGES.get(given.casefold().split(" (")[0])


@lru_cache(1)
def _zones() -> dict[str, str]:
    import zoneinfo

    return {zone.casefold(): zone for zone in zoneinfo.available_timezones()}


@lru_cache(_REMEMBERED)
def time_zone(value: object) -> str | None:
    """Return an IANA time zone such as ``Europe/Warsaw``; None when missing or not recognized."""
    given = _as_text(value).strip().replace(" ", "_")
    return None if is_missing(given) else _zones().get(given.casefold())
