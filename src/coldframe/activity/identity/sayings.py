"""What calls say of who is who, gathered: which keys are one person's, what is claimed, who belongs to which company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coldframe.activity.calls import FACTS, Call, CallType
from coldframe.activity.identity import nodes, traits
from coldframe.leads import erasure
from coldframe.leads.importing import addresses
from coldframe.leads.importing.values import BadValue

#: By the clock of who said it, and by which call, to tell equals apart.
Moment = tuple[datetime, bytes]

NOBODY = "The call names nobody: no user id, no anonymous id and no address."
NO_COMPANY = "The call names no company, or nobody who belongs to it."
NO_ALIAS = "The call names only one id."
#: Claims of the trait ``unsubscribed``, which a client repeats whenever it names somebody: when it was true, when false.
SAID_NO, SAID_NO_MORE = "unsubscribed", "not unsubscribed"
PUBLIC = "A key that stands in a page cannot name user ids or companies."


@dataclass(slots=True)
class Edge:
    """Two keys that are said to be one person's; twice the same key: it is somebody's."""

    left: str
    right: str
    source: str
    is_public: bool
    first: Moment
    last: Moment
    received_at: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what there is one of."""
        return (self.left, self.right, self.source)

    def joined(self, other: Edge) -> Edge:
        """Return both sayings as one."""
        return Edge(
            self.left,
            self.right,
            self.source,
            self.is_public,
            min(self.first, other.first),
            max(self.last, other.last) if self.names_an_address else min(self.last, other.last),
            min(self.received_at, other.received_at),
        )

    @property
    def names_an_address(self) -> bool:
        """Say whether it counts when it was said last: of somebody's addresses the one named last is theirs now."""
        return nodes.is_address(self.right) and nodes.is_person(self.left)


@dataclass(slots=True)
class Claimed:
    """
    A field's value as a source says it; of a public source what arrived first, else what was said last.

    What only fills gives way to anything that was said of the field before or by somebody who is believed.
    """

    node: str
    source: str
    field: str
    is_public: bool
    value: Any
    first: Moment
    said: Moment
    received_at: datetime
    only_fills: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what there is one of."""
        return (self.node, self.source, self.field)

    @property
    def keeps_first(self) -> bool:
        """Say whether of two values the one counts that arrived first."""
        return self.is_public or self.only_fills

    @property
    def place(self) -> tuple[Any, ...]:
        """Return what decides between two values; the greater counts, or the lesser where the first is kept."""
        return (self.received_at, *self.said) if self.keeps_first else self.said

    def joined(self, other: Claimed) -> Claimed:
        """Return both sayings as one."""
        if self.only_fills != other.only_fills:
            kept = other if self.only_fills else self
        else:
            counts = min if self.keeps_first else max
            kept = counts(self, other, key=lambda each: each.place)
        return Claimed(
            self.node,
            self.source,
            self.field,
            self.is_public,
            kept.value,
            min(self.first, other.first),
            kept.said,
            min(self.received_at, other.received_at),
            self.only_fills and other.only_fills,
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """A consent or an opt-out that stands in the traits of a person."""

    node: str
    source: str
    said: Moment
    #: Word for word what was agreed to; None: they want no mail.
    wording: str | None
    purpose: str | None = None
    #: That they want no mail was the last that this source had said of it before.
    is_repeat: bool = False


@dataclass(slots=True)
class Sayings:
    """All that some calls say."""

    edges: dict[tuple[str, str, str], Edge] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], Claimed] = field(default_factory=dict)
    #: Of each person's key the company that was said last: (when, its node).
    belongings: dict[str, tuple[Moment, str]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    wishes: list[Wish] = field(default_factory=list)
    #: Nodes of browsers and user ids.
    visitors: set[str] = field(default_factory=set)
    #: Nodes of which something was said that may change who is who, or what they are.
    touched: set[str] = field(default_factory=set)
    #: Position of a call that is a fact -> the node of who did it.
    doers: dict[int, str] = field(default_factory=dict)
    #: Position of a call that says nothing that can be kept -> why.
    refused: dict[int, str] = field(default_factory=dict)


class Gathering:
    """Gathers what calls say; the order of the calls does not matter."""

    def __init__(
        self,
        *,
        received: Mapping[int, datetime],
        own: frozenset[str],
        at: datetime,
        erased: Set[str | None] = frozenset(),
    ) -> None:
        #: Keys of people who were erased; what is said of them is left out.
        self.erased = erased
        #: Arrival -> when it came in.
        self.received = received
        #: Fields of leads of one's own.
        self.own = own
        self.at = at
        self.said = Sayings()

    def take(self, calls: Sequence[Call]) -> Sayings:
        """Return what the calls say."""
        for position, call in enumerate(calls):
            self.take_one(position, call)
        return self.said

    def take_one(self, position: int, call: Call) -> None:
        """Take what one call says."""
        said = self.said
        browser = nodes.anonymous(call.anonymous_id) if call.anonymous_id else None
        user = nodes.user(call.source, call.user_id) if call.user_id and not call.is_public else None
        email = address_of(call)
        if not self.erased.isdisjoint({user, email}) and not is_own_act(call):
            # They were erased, and have not come back by a consent of their own.
            return
        if reason := refusal(call, browser=browser, user=user, email=email):
            said.refused[position] = reason
            return
        said.visitors.update(each for each in (browser, user) if each)
        if call.type in FACTS and (doer := user or browser):
            said.doers[position] = doer
        if browser and user:
            self.link(call, browser, user)
        if call.type is CallType.GROUP:
            self.take_group(call, user)
        elif call.type is CallType.ALIAS:
            self.take_alias(call, user)
        elif call.type is CallType.IDENTIFY or (call.traits and (user or email)):
            self.identify(call, browser=browser, user=user, email=email)
        if user and call.group_id:
            self.belong(call, user)

    def identify(self, call: Call, *, browser: str | None, user: str | None, email: str | None) -> None:
        """Take who somebody is."""
        who = user or email
        if who is None:
            return
        self.link(call, who, who)
        if user and email:
            self.link(call, user, email)
        elif browser and email:
            self.link(call, browser, email)
        for column, value in traits.of_person(call.traits, own=self.own).items():
            self.claim(call, who, column, value)
        if not call.is_public:
            self.take_wishes(call, who)

    def take_wishes(self, call: Call, who: str) -> None:
        """Take an explicit consent, or an opt-out, of the traits."""
        moment = (call.occurred_at, call.key)
        is_out = call.traits.get("unsubscribed")
        if is_out is True:
            self.claim(call, who, SAID_NO, True)
            self.said.wishes.append(Wish(who, call.source, moment, None))
        elif is_out is False:
            self.claim(call, who, SAID_NO_MORE, True)
        if wording := agreed_to(call):
            purpose = call.traits["consent"].get("purpose")
            self.said.wishes.append(
                Wish(
                    who,
                    call.source,
                    moment,
                    wording,
                    purpose[:64] if isinstance(purpose, str) and purpose else None,
                )
            )

    def take_alias(self, call: Call, user: str | None) -> None:
        """Take that two ids are one person's; the former may be a browser's or a user's."""
        if user is None:
            return
        for former in (nodes.anonymous(call.previous_id), nodes.user(call.source, call.previous_id)):
            self.said.visitors.add(former)
            if former != user:
                self.link(call, former, user)

    def take_group(self, call: Call, user: str | None) -> None:
        """Take what a company is."""
        node = nodes.group(call.source, call.group_id)
        self.said.groups.add(node)
        for name, value in traits.of_company(call.traits).items():
            self.claim(call, node, name, value)

    def belong(self, call: Call, user: str) -> None:
        """Take to which company somebody belongs."""
        node = nodes.group(call.source, call.group_id)
        self.said.groups.add(node)
        found = ((call.occurred_at, call.key), node)
        self.said.belongings[user] = max(self.said.belongings.get(user, found), found)

    def link(self, call: Call, left: str, right: str) -> None:
        """Take that two keys are one person's."""
        moment = (call.occurred_at, call.key)
        edge = Edge(left, right, call.source, call.is_public, moment, moment, self.arrived(call))
        before = self.said.edges.get(edge.key)
        self.said.edges[edge.key] = edge if before is None else before.joined(edge)

    def claim(self, call: Call, node: str, name: str, value: Any) -> None:
        """Take what is said of a field."""
        moment = (call.occurred_at, call.key)
        made = Claimed(
            node,
            call.source,
            name,
            call.is_public,
            value,
            moment,
            moment,
            self.arrived(call),
            call.only_fills,
        )
        before = self.said.claims.get(made.key)
        self.said.claims[made.key] = made if before is None else before.joined(made)

    def arrived(self, call: Call) -> datetime:
        """Return when a call came in."""
        return self.received.get(call.arrival_id, self.at)


def is_own_act(call: Call) -> bool:
    """Say whether somebody came back by a consent of their own."""
    return not call.is_public and agreed_to(call) != ""


def agreed_to(call: Call) -> str:
    """Return the words that somebody agreed to, as the traits have them; an empty text where they have none."""
    given = call.traits.get("consent")
    wording = given.get("wording") if isinstance(given, Mapping) else None
    return wording.strip() if isinstance(wording, str) else ""


def address_of(call: Call) -> str | None:
    """Return the node of the address that a call gives; None for none, and for one that no mail can reach."""
    if not call.email:
        return None
    try:
        return nodes.address(addresses.parse(call.email).normalized)
    except BadValue:
        return None


def refusal(call: Call, *, browser: str | None, user: str | None, email: str | None) -> str | None:
    """Return why a call says nothing that can be kept; None: it does."""
    if call.type is CallType.ALIAS:
        return PUBLIC if call.is_public else None if user and call.previous_id else NO_ALIAS
    if call.type is CallType.GROUP:
        return PUBLIC if call.is_public else None if call.group_id else NO_COMPANY
    if call.type in FACTS and not (user or browser):
        return PUBLIC if call.is_public and call.user_id else NOBODY
    if not (user or browser or email):
        return PUBLIC if call.is_public and call.user_id else bad_address(call) or NOBODY
    if call.type is CallType.IDENTIFY and call.email and email is None:
        return bad_address(call)
    return None


def bad_address(call: Call) -> str | None:
    """Return what is wrong with the address of a call, without the address."""
    try:
        addresses.parse(call.email)
    except BadValue as bad:
        return f"The address cannot be used: {bad.what}" if call.email else None
    return None


def erased_among(calls: Sequence[Call]) -> frozenset[str]:
    """Return the keys of people who were erased, among those that calls name."""
    emails = {nodes.email_of(node) for call in calls if (node := address_of(call))}
    users = {
        erasure.identity_key(call.source, call.user_id): nodes.user(call.source, call.user_id)
        for call in calls
        if call.user_id and not call.is_public
    }
    gone = {nodes.address(email) for email in erasure.list_erased_addresses(emails)}
    return frozenset(gone | {users[key] for key in erasure.find_erased(users)})
