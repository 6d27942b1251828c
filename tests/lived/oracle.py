"""
The rules, written once more and apart: what may never be seen in a world's log, whatever the engine does.

Reads the log alone. The figures are those of the default playbook, put down here by hand; the reckoning is the
plainest there is, one lead and one mail at a time.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from heapq import merge
from zoneinfo import ZoneInfo

from tests.lived.people import BEGIN, DAY, HOUR, Entry, Person, World

ZONES = {"PL": ZoneInfo("Europe/Warsaw"), "DE": ZoneInfo("Europe/Berlin")}
OPENS, CLOSES = time(8, 30), time(17, 30)
GAP = 5 * DAY
MOST, MOST_WITHIN = 5, 30 * DAY
COLLEAGUES_APART = DAY
TEAM_MOST, TEAM_WITHIN = 40, 7 * DAY
#: After a whole cycle of silence a lead is let go, and looked at again a year later.
SILENCE, AGAIN = 365 * DAY, 365 * DAY
SLACK = 3 * DAY
#: So long several people of an account who look around together wake the others.
SURGE = 14 * DAY
EDUCATION = 30 * DAY
#: An accepted lead is sales' for as long as this, deal or not.
ACCEPTED_FOR = 30 * DAY
GONE = ("opted_out", "complained", "bounced")
STATUSES = {"NEW", "SALES_REVIEW", "NURTURE", "RE_ENGAGED", "SALES_ACCEPTED", "DISQUALIFIED"}
#: No one comes back to NEW, and from review nobody goes to review.
NEVER_AGAIN = "NEW"


@dataclass(frozen=True)
class Fault:
    """A rule that was broken, by which lead, when."""

    rule: str
    lead_id: int
    at: datetime
    text: str = ""


def faults(world: World) -> list[Fault]:
    """Return every breach in a world's log."""
    found: list[Fault] = []
    leads: dict[int, list[Entry]] = defaultdict(list)
    accounts: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(world.log, key=lambda entry: entry.at):
        leads[entry.lead_id].append(entry)
        accounts[entry.account_id].append(entry)
    for lead_id, person in world.people.items():
        # A deal is the account's, whoever of it is named.
        deals = [each for each in accounts[person.account_id] if each.what == "deal_closed"]
        own = [each for each in leads[lead_id] if each.what != "deal_closed"]
        entries = [
            *merge(own, deals, key=lambda entry: entry.at),
            Entry(at=world.end, what="end", lead_id=lead_id, account_id=person.account_id),
        ]
        for rule in RULES:
            found += [
                Fault(rule.__name__, lead_id, each.at, str(each.about)) for each in rule(person, entries)
            ]
    for entries in accounts.values():
        for rule_ in ACCOUNT_RULES:
            found += [Fault(rule_.__name__, each.lead_id, each.at) for each in rule_(entries, world.people)]
    return sorted(found, key=lambda fault: (fault.at, fault.rule, fault.lead_id))


def mails(entries: Iterable[Entry]) -> list[Entry]:
    return [each for each in entries if each.what == "mail"]


def nothing_twice(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I1: the same content never reaches a lead twice."""
    had = set()
    for mail in mails(entries):
        if mail.about["content"] in had:
            yield mail
        had.add(mail.about["content"])


def nobody_who_is_gone(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I3: nobody is mailed after an opt-out, a complaint, a bounce."""
    gone = False
    for entry in entries:
        gone = gone or entry.what in GONE
        if gone and entry.what == "mail":
            yield entry


def nobody_without_permission(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I21: a permission is there, has not ended, and was not withdrawn."""
    withdrew = min((each.at for each in entries if each.what == "withdrew"), default=None)
    for mail in mails(entries):
        ended = person.expires_at is not None and person.expires_at <= mail.at
        if person.basis is None or ended or (withdrew is not None and withdrew <= mail.at):
            yield mail


def nobody_who_left(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I4: who left the company is out."""
    left = min((each.at for each in entries if each.what == "left_company"), default=None)
    return (mail for mail in mails(entries) if left is not None and mail.at >= left)


def never_too_close(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I5: the least gap between two mails to a lead."""
    found = mails(entries)
    return (later for earlier, later in itertools.pairwise(found) if later.at - earlier.at < GAP)


def never_too_many(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I6: never more than so many within a window."""
    found = mails(entries)
    for index, mail in enumerate(found):
        if sum(mail.at - each.at < MOST_WITHIN for each in found[: index + 1]) > MOST:
            yield mail


def only_at_work(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I7: only in the lead's own working hours, and on no holiday."""
    for mail in mails(entries):
        local = mail.at.astimezone(ZONES[person.country])
        if (
            local.weekday() > 4
            or not OPENS <= local.time() < CLOSES
            or local.date() in days_off(person.country)
        ):
            yield mail


@cache
def days_off(country: str) -> frozenset[object]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=range(2026, 2032)))


def quiet_while_asked(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """Nobody is mailed while they asked for peace."""
    until = BEGIN
    for entry in entries:
        if entry.what == "paused":
            # The last wish counts only where it reaches further: both were asked for.
            until = max(until, entry.about["until"])
        if entry.what == "mail" and entry.at < until:
            yield entry


def silent_after_a_verdict(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """
    I13: what sales asked for is kept: a date, a time to learn, never again; until sales has the lead anew.

    Who was accepted is sales' no longer once a deal of the account is lost.
    """
    until, never, word = BEGIN, False, ""
    for entry in entries:
        if entry.what == "handed":
            until, never, word = BEGIN, False, ""
        elif entry.what == "verdict":
            word = entry.about["answer"]
            never = word == "NOT_A_FIT"
            wait = {"NEEDS_EDUCATION": entry.at + EDUCATION, "ACCEPTED": entry.at + ACCEPTED_FOR}.get(
                word, BEGIN
            )
            until = entry.about["until"] or wait
        elif entry.what == "deal_closed" and entry.about["state"] == "LOST" and word == "ACCEPTED":
            until = BEGIN
        elif entry.what == "mail" and (entry.at < until or never):
            yield entry


def one_handoff_at_a_time(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I11: nobody is put before sales again while sales has not answered and has time to."""
    deadline = None
    for entry in entries:
        if entry.what == "verdict":
            deadline = None
        elif entry.what == "handed":
            if deadline is not None and entry.at < deadline:
                yield entry
            deadline = entry.about["deadline_at"]


def legal_moves(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I14: only statuses that there are, and never back to the first."""
    for entry in entries:
        if entry.what == "status":
            old, new = entry.about["old"], entry.about["new"]
            if new not in STATUSES or new == NEVER_AGAIN or old == new:
                yield entry


def review_means_handed(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I11: a lead enters review exactly when it is put before sales."""
    handed = {each.at for each in entries if each.what == "handed"}
    for entry in entries:
        if entry.what == "status" and (entry.about["new"] == "SALES_REVIEW") is not (entry.at in handed):
            yield entry


def disqualified_is_silent(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """I13: nobody is mailed while disqualified, or with sales."""
    status = None
    for entry in entries:
        if entry.what == "status":
            status = entry.about["new"]
        if entry.what == "mail" and status not in ("NURTURE", "RE_ENGAGED"):
            yield entry


def quiet_ends_in_sunset(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """L5: who says nothing for a whole cycle is let go, and not mailed until it is looked at again."""
    last = person.entered_at
    for entry in entries:
        last = entry.at if is_act(entry) else last
        silent = entry.at - last
        if entry.what == "mail" and SILENCE + SLACK < silent < SILENCE + AGAIN - SLACK:
            yield entry


def colleagues_apart(entries: list[Entry], people: Mapping[int, Person]) -> Iterator[Entry]:
    """I5: colleagues are not mailed on one day."""
    found = mails(entries)
    for earlier, later in itertools.pairwise(found):
        if later.lead_id != earlier.lead_id and later.at - earlier.at < COLLEAGUES_APART:
            yield later


def silent_while_sales_is_at_work(entries: list[Entry], people: Mapping[int, Person]) -> Iterator[Entry]:
    """I13: nobody of an account is mailed while sales has one of them, or a deal is open."""
    reviews: dict[int, datetime] = {}
    deals: set[int] = set()
    for entry in entries:
        if entry.what == "handed":
            reviews[entry.lead_id] = entry.about["deadline_at"]
        elif entry.what == "verdict":
            reviews.pop(entry.lead_id, None)
        elif entry.what == "deal_opened":
            deals.add(entry.lead_id)
        elif entry.what == "deal_closed":
            deals.discard(entry.lead_id)
        elif entry.what == "mail" and (deals or any(entry.at < until for until in reviews.values())):
            yield entry


def sales_comes_from_people(entries: list[Entry], people: Mapping[int, Person]) -> Iterator[Entry]:
    """I18: who is put before sales, or a colleague, has done something of their own within a year and a half."""
    last = None
    for entry in entries:
        if entry.what == "event" and not entry.about.get("is_machine"):
            last = entry.at
        dated = entry.what == "verdict" and entry.about["until"] is not None
        last = entry.at if dated else last
        if entry.what == "handed" and (last is None or entry.at - last > 540 * DAY):
            yield entry


def nobody_is_kept_for_ever(person: Person, entries: list[Entry]) -> Iterator[Entry]:
    """L5: who has said nothing for a whole cycle, and two months more, is in nurture no longer."""
    acts = [person.entered_at, *(each.at for each in entries if is_act(each)), entries[-1].at]
    for act, following in itertools.pairwise(acts):
        late = act + SILENCE + 60 * DAY
        moves = [each for each in entries if each.what == "status" and each.at <= late]
        if late < following and moves and moves[-1].about["new"] in ("NURTURE", "RE_ENGAGED"):
            yield moves[-1]


def is_act(entry: Entry) -> bool:
    """
    Return whether a person, or sales about it or its account, did something, or it begins anew.

    It does with a lost deal, and where it is taken back: see ``comes_back_for_a_reason``.
    """
    told = ("verdict", "handed", "deal_opened", "deal_closed")
    if entry.what == "status":
        return entry.about["old"] in ("SALES_ACCEPTED", "DISQUALIFIED")
    return entry.what in told or (entry.what == "event" and not entry.about.get("is_machine"))


def comes_back_for_a_reason(entries: list[Entry], people: Mapping[int, Person]) -> Iterator[Entry]:
    """
    L5: who was let go is taken back when it is looked at again, or by something that happened just now.

    At the account, that is, or the time that sales gave is over.
    """
    happened, gone = [BEGIN - AGAIN], {}
    for entry in entries:
        if entry.what != "status":
            happened += [entry.at] if is_act(entry) else []
            if entry.what == "verdict":
                happened.append(entry.about["until"] or entry.at + EDUCATION)
        elif entry.about["new"] == "DISQUALIFIED":
            gone[entry.lead_id] = entry.at
        elif entry.about["old"] == "DISQUALIFIED":
            again = entry.at - gone[entry.lead_id] >= AGAIN - SLACK
            lately = max(each for each in happened if each <= entry.at)
            if not again and entry.at - lately > SURGE + SLACK:
                yield entry


RULES = (
    nothing_twice, nobody_who_is_gone, nobody_without_permission, nobody_who_left, never_too_close, never_too_many,
    only_at_work, quiet_while_asked, silent_after_a_verdict, one_handoff_at_a_time, legal_moves, review_means_handed,
    disqualified_is_silent, quiet_ends_in_sunset,
    nobody_is_kept_for_ever,
)  # fmt: skip
ACCOUNT_RULES = (
    colleagues_apart,
    silent_while_sales_is_at_work,
    sales_comes_from_people,
    comes_back_for_a_reason,
)


def of_everybody(log: Iterable[Entry]) -> Iterator[Fault]:
    """Return every breach of what holds for a whole house."""
    entries = sorted(log, key=lambda entry: entry.at)
    for rule in HOUSE_RULES:
        yield from rule(entries)


def room_at_sales(log: list[Entry]) -> Iterator[Fault]:
    """I12: the team never has more than it takes in a week, hand raises apart."""
    opened = sorted((each for each in log if each.what == "handed"), key=lambda entry: entry.at)
    for index, entry in enumerate(opened):
        within = sum(entry.at - each.at < TEAM_WITHIN for each in opened[: index + 1])
        if within > TEAM_MOST and not entry.about["is_hand_raise"]:
            yield Fault("room_at_sales", entry.lead_id, entry.at, f"{within} in a week")


#: What may begin and what ends it, while nothing leaves the house.
HOLDS = {"hold": "lift", "clock_wrong": "clock_right", "braked": "resumed"}


def nothing_while_held(log: list[Entry]) -> Iterator[Fault]:
    """I26: nothing leaves while a person holds sending, while the clock is wrong, and while the brake is on."""
    open_until = dict.fromkeys(HOLDS.values(), False)
    for entry in log:
        if entry.what in HOLDS:
            open_until[HOLDS[entry.what]] = True
        elif entry.what in open_until:
            open_until[entry.what] = False
        elif entry.what == "mail" and any(open_until.values()):
            yield Fault("nothing_while_held", entry.lead_id, entry.at)


#: What a mailbox and the domain of one account take within a minute, and the mailbox within a day.
PER_MINUTE, PER_DOMAIN_MINUTE, PER_DAY = 1, 1, 3
MINUTE = HOUR / 60


def never_too_fast(log: list[Entry]) -> Iterator[Fault]:
    """I10: no window of a minute, or of a day, sees more mails than the mailbox, or a domain, takes."""
    found = mails(log)
    domains: dict[int, list[Entry]] = defaultdict(list)
    for mail in found:
        domains[mail.account_id].append(mail)
    for group, most, within in (
        (found, PER_MINUTE, MINUTE),
        (found, PER_DAY, DAY),
        *((group, PER_DOMAIN_MINUTE, MINUTE) for group in domains.values()),
    ):
        for index, mail in enumerate(group):
            # One more than may be: where the window began that is full with it.
            if index >= most and mail.at - group[index - most].at < within:
                yield Fault("never_too_fast", mail.lead_id, mail.at, f"{most} within {within}")


#: So many complaints within a day stop a mailbox that writes as little as these do.
MOST_COMPLAINTS = 2


def stops_by_itself(log: list[Entry]) -> Iterator[Fault]:
    """I27: after complaints that are too many for what was sent, nothing leaves until a person has looked."""
    complaints: list[datetime] = []
    for entry in log:
        if entry.what == "complained":
            complaints.append(entry.at)
        elif entry.what == "resumed":
            complaints = []
        elif entry.what == "mail" and any(
            complaints[index + MOST_COMPLAINTS - 1] - each < DAY
            for index, each in enumerate(complaints[: 1 - MOST_COMPLAINTS])
        ):
            yield Fault("stops_by_itself", entry.lead_id, entry.at)


HOUSE_RULES = (room_at_sales, nothing_while_held, never_too_fast, stops_by_itself)
#: Of what the outbox and the ways out see to; an engine without them does not know of it.
OF_THE_OUTBOX = frozenset({"never_too_fast", "stops_by_itself"})
