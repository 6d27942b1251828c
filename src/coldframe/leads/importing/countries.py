"""Countries: ISO 3166 alpha-2 codes from what people write."""

from __future__ import annotations

import gettext
import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from coldframe.leads.importing import values


class Country(NamedTuple):
    """What a cell says of a country."""

    #: ISO 3166 alpha-2; None: missing or not recognized.
    code: str | None
    #: What was guessed, or why nothing was recognized.
    note: str | None = None


_MISSING = Country(None)

#: What the standard does not list: short forms, old names, parts of the United Kingdom, cities that are states.
_ALIASES = {
    "usa": "US", "u s a": "US", "u s": "US", "us of a": "US", "united states of america": "US", "the united states": "US",
    "estados unidos": "US", "stany zjednoczone": "US", "vereinigte staaten": "US", "vereinigte staaten von amerika": "US", "etats unis": "US",
    "stati uniti": "US", "uk": "GB", "u k": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "grossbritannien": "GB", "wielka brytania": "GB", "anglia": "GB", "royaume uni": "GB", "reino unido": "GB",
    "holland": "NL", "the netherlands": "NL", "holandia": "NL", "niederlande": "NL", "uae": "AE", "u a e": "AE", "emirates": "AE", "dubai": "AE",
    "abu dhabi": "AE", "south korea": "KR", "korea south": "KR", "republic of korea": "KR", "korea republic of": "KR", "s korea": "KR",
    "north korea": "KP", "russia": "RU", "russian federation": "RU", "czech republic": "CZ", "czech": "CZ", "slovak republic": "SK", "macedonia": "MK",
    "swaziland": "SZ", "burma": "MM", "cape verde": "CV", "ivory coast": "CI", "vietnam": "VN", "viet nam": "VN", "laos": "LA", "syria": "SY",
    "iran": "IR", "tanzania": "TZ", "moldova": "MD", "bolivia": "BO", "venezuela": "VE", "taiwan": "TW", "taiwan r o c": "TW", "hong kong sar": "HK",
    "hongkong": "HK", "macau": "MO", "macao": "MO", "palestine": "PS", "brunei": "BN", "turkey": "TR", "turkiye": "TR", "micronesia": "FM",
    "reunion": "RE", "kosovo": "XK", "vatican": "VA", "vatican city": "VA", "ksa": "SA", "saudi": "SA", "rsa": "ZA", "prc": "CN", "pr china": "CN",
    "mainland china": "CN", "peoples republic of china": "CN", "eire": "IE", "republic of ireland": "IE", "drc": "CD", "dr congo": "CD",
    "congo kinshasa": "CD", "congo brazzaville": "CG", "congo": "CG", "brasil": "BR", "deutschland": "DE", "polska": "PL", "espana": "ES", "italia": "IT",
    "osterreich": "AT", "schweiz": "CH", "suisse": "CH", "svizzera": "CH", "sverige": "SE", "norge": "NO", "danmark": "DK", "suomi": "FI",
    "belgie": "BE", "belgique": "BE", "cesko": "CZ", "magyarorszag": "HU", "hellas": "GR", "el": "GR", "brd": "DE", "bahamas": "BS", "gambia": "GM",
    "the philippines": "PH", "st lucia": "LC", "trinidad": "TT", "bosnia": "BA",
    "micronesia federated states of": "FM", "curacao": "CW", "aland": "AX",
}  # fmt: skip
#: One name for several countries: the one that is meant nearly always, said in a note.
_LIKELY = {"korea": ("KR", "South Korea"), "america": ("US", "the United States")}
#: How alike a misspelled name must be, of 100.
_ALIKE = 88
_LANGUAGES = ("de", "fr", "es", "it", "pl", "nl", "pt", "cs", "sv")


def find(text: str | None) -> Country:
    """
    Return the country a cell names: by code, by name in ten languages, by a common short form, or misspelled.

    A guess at a misspelling is said in the note; what cannot be recognized has no code and a note.
    """
    return _find((text or "").strip())


@lru_cache(1 << 14)
def _find(given: str) -> Country:
    if values.is_missing(given):
        # NA is Namibia's code and everybody's "not available"; the latter is what exports mean.
        return _MISSING
    key = _key(given)
    if key in _LIKELY:
        code, name = _LIKELY[key]
        return Country(code, f'"{given}" is taken as {name}')
    known = _by_code(given) or _ALIASES.get(key) or _names().get(key) or _translated().get(key)
    if known:
        return Country(known)
    return _misspelled(given, key)


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("&", " and "))
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(re.sub(r"[^\w]+", " ", plain.replace("'", "").replace("\u2019", "")).split())


@cache
def _codes() -> dict[str, str]:
    import pycountry

    codes = {country.alpha_2: country.alpha_2 for country in pycountry.countries}
    return (
        codes
        | {country.alpha_3: country.alpha_2 for country in pycountry.countries}
        | {"XK": "XK", "XKX": "XK"}
    )


def _by_code(given: str) -> str | None:
    return _codes().get(given.upper()) if len(given) in (2, 3) else None


@cache
def _names() -> dict[str, str]:
    import pycountry

    found: dict[str, str] = {}
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            if name := getattr(country, attribute, None):
                found[_key(name)] = country.alpha_2
                found.setdefault(_key(name.partition(",")[0]), country.alpha_2)
    # What stands before the comma is shared by these.
    for shared in ("korea", "congo", "virgin islands", "saint martin"):
        found.pop(shared, None)
    return found


@cache
def _translated() -> dict[str, str]:
    import pycountry

    found: dict[str, str] = {}
    for language in _LANGUAGES:
        translations = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
        for country in pycountry.countries:
            name = getattr(country, "common_name", country.name)
            found.setdefault(_key(translations.gettext(name)), country.alpha_2)
    return found


def _misspelled(given: str, key: str) -> Country:
    from rapidfuzz import fuzz, process

    known = {**_names(), **_ALIASES}
    if len(key) >= 5:
        best = process.extract(key, known.keys(), scorer=fuzz.ratio, limit=2, score_cutoff=_ALIKE)
        codes = {known[name] for name, score, _ in best if score == best[0][1]}
        if len(codes) == 1:
            code = codes.pop()
            return Country(code, f'"{given}" is taken as {_name_of(code)}')
    return Country(None, f'"{given[:60]}" is not recognized as a country')


def _name_of(code: str) -> str:
    import pycountry

    country = pycountry.countries.get(alpha_2=code)
    return str(getattr(country, "common_name", country.name)) if country else code
