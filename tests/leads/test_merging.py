"""Two leads become one: nothing of either is lost, and it can be taken back exactly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from coldframe.activity import operations as activity
from coldframe.activity.models import Event
from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import HandoffState, LeadStatus, SuppressionReason, TouchState
from coldframe.leads import consent, merged, merging, parting
from coldframe.leads import operations as leads
from coldframe.leads.models import Consent, Identity, Lead, Opportunity, Pause, Suppression
from coldframe.nurture import joining, queries
from coldframe.nurture.models import Override, Standing, Touch, Transition
from tests import world
from tests.leads.importing.files import imported, write
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

LATER = NOW + timedelta(hours=1)
#: What a merge and its undoing write for good: that they were, and that accounts are to be looked at.
TRACES = {
    "leads_merge",
    "leads_mergestep",
    "leads_accountdue",
    "nurture_transition",
    "sqlite_sequence",
    "django_migrations",
}


def snapshot() -> dict[str, list[Any]]:
    """Return every row of every table but the traces of merging."""
    found = {}
    for model in apps.get_models():
        table = model._meta.db_table
        if table not in TRACES and not table.startswith("django"):
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def pair() -> tuple[Lead, Lead]:
    """Return two records of Anna, each with something of everything."""
    anna = world.anna(phone=None, city=None, custom={"tier": "gold"})
    double = world.lead(
        world.account(is_personal=True), first_name="Ania", last_name="Kowalska", email="anna@home.example", phone="+48 555",
        entered_at=NOW - 3 * DAY, custom={"tier": "silver", "region": "north"},
    )  # fmt: skip
    cast.may_mail(anna, double)
    for lead, path in ((anna, "/pricing"), (double, "/blog")):
        world.event(lead, path=path)
        Identity.objects.create(lead=lead, source="crm", external_id=f"c{lead.pk}")
        consent.pause(lead_id=lead.pk, until=NOW + DAY * (1 + (lead == double)), source="person", at=NOW)
        Override.objects.create(
            lead=lead,
            account=lead.account,
            is_paused=True,
            reason="wait",
            set_by="ola",
            set_at=NOW,
            until=NOW + DAY,
        )
    Opportunity.objects.create(
        lead=double, account=double.account, source="crm", external_id="d1", state="OPEN", created_at=NOW
    )
    leads.suppress(reason=SuppressionReason.COMPLAINT, source="mail", at=NOW, lead_ids=[double.pk])
    return anna, double


def merge(lead: Lead, into: Lead, *, by: str = "ola") -> None:
    merging.merge(lead_id=lead.pk, into_id=into.pk, by=by, reason="the same person", at=LATER)


@pytest.mark.django_db
def test_everything_of_the_one_is_the_other_s() -> None:
    anna, double = pair()

    merge(double, anna)

    anna.refresh_from_db()
    double.refresh_from_db()
    assert (double.merged_into, double.voided_at) == (anna, LATER)
    assert set(
        Event.objects.filter(lead=anna, account=anna.account).values_list("shape__path", flat=True)
    ) == {"/pricing", "/blog"}
    assert Suppression.objects.filter(lead=anna, reason="COMPLAINT").exists()
    assert Opportunity.objects.get().lead == anna
    assert Opportunity.objects.get().account == anna.account
    assert (anna.phone, anna.first_name, anna.entered_at) == ("+48 555", "Anna", NOW - 3 * DAY)
    assert anna.custom == {"tier": "gold", "region": "north"}
    assert Pause.objects.filter(lead=anna, ended_at=None).get().until == NOW + 2 * DAY
    assert queries.find_lead("anna@home.example") == anna.pk
    assert queries.find_lead(f"crm:c{double.pk}") == anna.pk
    assert queries.find_lead(str(double.public_id)) == anna.pk
    assert merged.identities_of(anna.pk) == sorted([("crm", f"c{anna.pk}"), ("crm", f"c{double.pk}")])


@pytest.mark.django_db
def test_taken_back_every_row_is_what_it_was() -> None:
    anna, double = pair()
    before = snapshot()

    merge(double, anna)
    assert snapshot() != before
    parting.unmerge(lead_id=double.pk, by="ola", at=LATER)

    assert snapshot() == before


@pytest.mark.django_db
def test_merges_on_merges_are_taken_back_in_any_order() -> None:
    anna, double = pair()
    third = world.lead(world.account(is_personal=True), first_name="A.", email="a.k@mail.example")
    world.event(third, path="/third")
    before = snapshot()

    merge(third, double)
    merge(double, anna)
    assert Event.objects.filter(lead=anna).count() == 3
    assert merged.root_of(third.pk) == anna.pk
    parting.unmerge(lead_id=third.pk, by="ola", at=LATER)
    assert Event.objects.get(shape__path="/third").lead == third
    parting.unmerge(lead_id=double.pk, by="ola", at=LATER)

    assert snapshot() == before


@pytest.mark.django_db
def test_what_came_in_meanwhile_stays_with_whom_it_came_by() -> None:
    anna, double = pair()
    merge(double, anna)

    for number, lead in enumerate((anna, double)):
        event = activity.NewEvent(
            source="app",
            external_id=f"e{number}",
            lead_id=lead.pk,
            kind="page",
            path=f"/late-{number}",
            occurred_at=LATER,
        )
        activity.record_events([event], at=LATER)
    assert Event.objects.filter(lead=anna, account=anna.account).count() == 4
    parting.unmerge(lead_id=double.pk, by="ola", at=LATER)

    assert Event.objects.get(shape__path="/late-0").lead == anna
    late = Event.objects.get(shape__path="/late-1")
    assert (late.lead, late.account) == (double, double.account)


@pytest.mark.django_db
def test_a_no_by_the_one_s_link_or_address_is_the_person_s_also_after_they_are_parted() -> None:
    anna, double = pair()
    Suppression.objects.all().delete()
    merge(double, anna)

    leads.unsubscribe(lead_id=double.pk, source="link", at=LATER)

    assert set(Suppression.objects.exclude(lead=None).values_list("lead_id", flat=True)) == {
        anna.pk,
        double.pk,
    }
    said = set(Suppression.objects.exclude(email=None).values_list("email", flat=True))
    assert said == {"anna@brightpath.example", "anna@home.example"}
    parting.unmerge(lead_id=double.pk, by="ola", at=LATER)
    assert Suppression.objects.filter(lead__in=[anna, double]).count() == 2


@pytest.mark.django_db
def test_a_suppressed_address_of_the_one_suppresses_the_other() -> None:
    anna, double = world.anna(), world.tom()
    Suppression.objects.create(
        email=double.email, reason="HARD_BOUNCE", source="mail", suppressed_at=NOW, created_at=NOW
    )

    merge(double, anna)
    assert Suppression.objects.filter(lead=anna).get().reason == "HARD_BOUNCE"

    parting.unmerge(lead_id=double.pk, by="ola", at=LATER)
    assert not Suppression.objects.filter(lead=anna).exists()


@pytest.mark.django_db
def test_a_permission_that_was_given_before_it_was_taken_back_elsewhere_is_taken_back() -> None:
    anna, double = world.anna(), world.tom()
    cast.may_mail(anna, double)
    leads.withdraw_consent(lead_id=anna.pk, at=NOW)

    merge(double, anna)

    assert not Consent.objects.filter(lead=anna, withdrawn_at=None).exists()
    parting.unmerge(lead_id=double.pk, by="ola", at=LATER)
    assert Consent.objects.filter(lead=double, withdrawn_at=None).count() == 1


@pytest.mark.django_db
def test_a_file_that_names_the_one_means_the_other(tmp_path: Any) -> None:
    anna, double = pair()
    merge(double, anna)

    imported(
        write(tmp_path, ("Id", "Email", "City"), (f"c{double.pk}", "anna@home.example", "Lodz")), source="crm"
    )

    anna.refresh_from_db()
    double.refresh_from_db()
    assert (anna.city, anna.email) == ("Lodz", "anna@brightpath.example")
    assert double.voided_at is not None
    assert Lead.objects.filter(voided_at=None).count() == 1


@pytest.mark.django_db
def test_a_file_with_rows_of_both_brings_the_address_that_it_has_of_the_one_that_stays(tmp_path: Any) -> None:
    anna, double = pair()
    merge(double, anna)
    names = ("Id", "Email")
    of_double = (f"c{double.pk}", "anna@home.example")

    for address in ("anna@new.example", "anna@home.example"):
        imported(write(tmp_path, names, (f"c{anna.pk}", address), of_double), source="crm")

        # What the file says of her own id counts, also where it is an address that the other one had.
        assert Lead.objects.get(voided_at=None).email == address


@pytest.mark.django_db
def test_a_new_address_of_the_one_in_a_file_is_a_change_of_address(tmp_path: Any) -> None:
    anna, double = pair()
    merge(double, anna)

    imported(write(tmp_path, ("Id", "Email"), (f"c{double.pk}", "anna@new.example")), source="crm")

    assert Lead.objects.get(voided_at=None).email == "anna@new.example"


@pytest.mark.django_db
def test_what_cannot_be_one_is_refused() -> None:
    anna, tom = world.anna(), world.tom()
    with pytest.raises(merging.CannotMerge, match="itself"):
        merge(anna, anna)
    merge(tom, anna)
    with pytest.raises(merging.CannotMerge, match="merged before"):
        merge(tom, anna)
    parting.unmerge(lead_id=tom.pk, by="ola", at=LATER)
    with pytest.raises(parting.NotMerged):
        parting.unmerge(lead_id=tom.pk, by="ola", at=LATER)


@pytest.mark.django_db
def test_contacts_that_were_planned_are_what_they_were_when_taken_back() -> None:
    one, other = two_with_the_same_planned()
    before = snapshot()

    merge(other, one)
    parting.unmerge(lead_id=other.pk, by="ola", at=LATER)

    assert snapshot() == before


def two_with_the_same_planned() -> tuple[Lead, Lead]:
    """Return two leads for whom the same content is on its way."""
    cast.use_playbook()
    one, other = cast.reader(1), cast.reader(2)
    planned: dict[int, str] = {}
    for hour in range(100):
        cast.decide(NOW + hour * HOUR, one, other)
        planned |= dict(Touch.objects.filter(state=TouchState.PLANNED).values_list("lead_id", "content_key"))
        if len(planned) == 2:
            break
    assert len(set(planned.values())) == 1
    return one, other


@pytest.mark.django_db(transaction=True)
def test_no_message_of_the_one_leaves_and_no_content_reaches_the_person_twice() -> None:
    one, other = two_with_the_same_planned()
    had = Touch.objects.get(lead=other).content_key
    Touch.objects.filter(lead=other).update(state=TouchState.SENT.value, settled_at=NOW)
    merge(other, one)
    post = cast.Post()

    cast.live(days=40, handler=post)

    assert post.arrived
    sent = Touch.objects.filter(pk__in=[message.subject_id for message in post.arrived])
    assert set(sent.values_list("lead_id", flat=True)) == {one.pk}
    assert had not in set(sent.values_list("content_key", flat=True))


@pytest.mark.django_db(transaction=True)
def test_messages_of_the_one_that_were_on_their_way_are_withdrawn() -> None:
    one, other = two_with_the_same_planned()
    merge(other, one)
    post = cast.Post()

    cast.live(days=40, handler=post)

    keys = list(
        Touch.objects.filter(pk__in=[message.subject_id for message in post.arrived]).values_list(
            "content_key", flat=True
        )
    )
    assert keys
    assert len(keys) == len(set(keys))
    assert {message.recipient for message in post.arrived} == {one.email}


@pytest.mark.django_db
def test_whoever_is_with_sales_is_there_as_the_one_that_stays() -> None:
    cast.use_playbook()
    one, other = cast.reader(1), cast.reader(2)
    cast.decide(NOW)
    Standing.objects.filter(lead=other).update(status=LeadStatus.SALES_REVIEW.value)
    Handoff.objects.create(
        lead=one,
        account=one.account,
        episode=1,
        trigger="x",
        opened_at=NOW - DAY,
        deadline_at=NOW,
        state="ANSWERED",
    )
    Handoff.objects.create(
        lead=other, account=other.account, episode=1, trigger="y", opened_at=NOW, deadline_at=NOW + DAY
    )
    before = snapshot()

    merge(other, one)

    assert Standing.objects.get(lead=one).status == LeadStatus.SALES_REVIEW.value
    assert [(each.episode, each.state) for each in Handoff.objects.filter(lead=one).order_by("episode")] == [
        (1, "ANSWERED"),
        (2, HandoffState.OPEN),
    ]
    assert Transition.objects.filter(lead=one).latest("id").reason == joining.REASON
    parting.unmerge(lead_id=other.pk, by="ola", at=LATER)
    assert snapshot() == before
    assert Transition.objects.filter(lead=one).latest("id").reason == joining.REASON_BACK
