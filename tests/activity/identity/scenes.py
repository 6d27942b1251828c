"""A set of calls in which everything happens that makes identities hard, and what is known before them."""

from __future__ import annotations

from coldframe.activity.calls import Call
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import operations as leads
from coldframe.leads.models import Identity
from tests import world
from tests.activity.identity.said import call, identify
from tests.world import NOW


def known_before() -> None:
    """Anna, whom a file brought; Tom, of a CRM, whose id there the API uses too; Jonas, who wants no mail."""
    anna, tom, jonas = world.anna(city=None), world.tom(), world.jonas()
    Identity.objects.create(lead=tom, source="app", external_id="tom")
    leads.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="link", at=NOW, lead_ids=[jonas.pk])
    assert anna.email


def calls() -> list[Call]:
    """Return the calls, numbered as they were received."""
    return [
        # Ola: tracked before and after she is identified, in two browsers; her address changes; two systems name her.
        call(1, "PAGE", anonymous_id="ola-1"),
        call(2, "PAGE", anonymous_id="ola-2"),
        identify(3, user_id="ola", anonymous_id="ola-1", email="ola@first.example", traits={"firstName": "Ola"}),
        call(4, "TRACK", user_id="ola"),
        identify(5, user_id="ola", email="Ola@second.example", traits={"lastName": "Nowak", "title": "CFO"}),
        call(6, "PAGE", anonymous_id="ola-2", user_id="ola"),
        identify(7, source="shop", user_id="77", email="ola@first.example", traits={"firstName": "Aleksandra", "city": "Lodz"}),
        call(8, "TRACK", source="shop", user_id="77"),
        # Two messages of one instant that disagree.
        identify(9, at=9, user_id="ola", traits={"department": "finance"}),
        identify(10, at=9, user_id="ola", traits={"department": "board"}),
        # A shared computer: first Eva's, then Finn's, who says so twice.
        call(11, "PAGE", anonymous_id="kiosk"),
        identify(12, user_id="eva", anonymous_id="kiosk", email="eva@kiosk.example"),
        call(13, "PAGE", anonymous_id="kiosk"),
        identify(14, user_id="finn", anonymous_id="kiosk", email="finn@kiosk.example"),
        identify(15, at=14, user_id="finn", anonymous_id="kiosk", email="finn@kiosk.example"),
        # A user id that is nobody's yet, and one that becomes somebody by alias.
        call(16, "TRACK", user_id="ghost"),
        call(17, "TRACK", user_id="draft"),
        identify(18, user_id="gina", traits={"name": "Gina Rossi", "country": "Italy"}),
        call(19, "ALIAS", previous_id="draft", user_id="gina"),
        call(20, "PAGE", anonymous_id="gina-1"),
        call(21, "ALIAS", previous_id="gina-1", user_id="gina"),
        # Two that were thought two until an address joined them.
        identify(22, user_id="h1", traits={"firstName": "Hana", "city": "Brno"}),
        call(23, "TRACK", user_id="h1"),
        identify(24, user_id="h2", email="hana@joined.example", traits={"firstName": "Hanna"}),
        call(25, "TRACK", user_id="h2"),
        identify(26, user_id="h1", email="hana@joined.example"),
        # People who are known: by address, by id; one who wants no mail has another address now.
        identify(27, user_id="anna", email="anna@brightpath.example", traits={"city": "Gdansk", "firstName": "Anja"}),
        call(28, "TRACK", user_id="anna"),
        identify(29, user_id="tom", email="tom@elsewhere.example", traits={"phone": "+1 555 0100"}),
        call(30, "TRACK", user_id="tom"),
        identify(31, user_id="jonas", email="jonas@nordlicht.example"),
        identify(32, user_id="jonas", email="jonas@private.example"),
        # Somebody whom calls would make both Anna and Tom: the earlier of them counts, and what hangs on it.
        identify(33, user_id="both", anonymous_id="both-1", email="both@nobody.example"),
        identify(34, user_id="both", email="anna@brightpath.example"),
        identify(35, user_id="both", email="tom@halden.example"),
        call(36, "PAGE", anonymous_id="both-1"),
        call(37, "TRACK", user_id="both"),
        # Companies: a personal account becomes a company's, the later group counts, two groups are one company.
        identify(38, user_id="ivo", email="ivo@gmail.com"),
        call(39, "GROUP", user_id="ivo", group_id="g1", traits={"name": "First Ltd"}),
        call(40, "GROUP", user_id="ivo", group_id="g2", traits={"name": "Second Ltd", "industry": "software"}),
        call(41, "GROUP", user_id="gina", group_id="g3", traits={"name": "Second"}),
        call(42, "GROUP", user_id="gina", group_id="g3", traits={"name": "Third", "website": "https://first.example"}),
        call(43, "GROUP", user_id="anna", group_id="g1"),
        call(44, "TRACK", user_id="ivo", group_id="g2"),
        # A page's key: of somebody nobody knows, of somebody who is known later, of somebody who is known.
        call(45, "PAGE", source="site", anonymous_id="site-1"),
        identify(46, source="site", anonymous_id="site-1", email="kim@site.example", traits={"firstName": "Kim"}),
        identify(47, source="site", anonymous_id="site-1", email="kim@site.example", traits={"firstName": "Kimmy", "city": "Oslo"}),
        identify(48, source="site", anonymous_id="site-2", email="lena@site.example", traits={"city": "Riga", "firstName": "L"}),
        call(49, "PAGE", source="site", anonymous_id="site-2"),
        identify(50, user_id="lena", email="lena@site.example", traits={"firstName": "Lena"}),
        identify(51, source="site", anonymous_id="site-3", email="lena@site.example", traits={"phone": "+371 555"}),
        call(52, "PAGE", source="site", anonymous_id="site-3"),
        identify(53, source="site", anonymous_id="site-4", email="anna@brightpath.example", traits={"city": "Nowhere"}),
        call(54, "PAGE", source="site", anonymous_id="site-4"),
        # Wishes.
        identify(55, user_id="eva", traits={"consent": {"wording": "Yes, write to me."}}),
        identify(56, user_id="finn", traits={"unsubscribed": True}),
        identify(57, user_id="finn", email="finn@private.example"),
        # Later than what it says first.
        identify(58, at=0, user_id="ola", email="ola@zeroth.example", traits={"city": "Sopot"}),
        identify(59, at=2, user_id="zed", anonymous_id="kiosk", traits={"name": "Zed Zero"}),
    ]  # fmt: skip
