"""Where leads stand, in the answers a person asks for: of what the policy says and what came of it."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import Case, CharField, Q, Value, When

from coldframe.kernel.vocabulary import Disposition, LeadStatus


class Group(StrEnum):
    """An answer a person asks for; every lead is in exactly one."""

    #: Sales should have it now: it is before sales, or would be.
    TO_SALES = "to-sales"
    #: Sales works on it: accepted, which an open or won deal of its account is too.
    WITH_SALES = "with-sales"
    NURTURE = "nurture"
    LET_GO = "let-go"
    #: Not assessed yet.
    NEW = "new"


#: What settles the group, whatever the policy says: sales' answer and people's word are in the status.
BY_STATUS = {
    LeadStatus.SALES_ACCEPTED: Group.WITH_SALES,
    LeadStatus.SALES_REVIEW: Group.TO_SALES,
    LeadStatus.DISQUALIFIED: Group.LET_GO,
}


def group_of(*, disposition: str | None, status: str | None) -> Group:
    """Return the group of a lead from the columns of its standing; no disposition: it has none."""
    if disposition is None:
        return Group.NEW
    to_sales = Group.TO_SALES if disposition == Disposition.TO_SALES else Group.NURTURE
    if status is None:
        return Group.LET_GO if disposition == Disposition.LET_GO else to_sales
    return BY_STATUS.get(LeadStatus(status), to_sales)


def expression() -> Case:
    """Return ``group_of`` for the database, of a standing."""
    by_status = [When(status=status.value, then=Value(group.value)) for status, group in BY_STATUS.items()]
    waits = When(disposition=Disposition.TO_SALES.value, then=Value(Group.TO_SALES.value))
    return Case(*by_status, waits, default=Value(Group.NURTURE.value), output_field=CharField())


#: Over ``Lead``.
CONDITIONS: dict[str, Q] = {
    Group.NEW: Q(standing__isnull=True),
    **{group: Q(standing__group=group) for group in Group if group is not Group.NEW},
}
