"""Companies: the key of a name, the domain of a website."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from coldframe.kernel.vocabulary import EmailKind
from coldframe.leads.importing import addresses, domains
from coldframe.leads.importing.values import BadValue

#: Legal forms of many countries, casefolded, without points and accents, lone letters joined.
LEGAL_FORMS = frozenset(
    """
    inc|incorporated|corp|corporation|company|co|llc|ltd|limited|llp|lp|plc|pllc|pc|pte|pte ltd|pty|pty ltd|pvt|pvt ltd
    private limited|public limited company|unlimited|cic|lllp|gmbh|mbh|ag|kg|kgaa|ohg|gbr|ug|ek|ev|eg|se|sce
    gmbh & co kg|gmbh co kg|gmbh und co kg|gmbh & co kgaa|ag & co kg|ug haftungsbeschrankt|gesmbh|ges mbh|gesellschaft mbh
    sa|sas|sasu|sarl|eurl|snc|sci|scop|scs|sca|spa|srl|srls|sapa|ss|scarl|sl|slu|sau|slp|slne|scp|lda|ltda|limitada|eireli|epp
    sc|sa de cv|s de rl de cv|sapi de cv|cia|bv|nv|vof|cv|bvba|sprl|asbl|vzw|cvba|ab|as|asa|aps|is|ks|ivs|oy|oyj|ry|ky|hf|ehf
    sp zoo|sp z oo|spzoo|spolka z oo|spolka z ograniczona odpowiedzialnoscia|spolka akcyjna|sp k|sp j|sp p|ska|psa
    sp zoo sp k|sp z oo sp k|sp zoo spolka komandytowa|sp z oo spolka komandytowa|spolka komandytowa|spolka jawna
    aktiengesellschaft|aktiebolag|aktieselskab|gesellschaft mit beschrankter haftung|public co ltd|public company limited
    sro|spol sro|vos|kft|zrt|nyrt|bt|kkt|rt|doo|dd|ad|eood|ood|ead|sia|uab|ou|mb|ooo|oao|zao|pao|ao|tov
    kk|kabushiki kaisha|gk|yk|co ltd|company limited|sdn bhd|bhd|tbk|pt|jsc|ojsc|cjsc|llc fze|fze|fzco|fz llc|wll|saoc|saog
    """.replace("\n", "|").replace("    ", "").split("|")
) - {""}  # fmt: skip
_LONGEST_FORM = max(len(form.split()) for form in LEGAL_FORMS)
#: Stand before a name rather than behind it.
_LEADING_FORMS = frozenset(
    {"pt", "ooo", "oao", "zao", "ao", "pao", "tov", "uab", "sia", "ab", "as", "sa", "sas", "sarl", "the"}
)
_SIGNS = re.compile(r"[^\w&]+|_")


@lru_cache(1 << 16)
def name_key(name: str) -> str | None:
    """
    Return the name without legal form, case, accents and punctuation; None when nothing is left.

    ``Brightpath Sp. z o.o.``, ``BRIGHTPATH`` and ``Brightpath, Inc.`` are one key. Where the legal form is
    all there is (``AG``), it is the name.
    """
    words = _initials_joined(_SIGNS.sub(" ", _plain(name).replace("'", "").replace("\u2019", "")).split())
    kept = _without_leading(_without_forms(words))
    found = " ".join("and" if word == "&" else word for word in kept) or " ".join(words)
    return found[:255] or None


def _plain(name: str) -> str:
    folded = unicodedata.normalize(
        "NFKD", name.casefold().replace("ł", "l").replace("ø", "o").replace("đ", "d")
    )
    return "".join(each for each in folded if not unicodedata.combining(each))


def _initials_joined(words: list[str]) -> list[str]:
    """Join letters that stand alone: ``s a`` is ``sa``, ``a b c`` is ``abc``."""
    joined: list[str] = []
    was_initial = False
    for word in words:
        is_initial = len(word) == 1 and word.isalpha()
        if is_initial and was_initial:
            joined[-1] += word
        else:
            joined.append(word)
        was_initial = is_initial
    return joined


def _without_forms(words: list[str]) -> list[str]:
    while len(words) > 1:
        for count in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
            if " ".join(words[-count:]) in LEGAL_FORMS:
                words = words[:-count]
                break
        else:
            break
    while len(words) > 1 and words[-1] in ("&", "and", "und", "et"):
        words = words[:-1]
    return words


def _without_leading(words: list[str]) -> list[str]:
    return words[1:] if len(words) > 1 and words[0] in _LEADING_FORMS else words


_WEB = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/*(?:[^/@\s]*@)?(?P<host>[^/:?#\s]+)", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@lru_cache(1 << 16)
def domain_of(website: str) -> str | None:
    """
    Return the registrable domain of a website, ASCII and lower case.

    None for hosts that carry pages of many companies (social networks, site builders) and for free-mail
    and disposable ones. Raises BadValue for what is no web address.
    """
    match = _WEB.match(website.strip())
    host = _ascii(match["host"]) if match else ""
    if not _HOST.fullmatch(host):
        raise BadValue("not a web address", expected="such as brightpath.example", got=f'"{website[:80]}"')
    return None if domains.is_shared_site(host) else company_domain(host)


def _ascii(host: str) -> str:
    lowered = host.lower().strip(".").removeprefix("www.")
    if lowered.isascii():
        return lowered
    import idna

    try:
        return idna.encode(lowered, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


@lru_cache(1 << 16)
def company_domain(host: str) -> str | None:
    """Return the domain by which an address's host names an account; None for free and disposable ones."""
    if addresses.kind_of_domain(host) in (EmailKind.DISPOSABLE, EmailKind.FREE):
        return None
    return domains.registrable(host)
