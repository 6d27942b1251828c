"""
How often what happens in the generated traffic.

When scanners come is what was measured of 836 bursts and published (craft-campaign, issue 546); when people click is a
guess on the quick side, for that is where they could be taken for machines. None of it was fitted to the rules, and the
seeds were fixed before the first run.
"""

from __future__ import annotations

#: Seeds of the suite and of the command; whatever is changed in the rules, these stay.
SEEDS = tuple(range(20_260_301, 20_260_321))

#: Seconds after the hand-over between which a burst begins, and its share.
BURSTS = (
    (0, 10, 0.005),
    (10, 20, 0.022),
    (20, 60, 0.664),
    (60, 300, 0.283),
    (300, 1_800, 0.019),
    (1_800, 86_400, 0.007),
)
#: A burst takes up to a second, for five clicks; some scanners take longer.
BURST_TAKES, SLOW_BURST_TAKES, SLOW_BURSTS = 1.0, 9.0, 0.03
#: Companies whose mail a scanner looks into; of these, with two of them; whose gateway looks into everybody's at once.
SCANNED, TWICE, AT_ONCE = 0.55, 0.35, 0.15
#: Scanners that stand in the company itself, behind the address of its people.
ON_PREMISE = 0.1
#: Scanners that name themselves, that ask whether a link works before they fetch it, that come from several networks,
#: that fall for the hidden link, and whose browser runs the site's script.
NAMED, HEAD_FIRST, SPREAD, TRAPPED, SCRIPTED = 0.15, 0.15, 0.3, 0.7, 0.2
#: Of the links of a mail, most scanners visit every one.
VISITS_ALL = 0.85

#: Links of a mail: how many, and how often.
LINKS = ((1, 0.25), (2, 0.12), (3, 0.2), (4, 0.18), (5, 0.15), (8, 0.1))
#: Recipients of one company.
SIZES = (1, 1, 1, 2, 3, 5, 8, 20, 60)

#: Mails that somebody clicks in; of these, clickers who are quick: from 20 seconds on, log-normal.
CLICKED, QUICK = 0.3, 0.35
QUICK_FROM, QUICK_MEDIAN, QUICK_SPREAD = 20.0, 40.0, 1.0
SLOW_MEDIAN, SLOW_SPREAD = 3 * 3_600.0, 1.6
#: Of clickers: who go on to another link after a while, who open several in tabs, who click twice.
SEVERAL, TABS, TWICE_CLICKED = 0.2, 0.06, 0.04
READING_MEDIAN = 45.0
TAB_SECONDS = (0.7, 5.0)
#: After a click: the site's script runs, and then a page is read, another is looked at, a form is sent in.
TRACKED, READ, SECOND_PAGE, FORM = 0.6, 0.6, 0.3, 0.05
#: A reply within hours; a click at another time.
REPLY, RETURN = 0.03, 0.12
#: Mails that are forwarded to colleagues who click too, and links that are pasted into a chat.
FORWARDED, PASTED = 0.04, 0.03
#: Pictures: fetched ahead by Apple, fetched through Gmail; links fetched ahead by a mail program.
APPLE, GMAIL, PREFETCHED = 0.35, 0.25, 0.03
