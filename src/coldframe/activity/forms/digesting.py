"""Making facts of forms that were sent in: who it is, that it was sent in, and what was agreed to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from coldframe.activity import call_digest
from coldframe.activity.call_digest import Resolve
from coldframe.activity.calls import Call, CallType
from coldframe.activity.digesting import SetAside
from coldframe.activity.forms import catalog, confirmations
from coldframe.activity.forms.definition import TRAITS, Confirm, Form
from coldframe.activity.models import Arrival, Source
from coldframe.kernel.planning import permission
from coldframe.kernel.vocabulary import EmailKind
from coldframe.leads import merged, suppression
from coldframe.leads import operations as leads
from coldframe.leads.consent import Permission
from coldframe.leads.importing import addresses, countries
from coldframe.leads.models import Lead

#: An answer to one of our questions; its topic names the field.
ANSWERED = "answered"
#: How traits of a company begin.
COMPANY = "company."


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A form that was sent in, as it was stored."""

    arrival_id: int
    source: str
    source_id: int
    form: Form
    received_at: datetime
    nonce: str
    #: Normalized.
    email: str
    values: Mapping[str, str]
    #: The words agreed to; None: none were.
    consent: str | None = None
    version: str = ""
    network: str = ""
    campaign: str = ""
    #: Fields that stood on the page beside the form's own.
    questions: tuple[str, ...] = ()
    #: It was sent in earlier, and its owner has confirmed it now.
    is_confirmed: bool = False
    suspicions: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class FormDigester:
    """Digests arrivals of the kind FORM."""

    #: Says who is meant; called as ``resolve(calls, at=at)``.
    resolve: Resolve

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """Record who sent forms in, and keep what they agreed to; set aside what a machine filled in."""
        sources = Source.objects.in_bulk({each.source_id for each in arrivals if each.source_id is not None})
        sent: list[Sent] = []
        aside: list[SetAside] = []
        for each in arrivals:
            made = read(each, sources[each.source_id or 0])
            if made is None:
                aside.append(SetAside(arrival_id=each.pk, reason="the person is not here any more"))
            elif made.suspicions:
                reason = "suspected: " + "; ".join(made.suspicions)
                aside.append(SetAside(arrival_id=each.pk, reason=reason))
            else:
                sent.append(made)
        calls = [call for each in sent for call in calls_of(each)]
        aside += call_digest.record_calls(calls, resolve=self.resolve, at=at)
        self.keep_consents(sent, at=at)
        return aside

    def keep_consents(self, sent: Sequence[Sent], *, at: datetime) -> None:
        """Put the consents on file, or ask their givers first."""
        agreed = [each for each in sent if each.consent]
        rows = Lead.objects.filter(email__in={each.email for each in agreed}).select_related("merged_into")
        # Whoever has an address today goes before those who had it when they were merged.
        known = sorted(rows, key=lambda lead: (lead.voided_at is None, lead.pk))
        people = {
            lead.email: lead.merged_into or lead
            for lead in known
            if lead.voided_at is None or lead.merged_into
        }
        for each in agreed:
            if lead := people.get(each.email):
                self.keep_consent(each, lead, at=at)

    def keep_consent(self, sent: Sent, lead: Lead, *, at: datetime) -> None:
        """Put one consent on file, or ask for it by mail: where the law, the form or an earlier no asks for proof."""
        wording = sent.consent or ""
        if must_ask(sent, lead):
            confirmations.ask(
                lead_id=lead.pk,
                email=sent.email,
                form=sent.source,
                version=sent.version,
                wording=wording,
                network=sent.network,
                values=sent.values,
                given_at=sent.received_at,
            )
            return
        proof = f"form version {sent.version}; network {sent.network or 'not known'}"
        given = Permission(
            wording=wording, source=f"form {sent.source}", given_at=sent.received_at, proof=proof
        )
        own = merged.owner_of(lead.pk, email=sent.email)
        leads.give_consent(lead_id=own, permission=given, at=at)


def must_ask(sent: Sent, lead: Lead) -> bool:
    """Return whether a consent counts only once it is confirmed by mail."""
    if suppression.is_suppressed(lead_id=lead.pk, email=sent.email):
        return True
    if sent.form.confirm is not Confirm.BY_COUNTRY:
        return sent.form.confirm is Confirm.ALWAYS
    country = country_of(sent, lead)
    return country is None or permission.asks_for_proof(country)


def country_of(sent: Sent, lead: Lead) -> str | None:
    """Return the person's country: as they say, else as it is known."""
    said = sent.values.get("lead.country") or sent.values.get("account.country")
    found = countries.find(said).code if said else None
    return found or lead.country or lead.account.country


def read(arrival: Arrival, source: Source) -> Sent | None:
    """Return a form that was sent in; None where whom it was opened for is gone."""
    body: dict[str, Any] = json.loads(bytes(arrival.body))
    found = catalog.found_of(source)
    values: dict[str, str] = body["values"]
    given = values.get("lead.email")
    email = addresses.parse(given).normalized if given else address_of(body.get("lead"))
    if not email:
        return None
    own = {each.field for each in found.form.fields}
    return Sent(
        arrival_id=arrival.pk,
        source=source.name,
        source_id=source.pk,
        form=found.form,
        received_at=arrival.received_at,
        nonce=body["nonce"],
        email=email,
        values=values,
        consent=body.get("consent"),
        version=body.get("version", ""),
        network=body.get("network", ""),
        campaign=body.get("campaign", ""),
        questions=tuple(name for name in values if name not in own),
        is_confirmed=bool(body.get("confirmed")),
        suspicions=tuple(body.get("suspicions", ())),
    )


def address_of(public_id: str | None) -> str:
    """Return the address of whom the page was opened for; empty: nobody, or none."""
    if not public_id:
        return ""
    lead = (
        Lead.objects.filter(public_id=UUID(public_id), voided_at=None).select_related("merged_into").first()
    )
    return ((lead.merged_into or lead).email or "") if lead else ""


def calls_of(sent: Sent) -> Iterator[Call]:
    """Yield what a form says, in the words of the event API; believed as far as nothing else is known."""
    shared: dict[str, Any] = {
        "arrival_id": sent.arrival_id,
        "source": sent.source,
        "source_id": sent.source_id,
        "occurred_at": sent.received_at,
        "user_id": user_id_of(sent.email),
        "only_fills": not sent.is_confirmed,
    }
    person, company = traits_of(sent)
    brought_by = {"campaign": sent.campaign} if sent.campaign else {}
    yield Call(
        type=CallType.IDENTIFY,
        message_id=f"{sent.nonce}:who",
        traits={**brought_by, **person, "email": sent.email},
        **shared,
    )
    if company and (key := company.get("domain") or company.get("name")):
        yield Call(
            type=CallType.GROUP,
            message_id=f"{sent.nonce}:company",
            group_id=key.casefold()[:128],
            traits=company,
            **shared,
        )
    if sent.is_confirmed:
        return
    yield Call(
        type=CallType.TRACK,
        message_id=sent.nonce,
        kind="form_submitted",
        form=sent.source,
        campaign=sent.campaign,
        properties={name: value for name, value in sent.values.items() if name != "lead.email"},
        **shared,
    )
    for name in sent.questions:
        yield Call(
            type=CallType.TRACK,
            message_id=f"{sent.nonce}:{name}",
            kind=ANSWERED,
            topic=name,
            properties={"answer": sent.values[name]},
            **shared,
        )
    if sent.form.asset:
        yield Call(
            type=CallType.TRACK,
            message_id=f"{sent.nonce}:asset",
            kind="asset_downloaded",
            asset=sent.form.asset,
            **shared,
        )


def user_id_of(email: str) -> str:
    """Return by what a form knows a person: the address, where it fits."""
    return email[:128]


def traits_of(sent: Sent) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is said of the person, and of the company: its domain is that of the person's address."""
    person: dict[str, str] = {}
    company: dict[str, str] = {}
    for name, value in sent.values.items():
        trait = TRAITS.get(name) or name.rpartition(".custom.")[2]
        if trait.startswith(COMPANY):
            company[trait.removeprefix(COMPANY)] = value
        else:
            person[trait] = value
    if company:
        person |= {"company": company["name"]} if "name" in company else {}
        found = addresses.parse(sent.email)
        if "domain" not in company and found.kind is EmailKind.BUSINESS:
            company["domain"] = found.domain
    return person, company
