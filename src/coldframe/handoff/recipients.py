"""Who is told of a handoff, and where: a rep's own choice, else the address they sign in with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from coldframe.handoff.models import Handoff, Notification, Rep
from coldframe.kernel.vocabulary import Notice
from coldframe.leads.models import Lead
from coldframe.team.models import User
from coldframe.team.rights import Role

#: Who is told where nobody in particular is to be: those who lead a team, else whoever answers leads.
IN_CHARGE = (Role.SALES_LEAD, Role.SALES)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody who is told."""

    #: As owners are written; else the user's own name.
    name: str
    email: str
    language: str = ""
    hand_raises_only: bool = False
    with_calendar: bool = True


def of_all(handoffs: Sequence[Handoff], what: Notice) -> list[tuple[Handoff, Recipient]]:
    """
    Return who is told of something about each handoff: its owner; of a lapse, and where there is no owner, who leads the team.

    They are told too where nobody knows how to reach the owner, for somebody must hear of it. Whoever wants no mail is
    not among them, nor whoever is told of hand raises alone where there was none.
    """
    owners = {handoff.owner for handoff in handoffs}
    leading = in_charge() if owners else []
    of_owner = {owner: for_owner(owner, what, leading) for owner in owners}
    return [
        (handoff, each)
        for handoff in handoffs
        for each in of_owner[handoff.owner]
        if handoff.is_hand_raise or not each.hand_raises_only
    ]


def for_owner(owner: str | None, what: Notice, leading: list[Recipient]) -> list[Recipient]:
    """Return who is told of what an owner has."""
    if what is Notice.LAPSED or not owner:
        return leading
    return of_rep(owner) or ([] if wants_no_mail(owner) else leading)


def of_rep(name: str) -> list[Recipient]:
    """Return where a rep is told: one address, or none."""
    users = User.objects.filter(is_active=True, rep=name).exclude(email="").order_by("pk")
    user = users.first()
    return chosen(name, user)[:1]


def wants_no_mail(name: str) -> bool:
    """Return whether a rep has chosen not to be told by mail."""
    return Rep.objects.filter(name=name, by_email=False).exists()


def in_charge() -> list[Recipient]:
    """Return the users who lead sales, each once; where there is none, all who answer leads."""
    for role in IN_CHARGE:
        users = User.objects.filter(is_active=True, role=role.value).exclude(email="").order_by("pk")
        found = {each.email.lower(): each for user in users for each in chosen(user.rep, user)}
        if found:
            return list(found.values())
    return []


def chosen(name: str, user: User | None) -> list[Recipient]:
    """Return where somebody is told, by what they chose; nobody where that is nowhere."""
    rep = Rep.objects.filter(name=name).first() if name else None
    email = (rep.email if rep else "") or (user.email if user else "")
    if not email or (rep is not None and not rep.by_email):
        return []
    return [
        Recipient(
            name=name or (user.get_full_name() or user.get_username() if user else ""),
            email=email,
            language=user.language if user else "",
            hand_raises_only=rep.hand_raises_only if rep else False,
            with_calendar=rep.with_calendar if rep else True,
        )
    ]


def find_user(told: Notification) -> User | None:
    """Return who was told, by the address, else by the name of the rep; None where they do not sign in."""
    users = User.objects.filter(is_active=True).order_by("pk")
    by_address = users.filter(email__iexact=told.address).first()
    return by_address or (users.filter(rep=told.to).first() if told.to else None)


def choice_of(name: str) -> Recipient | None:
    """Return how a rep is told now, or None where they are not."""
    return next(iter(of_rep(name)), None)


def are_leads(addresses: Iterable[str]) -> Collection[str]:
    """Return which of some addresses are a lead's: what sales says of leads never goes to one."""
    lower = {each.lower() for each in addresses}
    found = Lead.objects.filter(email__in=lower, voided_at=None).values_list("email", flat=True)
    return {each for each in found if each is not None}
