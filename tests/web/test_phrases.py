"""What the kernel says is said in the reader's language; the playbook's own words stay as they are."""

from __future__ import annotations

import pytest
from django.utils import translation

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import changes, wording
from coldframe.kernel.explaining import conclusions
from coldframe.kernel.planning import permission, silence
from coldframe.kernel.playbook.parsing import parse
from coldframe.library import starters
from coldframe.web import phrasebook, phrases, reportbook

DEFAULT = parse(starters.read("default"))
SAID = {
    "In nurture on the path “wake up”: buyer stage is re-engagement.": "In der Pflege auf dem Pfad „wake up“: Kaufphase ist Wiederansprache.",
    "pricing page twice, last on 6 April 2026; 12 points when fresh, half after 14 days": "Preisseite zweimal, zuletzt am 6. April 2026; frisch 12 Punkte, die Hälfte nach 14 Tagen",
    "2 confirmed clicks: sales material": "2 bestätigte Klicks: Vertriebsunterlagen",
    "Core: industry is one of software, it, ict and 4 more": "Core: Branche ist eines von software, it, ict und 4 weitere",
    "Core: (fit is one of A, B or intent is high) and company size is at least 20": "Core: (Passung ist eines von A, B oder Absicht ist hoch) und Unternehmensgröße ist mindestens 20",
    "14 to 28 days between contacts, the sooner the more intent: last on 16 Nov 2026.": "14 bis 28 Tage zwischen zwei Kontakten, je mehr Absicht, desto eher: zuletzt am 16. November 2026.",
    "No e-mail address.": "Keine E-Mail-Adresse.",
    "If nothing happens, it leaves on 24 January 2027 (Date reached).": "Wenn nichts geschieht, geht er am 24. Januar 2027 (Date reached).",
    "Kept in nurture by a person until 3 May 2027: met at a fair.": "Von Hand gesetzt bis 3. Mai 2027: in der Pflege. Grund: met at a fair.",
}


SAID |= {
    "7 to 14 days": "7 bis 14 Tage",
    "1 in 5 days": "1 je 5 Tage",
    "10 a week": "10 je Woche",
    "3 touches in 8 weeks, then 1 a quarter": "3 Kontakte je 8 Wochen, dann 1 je Quartal",
    "1 a day for the whole account": "1 je Tag für das ganze Unternehmen",
    "Of 1,212 leads 693 are worth working on: 22 for sales now, 671 to nurture; 340 are let go.": "Von 1.212 Leads sind 693 der Arbeit wert: 22 jetzt für den Vertrieb, 671 für die Pflege; 340 sind losgelassen.",
    "Known problem is missing for under 1 % of leads, and sales needs it.": "Bekanntes Problem fehlt bei unter 1 % der Leads, und der Vertrieb braucht es.",
    "Answers “What options exist?” in research, one stage ahead of theirs.": "Beantwortet „What options exist?“ in der Phase Recherche, eine weiter als die eigene.",
    "a question: role in the decision": "eine Frage: Rolle in der Entscheidung",
    "“What is changing in the market”": "„What is changing in the market“",
}


@pytest.mark.parametrize("text", SAID)
def test_the_kernels_sentences_are_said_in_the_readers_language(text):
    with translation.override("de"):
        assert phrases.said(text) == SAID[text]
    with translation.override("en"):
        assert phrases.said(text) == text


def test_what_is_no_sentence_of_the_kernel_stays_as_it_is():
    with translation.override("de"):
        assert phrases.said("Build, buy or wait: the trade-offs") == "Build, buy or wait: the trade-offs"
        assert phrases.said("") == ""


@pytest.mark.parametrize(
    "text",
    [
        *wording.LABELS.values(),
        *permission.BASIS_WORDS.values(),
        *permission.COUNTRIES,
        *conclusions.SAID.values(),
        *conclusions.STATUSES.values(),
        *silence.REASONS,
        *changes.ANSWERS.values(),
        *(f"industry {words} x" for words in wording.OP_WORDS.values()),
        *(
            wording.happening(event, "pricing_page", count)
            for event in wording.EVENT_NOUNS
            for count in (1, 2)
        ),
        *(f"Poland {asks}; on file: consent, not confirmed" for asks in permission.ASKS.values()),
    ],
)
def test_the_phrasebook_has_what_the_kernel_says(text):
    if text in permission.COUNTRIES:
        name = permission.COUNTRIES[text].name
        text = name[0].upper() + name[1:]

    assert phrases.is_known(text)


@pytest.mark.parametrize(
    "code",
    [
        *lifecycle.REASONS,
        *lifecycle.CONCLUSIONS,
        *(f"disqualify:{each.reason}" for each in DEFAULT.disqualify),
        *(f"exit:{each.reason}" for each in DEFAULT.exits),
    ],
)
def test_every_reason_of_a_status_has_words_of_its_own_in_every_language(code):
    assert code.rpartition(":")[2].replace("_", " ") in phrasebook.WORDS


@pytest.mark.parametrize("starter", starters.STARTERS)
def test_the_signals_of_the_playbooks_that_come_along_have_words_in_every_language(starter):
    signals = {name.replace("_", " ") for name in parse(starters.read(starter)).signals}

    assert signals <= {*phrasebook.WORDS, *reportbook.WORDS}


@pytest.mark.parametrize("text", ["a and " * 150, " or ".join(["fit is A"] * 90), "(" * 900, "x: " * 300])
def test_text_that_no_kernel_said_stays_as_it_is(text):
    with translation.override("de"):
        assert phrases.said(text) == text
