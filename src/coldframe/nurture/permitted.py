"""
Does a permission to mail still hold? ``kernel.planning.permission`` as a condition of SQL, for whoever asks inside a transaction.

A test holds it equal to the kernel's own answer for every country, basis and address.
"""

from __future__ import annotations

from coldframe.kernel.planning.permission import COUNTRIES, Regime
from coldframe.kernel.vocabulary import ConsentBasis, EmailKind
from coldframe.storage import reads

PURPOSE = "marketing_email"
_IS_CONSENT = f"c.basis = '{ConsentBasis.CONSENT.value}'"
_IS_CONTRACT = f"c.basis = '{ConsentBasis.CONTRACT.value}'"


def no_permission(*, lead: str, account: str, now: str) -> str:
    """
    Return the SQL that says that nothing on file lets a lead be mailed.

    ``lead`` and ``account`` are the aliases of their tables, ``now`` an instant as SQL. For how long a basis implies
    consent is left to the touch, which knows until when it was permitted.
    """
    mine = f"c.lead_id = {lead}.id AND c.purpose = {reads.text(PURPOSE)}"
    country = f"COALESCE({lead}.country, {account}.country, '')"
    withdrawn = f"c.withdrawn_at <= {now}"
    lasts = (
        f"(c.withdrawn_at IS NULL OR c.withdrawn_at > {now}) AND (c.given_at IS NULL OR c.given_at <= {now})"
        f" AND (c.expires_at IS NULL OR c.expires_at > {now})"
    )
    free = f"{country} IN ({_of(Regime.OPT_OUT)})"
    return (
        f"NOT EXISTS (SELECT 1 FROM leads_consent c WHERE {mine} AND {lasts} AND {_is_enough(lead, country)})"
        f" AND NOT ({free} AND NOT EXISTS (SELECT 1 FROM leads_consent c WHERE {mine} AND {withdrawn}))"
    )


def _is_enough(lead: str, country: str) -> str:
    """A basis is one that the country takes."""
    takes = {
        Regime.PROVEN: f"({_IS_CONSENT} AND c.confirmed_at IS NOT NULL) OR {_IS_CONTRACT}",
        Regime.EXPRESS: f"{_IS_CONSENT} OR {_IS_CONTRACT}",
        Regime.IMPLIED: f"{_IS_CONSENT} OR c.given_at IS NOT NULL",
        Regime.OPT_OUT: "1 = 1",
    }
    cases = [f"WHEN {country} IN ({_of(regime)}) THEN ({rule})" for regime, rule in takes.items()]
    otherwise = f"{_IS_CONSENT} OR {_IS_CONTRACT} OR {lead}.email_kind = '{EmailKind.BUSINESS.value}'"
    return f"CASE {' '.join(cases)} ELSE ({otherwise}) END"


def _of(regime: Regime) -> str:
    """The countries of a regime, listed."""
    return ", ".join(reads.text(code) for code, country in COUNTRIES.items() if country.regime is regime)
