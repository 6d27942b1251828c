"""Companies: the key of a name, the domain of a website."""

from __future__ import annotations


def name_key(name: str) -> str | None:
    """Return the name without legal form, case and punctuation; None when nothing is left."""
    raise NotImplementedError


def domain_of(website: str) -> str | None:
    """Return the registrable domain of a website; None for free hosts and social pages. Raises BadValue."""
    raise NotImplementedError


def company_domain(host: str) -> str | None:
    """Return the domain by which an address's host names an account; None for free and disposable ones."""
    raise NotImplementedError
