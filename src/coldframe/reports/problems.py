"""What stands in the way, and what to do about it: biggest first."""

from __future__ import annotations

from collections.abc import Iterator

from coldframe.reports import wording
from coldframe.reports.findings import Chart, Duplicates, Figure, MissingField, Problem, Source

#: A share of leads below this is no problem of the base.
SMALL_SHARE = 0.01
#: A source is judged from so many leads on.
ENOUGH_LEADS = 30
MOST_PROBLEMS = 10


def largest(
    *,
    leads: int,
    missing: tuple[MissingField, ...],
    sources: tuple[Source, ...],
    duplicates: Duplicates,
    addresses: Chart,
    mailing: Chart,
    without_interaction: Figure,
    dormant: Figure,
) -> tuple[Problem, ...]:
    """Return the problems that concern at least one lead in a hundred, by the number of leads that would gain."""
    found = [
        *fields(missing),
        *weak_sources(sources, leads=leads),
        *people(duplicates),
        *mail({each.key: each for each in mailing.figures}),
        *kinds_of_address({each.key: each for each in addresses.figures}),
        *quiet(without_interaction, dormant),
    ]
    large = [each for each in found if each.count >= SMALL_SHARE * leads and each.count]
    return tuple(sorted(large, key=lambda each: (-each.count, each.key))[:MOST_PROBLEMS])


def fields(missing: tuple[MissingField, ...]) -> Iterator[Problem]:
    """Yield the fields that would settle fits, or that sales needs."""
    for each in missing:
        if not each.missing or not (each.settles or each.is_needed_by_sales):
            continue
        text = f"{wording.sentence(each.label)} is missing for {wording.percent(each.share)} of leads"
        fits = wording.counted(each.settles, "undetermined fit")
        gain = f"; filling it would settle {fits}" if each.settles else ", and sales needs it"
        yield Problem(
            key=f"missing:{each.field}",
            text=f"{text}{gain}.",
            advice="Export it from where it is known, or ask for it in a form, and import again: empty cells overwrite nothing.",
            count=each.settles or each.missing,
            leads=each.leads,
        )


def weak_sources(sources: tuple[Source, ...], *, leads: int) -> Iterator[Problem]:
    """Yield the sources that surely bring fewer good fits than the base as a whole."""
    overall = sum(each.good_count for each in sources) / leads if leads else 0.0
    for each in sources:
        best_case = (each.good_count + each.undetermined_count) / each.count
        if each.count >= ENOUGH_LEADS and each.good_high < overall and best_case < overall:
            yield Problem(
                key=f"source:{each.key}",
                text=f"{each.label} brought {wording.counted(each.count, 'lead')}, and {wording.percent(each.good_share)} "
                f"of them are good fits; {wording.percent(overall)} of all leads are.",
                advice="Look at who it reaches before paying for more of it.",
                count=each.count - each.good_count,
                leads=each.leads,
            )


def people(duplicates: Duplicates) -> Iterator[Problem]:
    """Yield the records that are likely a second entry."""
    if duplicates.surplus_count:
        count = duplicates.surplus_count
        records = wording.counted(count, "record")
        yield Problem(
            key="duplicates",
            text=f"{records} {wording.is_are(count)} likely a second entry of somebody already there.",
            advice="Merge them where they come from; until then one person may count, and be written to, twice.",
            count=count,
            leads=None,
        )


def mail(mailing: dict[str, Figure]) -> Iterator[Problem]:
    """Yield what keeps leads from being mailed though nobody objected."""
    basis, address = mailing["no_basis"], mailing["no_address"]
    yield Problem(
        key="no_basis",
        text=f"{wording.counted(basis.count, 'lead has', 'leads have')} no stated basis for contact, so nothing may be "
        "sent to them.",
        advice="Say why you may contact them: import the file again with --basis consent, legitimate_interest or contract.",
        count=basis.count,
        leads=basis.leads,
    )
    yield Problem(
        key="no_address",
        text=f"{wording.counted(address.count, 'lead has', 'leads have')} no e-mail address.",
        advice="Export with addresses, or reach them otherwise: by phone, by their owner.",
        count=address.count,
        leads=address.leads,
    )


def kinds_of_address(addresses: dict[str, Figure]) -> Iterator[Problem]:
    """Yield the addresses that say nothing about a company, or that reach nobody."""
    texts = {
        "free": (
            "{leads} {are} known by a free-mail address, which says nothing about their company.",
            "Ask for the company in forms; a company's domain fills industry and size.",
        ),
        "disposable": (
            "{leads} gave a throw-away address.",
            "Do not write to them: such addresses die within days and hurt your name as a sender.",
        ),
        "role": (
            "{leads} {are} a shared mailbox such as info@, not a person.",
            "Find the person behind it before nurturing.",
        ),
        "dead": (
            "{leads} {have} a dead address.",
            "The person may have moved: look for the new address, and for who follows in the role.",
        ),
    }
    for key, (text, advice) in texts.items():
        figure = addresses[key]
        filled = text.format(
            leads=wording.counted(figure.count, "lead"),
            are=wording.is_are(figure.count),
            have="has" if figure.count == 1 else "have",
        )
        yield Problem(
            key=f"address:{key}", text=filled, advice=advice, count=figure.count, leads=figure.leads
        )


def quiet(without_interaction: Figure, dormant: Figure) -> Iterator[Problem]:
    """Yield the leads of whom nothing is known, and the good ones that fell silent."""
    share = wording.percent(without_interaction.share)
    yield Problem(
        key="no_interaction",
        text=f"{share} of leads have no recorded interaction, so nothing says what they want or when.",
        advice="Import their activities: coldframe import events FILE.",
        count=without_interaction.count,
        leads=without_interaction.leads,
    )
    fits = wording.counted(dormant.count, "good fit")
    yield Problem(
        key="dormant",
        text=f"{fits} {'has' if dormant.count == 1 else 'have'} been silent for 90 days or more.",
        advice="They are the first to wake: those who once showed interest before the rest.",
        count=dormant.count,
        leads=dormant.leads,
    )
