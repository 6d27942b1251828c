from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.kernel.playbook import parsing
from coldframe.kernel.vocabulary import EmailKind, Evidence, OpportunityState, SuppressionReason
from coldframe.library import starters
from coldframe.simulation import company, content, market, names
from coldframe.simulation.market import Story
from coldframe.simulation.records import SimulatedCompany, SimulatedLead

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SEEDS = (11, 7, 1)
RESERVED = (".example", ".test")


@cache
def simulated(seed: int) -> SimulatedCompany:
    return company.simulate(seed=seed, as_of=NOW)


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed {seed}")
def history(request: pytest.FixtureRequest) -> SimulatedCompany:
    return simulated(request.param)


def fits_by_source(seeds: tuple[int, ...]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for seed in seeds:
        for lead in simulated(seed).leads:
            found[lead.source].append(simulated(seed).accounts[lead.account].truth.fit)
    return {source: mean(fits) for source, fits in found.items()}


def test_the_same_seed_and_day_give_the_same_history() -> None:
    later_that_day = NOW + timedelta(hours=8)

    again = company.simulate(seed=7, as_of=later_that_day)

    assert replace(again, as_of=NOW) == simulated(7)


def test_another_seed_is_another_company() -> None:
    assert {lead.email for lead in simulated(7).leads} != {lead.email for lead in simulated(1).leads}


def test_another_day_shifts_the_same_history() -> None:
    days = timedelta(days=100)

    later = company.simulate(seed=7, as_of=NOW + days)

    before = simulated(7)
    assert [replace(event, occurred_at=event.occurred_at + days) for event in before.events] == list(
        later.events
    )
    assert [replace(lead, entered_at=lead.entered_at + days) for lead in before.leads] == list(later.leads)
    assert [account.renewal_on and account.renewal_on + days for account in before.accounts] == [
        account.renewal_on for account in later.accounts
    ]


def test_no_address_and_no_domain_can_exist(history: SimulatedCompany) -> None:
    domains = [account.domain for account in history.accounts if account.domain]
    hosts = [lead.email.rpartition("@")[2] for lead in history.leads if lead.email]

    assert [each for each in domains + hosts if not each.endswith(RESERVED)] == []
    assert len(domains) == len(set(domains))
    assert [
        each for each, times in Counter(lead.email for lead in history.leads).items() if each and times > 1
    ] == []
    assert all(lead.email is None or lead.email.isascii() for lead in history.leads)
    assert all(each.phone is None or " 555 01" in each.phone for each in (*history.accounts, *history.leads))


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_the_seed_nobody_shares_an_address_and_nothing_is_there_twice(seed: int) -> None:
    history = company.simulate(seed=seed, as_of=NOW)

    for things in (
        [lead.email for lead in history.leads if lead.email],
        [account.domain for account in history.accounts if account.domain],
        [(each.lead, each.reason) for each in history.suppressions],
        [(each.lead, each.basis) for each in history.consents],
    ):
        assert [thing for thing, times in Counter(things).items() if times > 1] == []


def test_an_address_is_of_the_kind_that_it_says(history: SimulatedCompany) -> None:
    hosts: dict[EmailKind | None, set[str | None]] = defaultdict(set)
    for lead in history.leads:
        host = lead.email.rpartition("@")[2] if lead.email else None
        if lead.email_kind is EmailKind.BUSINESS:
            assert host == history.accounts[lead.account].domain
        else:
            hosts[lead.email_kind].add(host)

    assert hosts[None] == {None}
    assert hosts[EmailKind.FREE] <= set(names.FREE_DOMAINS)
    assert hosts[EmailKind.DISPOSABLE] <= set(names.DISPOSABLE_DOMAINS)
    assert hosts[EmailKind.ACADEMIC] <= set(names.ACADEMIC_DOMAINS)


def test_everything_refers_to_what_is_there(history: SimulatedCompany) -> None:
    leads, accounts = history.leads, history.accounts

    assert [each.key for each in leads] == list(range(len(leads)))
    assert [each.key for each in accounts] == list(range(len(accounts)))
    assert {lead.account for lead in leads} == set(range(len(accounts)))
    assert {event.lead for event in history.events} <= set(range(len(leads)))
    assert all(
        deal.lead is None or leads[deal.lead].account == deal.account for deal in history.opportunities
    )
    for things in (leads, accounts, history.events, history.opportunities):
        assert len({each.external_id for each in things}) == len(things)


def test_everything_lies_within_the_history_and_before_its_end(history: SimulatedCompany) -> None:
    begin = NOW - timedelta(days=market.HISTORY_DAYS + 1)
    instants = [event.occurred_at for event in history.events]

    assert begin < min(instants)
    assert max(instants) < NOW
    assert instants == sorted(instants)
    assert [
        each for each in history.events if each.occurred_at < history.leads[each.lead].entered_at - SECOND
    ] == []
    assert all(begin < lead.entered_at < NOW for lead in history.leads)
    assert all(
        deal.opened_at < (deal.closed_at or NOW) <= NOW and (deal.closed_at is None) == (deal.state == "OPEN")
        for deal in history.opportunities
    )


SECOND = timedelta(seconds=1)


def test_an_account_begins_with_its_first_lead(history: SimulatedCompany) -> None:
    first: dict[int, datetime] = {}
    for lead in history.leads:
        first[lead.account] = min(first.get(lead.account, lead.entered_at), lead.entered_at)

    assert {account.key: account.created_at for account in history.accounts} == first


def test_the_demo_has_the_size_that_is_promised(history: SimulatedCompany) -> None:
    assert 420 <= len(history.accounts) <= 480
    assert 1_100 <= len(history.leads) <= 1_350
    assert 25_000 <= len(history.events) <= 40_000
    assert {Story(account.truth.story) for account in history.accounts} == set(Story)


def test_sources_differ_in_quality_in_the_expected_direction() -> None:
    fit = fits_by_source(SEEDS)

    assert fit["referral"] > fit["organic search"] > fit["paid search"] > fit["cold list"]
    assert fit["partner"] > fit["content download"] > fit["cold list"]


def test_the_worse_a_source_the_more_is_missing() -> None:
    missing: dict[str, list[bool]] = defaultdict(list)
    for seed in SEEDS:
        for lead in simulated(seed).leads:
            if not simulated(seed).accounts[lead.account].is_personal:
                missing[lead.source].append(lead.role is None)
    shares = {source: mean(each) for source, each in missing.items()}

    assert shares["referral"] < shares["organic search"] < shares["cold list"]
    assert 0.30 < shares["cold list"] < 0.60


def test_leads_of_better_sources_do_more() -> None:
    actions: Counter[str] = Counter()
    leads: Counter[str] = Counter()
    for seed in SEEDS:
        leads.update(lead.source for lead in simulated(seed).leads)
        actions.update(
            simulated(seed).leads[event.lead].source
            for event in simulated(seed).events
            if event.kind == "page"
        )
    visits = {source: actions[source] / leads[source] for source in leads}

    assert visits["referral"] > visits["paid search"] > visits["cold list"]


def test_sales_outcomes_follow_what_is_true_of_the_account() -> None:
    truths: dict[str, list[float]] = defaultdict(list)
    for seed in SEEDS:
        history = simulated(seed)
        for deal in history.opportunities:
            truth = history.accounts[deal.account].truth
            truths[deal.state].append(truth.fit * (0.4 + 0.6 * truth.need))
    won, lost = truths[OpportunityState.WON], truths[OpportunityState.LOST]
    concordant = mean((w > each) + 0.5 * (w == each) for w in won for each in lost)

    assert mean(won) > mean(lost)
    assert concordant > 0.65


def test_every_lost_deal_has_a_reason_and_no_other_has(history: SimulatedCompany) -> None:
    reasons = {
        deal.state: {each.lost_reason for each in history.opportunities if each.state == deal.state}
        for deal in history.opportunities
    }

    assert reasons[OpportunityState.WON] == reasons[OpportunityState.OPEN] == {None}
    assert reasons[OpportunityState.LOST] <= set(market.LOST_REASONS)
    assert "not a fit" in reasons[OpportunityState.LOST]


def test_machines_click_in_bursts_and_people_do_not(history: SimulatedCompany) -> None:
    bursts: dict[int, list[datetime]] = defaultdict(list)
    for event in history.events:
        if event.evidence is Evidence.MACHINE:
            assert event.kind == "link_clicked"
            bursts[event.lead].append(event.occurred_at)

    assert bursts
    for instants in bursts.values():
        assert len(instants) % 5 == 0
        for start in range(0, len(instants), 5):
            assert instants[start + 4] - instants[start] < timedelta(seconds=2)
    people = defaultdict(list)
    for event in history.events:
        if event.kind == "link_clicked" and event.evidence is Evidence.HUMAN:
            people[event.lead].append(event.occurred_at)
    assert min(b - a for each in people.values() for a, b in pairwise(each)) > timedelta(minutes=1)


def test_nobody_is_mailed_after_leaving(history: SimulatedCompany) -> None:
    kinds = {
        SuppressionReason.UNSUBSCRIBE: "unsubscribed",
        SuppressionReason.COMPLAINT: "complained",
        SuppressionReason.HARD_BOUNCE: "email_bounced",
    }
    left = {each.lead: each for each in history.suppressions}

    assert {each.reason for each in history.suppressions} == set(kinds)
    assert sorted((each.lead, kinds[each.reason]) for each in history.suppressions) == sorted(
        (event.lead, event.kind) for event in history.events if event.kind in kinds.values()
    )
    for event in history.events:
        if event.kind == "email_sent" and event.lead in left:
            assert event.occurred_at <= left[event.lead].suppressed_at


def test_nobody_without_an_address_is_mailed_or_has_agreed_to_be(history: SimulatedCompany) -> None:
    silent = {lead.key for lead in history.leads if lead.email is None}

    assert silent
    assert not silent & {event.lead for event in history.events if event.kind.startswith("email_")}
    assert not silent & {consent.lead for consent in history.consents}
    assert not {"cold list"} & {history.leads[consent.lead].source for consent in history.consents}


def test_the_base_has_what_real_bases_have(history: SimulatedCompany) -> None:
    leads = history.leads
    companies = [account for account in history.accounts if not account.is_personal]

    def share(found: list[bool]) -> float:
        return mean(found)

    assert 0.15 < share([account.industry is None for account in companies]) < 0.40
    assert 0.15 < share([account.employees is None for account in companies]) < 0.40
    assert 0.15 < share([lead.role is None for lead in leads]) < 0.45
    assert 0.45 < share([lead.known_problem is None for lead in leads]) < 0.85
    assert sum(lead.is_role_address for lead in leads) >= 5
    assert sum(bool(lead.left_company) for lead in leads) >= 15
    assert len(doubles(leads)) == market.DUPLICATE_COUNT


def doubles(leads: tuple[SimulatedLead, ...]) -> list[tuple[object, ...]]:
    people = Counter((lead.account, lead.first_name, lead.last_name) for lead in leads if lead.first_name)
    return [person for person, times in people.items() if times > 1]


def test_what_it_publishes_and_asks_is_what_the_shipped_playbook_knows() -> None:
    playbook = parsing.parse(starters.read(starters.DEFAULT))
    kinds = {asset.key: asset.kind for asset in playbook.assets}
    used = {key for keys in content.ASSETS.values() for key in keys}

    assert used <= kinds.keys()
    assert kinds[content.SALES_ASSET] == "sales"
    assert set(market.PROBLEMS) == set(playbook.completeness.questions["lead.known_problem"].options)
    assert set(market.TIMELINES) == set(playbook.completeness.questions["lead.timeline"].options)
    assert set(names.COMPETITORS.values()) == set(playbook.lists["competitors"])
    assert set(market.UNRELATED_OFFERS) <= set(playbook.lists["unrelated_offers"])
    for stage, keys in content.ASSETS.items():
        assert {asset.stage for asset in playbook.assets if asset.key in keys} == {stage}


def test_a_size_that_is_not_there_is_refused() -> None:
    with pytest.raises(company.UnknownSize) as refusal:
        company.simulate(seed=7, as_of=NOW, size="planet")

    assert str(refusal.value) == "There is no demo company of that size.\nexpected demo, got planet."


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="as_of: expected an aware datetime"):
        company.simulate(seed=7, as_of=datetime(2026, 6, 1))  # noqa: DTZ001
