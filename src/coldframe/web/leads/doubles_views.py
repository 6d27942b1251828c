"""Those who may be one person: parse, ask, render; a person says whether they are."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coldframe import clock
from coldframe.activity.identity import contested
from coldframe.leads import operations as leads
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.leads import asking, doubles_page

#: Why two were merged, as it is kept with the merge.
REASON = "calls name both as one person, and somebody agreed"


@access.asks_for(Right.SEE)
@require_safe
def doubles(request: HttpRequest) -> HttpResponse:
    """Show the pairs of people whom calls name as one, of which somebody has to say whether they are."""
    may_change = access.person_of(request).may(Right.EDIT_LEADS)
    page = doubles_page.build(may_change=may_change, now=clock.now())
    return render(request, "web/leads/doubles.html", {"page": page})


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Merge two people, or settle that they are two, and note it."""
    person, now = access.person_of(request), clock.now()
    stays, other = (id_of(asking.typed(request.POST, name)) for name in ("stays", "other"))
    pair = contested.find_open(one=stays, other=other)
    if asking.typed(request.POST, "are") == "two":
        contested.say_two(pair, by=person.name, at=now)
        team.note(
            by=person, what="leads.told_apart", at=now, subject=str(stays), details={"other": str(other)}
        )
        messages.success(request, _("They stay two people, and nobody is asked again."))
        return redirect("web:leads-doubles")
    into, gone = sorted(pair.leads, key=lambda lead: lead.public_id != stays)
    leads.merge_leads(lead_id=gone.pk, into_id=into.pk, by=person.name, reason=REASON, at=now)
    team.note(by=person, what="leads.merged", at=now, subject=str(stays), details={"other": str(other)})
    messages.success(request, _("They are one person now. It can be taken back: coldframe leads unmerge."))
    return redirect("web:leads-doubles")


def id_of(text: str) -> UUID:
    """Return a public id. Raises ``NotContested`` for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise contested.NotContested(_("The form does not say which two."), got=text[:40]) from error
