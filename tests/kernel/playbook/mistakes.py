"""Playbooks with one mistake each, and exactly what is said of it: mistakes of form. ``shape.yaml`` is what they are made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """What is wrong, the text that makes it so (``old`` is replaced, at its last place), and the message."""

    what: str
    old: str
    new: str
    says: str


MISTAKES_OF_FORM = [
    Mistake(
        "a half-life in a unit that is none",
        "half_life: 14 days, cap: 40",
        "half_life: 2 fortnights, cap: 40",
        """
playbook.yaml:37:94  PB203  signals.pricing_page.half_life
expected a duration such as "14 days", got "2 fortnights".
Did you mean "4 weeks"?
""",
    ),
    Mistake(
        "a time without its unit",
        "half_life: 14 days, cap: 40",
        "half_life: 7, cap: 40",
        """
playbook.yaml:37:94  PB203  signals.pricing_page.half_life
expected a duration such as "14 days", got 7.
Write the unit: "7 days".
""",
    ),
    Mistake(
        "a time of nothing",
        "half_life: 14 days, cap: 40",
        "half_life: 0 days, cap: 40",
        """
playbook.yaml:37:94  PB203  signals.pricing_page.half_life
expected a duration longer than nothing and up to 100 years, got "0 days".
""",
    ),
    Mistake(
        "a time beyond all calendars",
        "half_life: 14 days, cap: 40",
        "half_life: 999999999999 years, cap: 40",
        """
playbook.yaml:37:94  PB203  signals.pricing_page.half_life
expected a duration longer than nothing and up to 100 years, got "999999999999 years".
""",
    ),
    Mistake(
        "a misspelt unit",
        "within: 120 days",
        "within: 120 dasy",
        """
playbook.yaml:58:117  PB203  timing.now.any[3].within
expected a duration such as "14 days", got "120 dasy".
Did you mean "120 days"?
""",
    ),
    Mistake(
        "a cycle measured in cycles",
        "cycle: 12 months\n",
        "cycle: one cycle\n",
        """
playbook.yaml:6:8  PB203  cycle
expected a duration such as "12 months", got "one cycle".
A cycle cannot be measured in cycles.
""",
    ),
    Mistake(
        "a range the wrong way round",
        "between: 14 to 28 days",
        "between: 28 to 14 days",
        """
playbook.yaml:85:24  PB203  paths[wake-up].cadence.between
expected the shorter time first, got "28 to 14 days".
Did you mean "14 to 28 days"?
""",
    ),
    Mistake(
        "a rate without its time",
        "per_account: 1 in 1 day",
        "per_account: 1",
        """
playbook.yaml:110:16  PB203  cadence.per_account
expected a rate such as "1 in 5 days" or "10 a week", got 1.
""",
    ),
    Mistake(
        "a share above the whole",
        "counts: 50%",
        "counts: 150%",
        """
playbook.yaml:49:21  PB203  intent.account.counts
expected a share of at most 100%, such as "50%", got "150%".
""",
    ),
    Mistake(
        "points in a word",
        "needs: 10 points",
        "needs: some points",
        """
playbook.yaml:52:10  PB203  stages.needs
expected points such as "10 points", got "some points".
""",
    ),
    Mistake(
        "a limit nobody can read",
        "at_most: 3 touches in 8 weeks, then 1 a quarter",
        "at_most: 3 in 8 weeks or so",
        """
playbook.yaml:86:14  PB203  paths[wake-up].at_most
expected a limit such as "3 touches in 8 weeks, then 1 a quarter", got "3 in 8 weeks or so".
""",
    ),
    Mistake(
        "an unknown key at the top",
        "disqualify:",
        "disqualfy:",
        """
playbook.yaml:27:1  PB201  disqualfy
expected a key that is known here, got "disqualfy".
Did you mean "disqualify"?
""",
    ),
    Mistake(
        "an unknown key in a signal",
        "stage: evaluation}\n\nintent",
        "stage: evaluation, colour: red}\n\nintent",
        """
playbook.yaml:45:156  PB201  signals.pricing_inquiry.colour
expected a key that is known here, got "colour".
Possible: event, where, points, half_life, cap, stage, hand_raise, high_intent_page.
""",
    ),
    Mistake(
        "a misspelt key that leaves another one missing",
        "points: 10, half_life: 60 days",
        "points: 10, halflife: 60 days",
        """
playbook.yaml:39:3  PB202  signals.guide_download.half_life
expected "half_life": after so long half of the points are left, got nothing.

playbook.yaml:39:67  PB201  signals.guide_download.halflife
expected a key that is known here, got "halflife".
Did you mean "half_life"?
""",
    ),
    Mistake(
        "a missing section",
        "timing:\n",
        "timng:\n",
        """
playbook.yaml:2:1  PB202  timing
expected "timing": when it could become real, got nothing.

playbook.yaml:57:1  PB201  timng
expected a key that is known here, got "timng".
Did you mean "timing"?
""",
    ),
    Mistake(
        "a key twice",
        "  levels: {low: 10, medium: 30, high: 60}",
        "  levels: {low: 10, medium: 30, high: 60}\n  levels: {low: 20, medium: 30, high: 60}",
        """
playbook.yaml:49:3  PB107  intent.levels
expected each key once, got "levels" a second time.
Keep one of the two; the first is in line 48.
""",
    ),
    Mistake(
        "an anchor and its alias",
        "  - name: get-to-know\n",
        "  - &hers {name: hers, for: *everybody}\n  - name: get-to-know\n",
        """
playbook.yaml:103:5  PB105  paths[6]
expected no anchors or aliases in a playbook, got "&hers".
Write the value out where it is needed.

playbook.yaml:103:29  PB105  paths[6].for
expected no anchors or aliases in a playbook, got "*everybody".
Write the value out where it is needed.
""",
    ),
    Mistake(
        "a tag",
        "name: Nordic greenhouses, long cycle",
        "name: !!python/name:os.system x",
        """
playbook.yaml:3:7  PB106  name
expected no tags in a playbook, got "tag:yaml.org,2002:python/name:os.system".
Remove it.
""",
    ),
    Mistake(
        "a tab",
        "  holidays: [by country",
        "\tholidays: [by country",
        """
playbook.yaml:13:1  PB103
expected indentation by spaces, got a tab.
Replace the tab by two spaces.
""",
    ),
    Mistake(
        "an open bracket",
        "holidays: [by country, 2026-12-24]",
        "holidays: [by country, 2026-12-24",
        """
playbook.yaml:15:4  PB102
expected well-formed YAML, got something else.
The parser says: expected ',' or ']', but got ':'. Check indentation, quotes, brackets and colons here and in the line above.
""",
    ),
    Mistake(
        "a second document",
        "cadence:\n  at_most: [",
        "---\ncadence:\n  at_most: [",
        """
playbook.yaml:108:1  PB109
expected one document, got a second one.
Remove the line of three dashes.
""",
    ),
    Mistake(
        "another language version",
        "playbook: 1",
        "playbook: 2",
        """
playbook.yaml:2:11  PB110  playbook
expected playbook language 1, got 2.
It was made for 2, this is 1. Update Coldframe, or ask its author for an older form.
""",
    ),
    Mistake(
        "no language version",
        "playbook: 1\n",
        "",
        """
playbook.yaml:2:1  PB110
expected playbook: 1, got nothing.
Write `playbook: 1`, the version of the language, in the first line.
""",
    ),
    Mistake(
        "a language version that is no number",
        "playbook: 1",
        "playbook: one",
        """
playbook.yaml:2:11  PB110  playbook
expected playbook: 1, got "one".
Write `playbook: 1`, the version of the language, in the first line.
""",
    ),
    Mistake(
        "a stage that is none",
        "stage: evaluation, high_intent_page",
        "stage: evaluating, high_intent_page",
        """
playbook.yaml:37:119  PB204  signals.pricing_page.stage
expected a buyer stage or "from asset", got "evaluating".
Did you mean "evaluation"?
""",
    ),
    Mistake(
        "a role that is none",
        "roles: [champion]",
        "roles: [champ]",
        """
playbook.yaml:78:175  PB204  assets[one-page-case].roles[1]
expected a role, got "champ".
Did you mean "champion"?
""",
    ),
    Mistake(
        "an asset behind a name",
        "url: https://example.com/faq",
        "url: https://example.com@evil.example/faq",
        """
playbook.yaml:77:149  PB204  assets[faq].url
expected a web address such as "https://example.com/guide", got "https://example.com@evil.example/faq".
That has a name before the host, which hides where it leads.
""",
    ),
    Mistake(
        "an asset without an address",
        "url: https://example.com/faq",
        "url: example.com/faq",
        """
playbook.yaml:77:149  PB204  assets[faq].url
expected a web address such as "https://example.com/guide", got "example.com/faq".
""",
    ),
    Mistake(
        "a name with spaces where a handle belongs",
        "  reply: {event",
        "  a reply: {event",
        """
playbook.yaml:43:3  PB204  signals.a reply
expected a name of lower-case letters, digits and underscores, got "a reply".
Did you mean "a_reply"?
""",
    ),
    Mistake(
        "a name longer than any",
        "name: Ready",
        "name: Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready Ready ",
        """
playbook.yaml:115:12  PB204  triggers[Ready Ready Ready Ready Ready Ready Read…].name
expected a name of at most 80 characters, got one of 119.
""",
    ),
    Mistake(
        "a rule without a name",
        "{name: Core size, when",
        "{when",
        """
playbook.yaml:20:7  PB202  fit.rules[2].name
expected "name": told in every explanation; unique, got nothing.
""",
    ),
    Mistake(
        "another word after then",
        "then: look again in 365 days",
        "then: forget",
        """
playbook.yaml:125:99  PB203  exits[sunset].then
expected "look again in 365 days", got "forget".
""",
    ),
    Mistake(
        "hours that end before they begin",
        "Mon-Fri 08:30-17:30 ",
        "Mon-Fri 17:30-08:30 ",
        """
playbook.yaml:11:18  PB204  calendar.working_hours
expected days and hours such as "Mon-Fri 08:30-17:30", got "Mon-Fri 17:30-08:30".
""",
    ),
    Mistake(
        "a zone with a space",
        "otherwise: Europe/Oslo",
        "otherwise: Oslo time",
        """
playbook.yaml:12:67  PB204  calendar.time_zone.otherwise
expected a time zone such as "Europe/Warsaw", got "Oslo time".
""",
    ),
    Mistake(
        "a list where a mapping belongs",
        "offers:\n  glass roof: {complexity: high, cycle: 18 months}",
        "offers: [glass roof]",
        """
playbook.yaml:7:1  PB206  offers
expected a mapping of names to values, got a list.
""",
    ),
    Mistake(
        "a mapping where a list belongs",
        "segments:\n",
        "segments: {}\nsegment:\n",
        """
playbook.yaml:68:1  PB206  segments
expected a list, got a mapping.

playbook.yaml:69:1  PB201  segment
expected a key that is known here, got "segment".
Did you mean "segments"?
""",
    ),
    Mistake(
        "a word that an answer does not have",
        "wrong_person: {back_to: nurture",
        "wrong_guy: {back_to: nurture",
        """
playbook.yaml:134:5  PB204  sales.verdicts.wrong_guy
expected "not_now" or "needs_education" or "wrong_person" or "not_a_fit", got "wrong_guy".
""",
    ),
    Mistake(
        "a trigger that leads nowhere",
        "to: re_engaged",
        "to: marketing",
        """
playbook.yaml:117:141  PB204  triggers[Came back].to
expected "sales_review" or "re_engaged", got "marketing".
""",
    ),
    Mistake(
        "a path without whom it is for",
        "    for: {segments: [food-marketing]}\n",
        "",
        """
playbook.yaml:95:5  PB202  paths[food].for
expected "for": whom the path is for, got nothing.
Write `for: {all: []}` for everybody.
""",
    ),
    Mistake(
        "a points value that is no number",
        "points: 2.5}",
        "points: 1e3}",
        """
playbook.yaml:25:91  PB204  fit.rules[Many visits].points
expected a number, got "1e3".
""",
    ),
    Mistake(
        "several mistakes at once",
        "half_life: 14 days, cap: 40, stage: evaluation",
        "half_life: soon, cap: none, stage: later",
        """
playbook.yaml:37:94  PB203  signals.pricing_page.half_life
expected a duration such as "14 days", got "soon".

playbook.yaml:37:105  PB204  signals.pricing_page.cap
expected a number, got "none".

playbook.yaml:37:118  PB204  signals.pricing_page.stage
expected a buyer stage or "from asset", got "later".
Possible: problem_awareness, research, comparison, evaluation, internal_alignment, re_engagement.
""",
    ),
]
