"""Playbooks with one mistake each, and exactly what is said of it: well-formed, and yet without sense."""

from __future__ import annotations

from tests.kernel.playbook.mistakes import MISTAKES_OF_FORM, Mistake

MISTAKES_OF_MEANING = [
    Mistake(
        "an unknown field",
        "{field: account.industry, in: [farming, horticulture, food]}",
        "{field: account.indsutry, in: [farming]}",
        """
playbook.yaml:19:43  PB301  fit.rules[Core industry].when.field
expected a field, got "account.indsutry".
Did you mean "account.industry"?
""",
    ),
    Mistake(
        "a field without its prefix",
        "{field: account.industry, is: farming}",
        "{field: industry, is: farming}",
        """
playbook.yaml:69:48  PB301  segments[grower-owners].when.all[1].field
expected a field, got "industry".
Did you mean "account.industry"?
""",
    ),
    Mistake(
        "a field of a lead asked of an event",
        "where: {field: form, is: demo}",
        "where: {field: lead.form, is: demo}",
        """
playbook.yaml:44:56  PB301  signals.demo_request.where.field
expected a field of the event, got "lead.form".
Did you mean "form"?
""",
    ),
    Mistake(
        "an unknown signal",
        "field: signal.sales_material",
        "field: signal.sales_materials",
        """
playbook.yaml:116:54  PB308  triggers[Read sales material].when.all[1].field
expected a signal of this playbook, got "sales_materials".
Did you mean "sales_material"?
""",
    ),
    Mistake(
        "an unknown list",
        "in_list: competitors",
        "in_list: competitor",
        """
playbook.yaml:28:65  PB305  disqualify[competitor].when.in_list
expected a list of this playbook, got "competitor".
Did you mean "competitors"?
""",
    ),
    Mistake(
        "an unknown comparison",
        "at_most: 200",
        "atmost: 200",
        """
playbook.yaml:69:155  PB302  segments[grower-owners].when.all[3].atmost
expected a comparison for account.employees, got "atmost".
Did you mean "at_most"?
""",
    ),
    Mistake(
        "no comparison",
        "{field: account.industry, is: food}",
        "{field: account.industry}",
        """
playbook.yaml:70:41  PB302  segments[food-marketing].when.all[1]
expected a comparison for account.industry, got none.
Possible: is, is_not, in, not_in, in_list, not_in_list, starts, contains, mentions, known.
""",
    ),
    Mistake(
        "a comparison that does not fit",
        "{field: lead.role, is: economic_buyer}",
        "{field: lead.role, at_least: economic_buyer}",
        """
playbook.yaml:69:109  PB303  segments[grower-owners].when.all[2].at_least
expected a comparison that fits lead.role, which holds one of a few words, got "at_least".
Possible: is, is_not, in, not_in, known.
""",
    ),
    Mistake(
        "two comparisons in one leaf",
        "at_most: 200",
        "at_most: 200, at_least: 10",
        """
playbook.yaml:69:171  PB307  segments[grower-owners].when.all[3].at_least
expected nothing beside "at_most", got "at_least".
Write two leaves under `all`.
""",
    ),
    Mistake(
        "a time beside a comparison that has none",
        "{field: intent.level, is: high}, {field: account.surge",
        "{field: intent.level, is: high, within: 2 days}, {field: account.surge",
        """
playbook.yaml:58:55  PB303  timing.now.any[1].within
expected no "within" beside "is", got "2 days".
It narrows only count_at_least of a signal, and at_least of account.active_stakeholders.
""",
    ),
    Mistake(
        "a word that is none",
        "{field: lead.email_kind, is: free}",
        "{field: lead.email_kind, is: freemail}",
        """
playbook.yaml:24:68  PB304  fit.rules[Free-mail address].when.is
expected a word that lead.email_kind can hold, got "freemail".
Did you mean "free"?
""",
    ),
    Mistake(
        "a status that is none",
        "{field: status, is: nurture}",
        "{field: status, is: nurturing}",
        """
playbook.yaml:117:56  PB304  triggers[Came back].when.all[1].is
expected a word that status can hold, got "nurturing".
Did you mean "nurture"?
""",
    ),
    Mistake(
        "a number that is none",
        "between: [50, 1000]",
        "between: [50, many]",
        """
playbook.yaml:20:72  PB304  fit.rules[Core size].when.between[2]
expected a number, got "many".
""",
    ),
    Mistake(
        "numbers the wrong way round",
        "between: [20, 49]",
        "between: [49, 20]",
        """
playbook.yaml:21:62  PB304  fit.rules[Adjacent size].when.between
expected the smaller number first, got [49, 20].
Write [20, 49].
""",
    ),
    Mistake(
        "one number for two",
        "between: [20, 49]",
        "between: 20",
        """
playbook.yaml:21:71  PB304  fit.rules[Adjacent size].when.between
expected two numbers such as [50, 1000], got 20.
""",
    ),
    Mistake(
        "yes or no that is neither",
        "{field: account.surge, is: yes}",
        "{field: account.surge, is: perhaps}",
        """
playbook.yaml:58:75  PB304  timing.now.any[2].is
expected yes or no, got "perhaps".
""",
    ),
    Mistake(
        "a list that is none",
        "in: [NO, SE, FI, DK]",
        "in: NO",
        """
playbook.yaml:22:64  PB304  fit.rules[Served market].when.in
expected a list of at least one value for "in", got "NO".
Write [NO].
""",
    ),
    Mistake(
        "an empty list of values",
        "in: [NO, SE, FI, DK]",
        "in: []",
        """
playbook.yaml:22:60  PB304  fit.rules[Served market].when.in
expected a list of at least one value for "in", got an empty list.
""",
    ),
    Mistake(
        "a count of nothing",
        "count_at_least: 2, within: 7 days",
        "count_at_least: 0, within: 7 days",
        """
playbook.yaml:117:115  PB304  triggers[Came back].when.all[2].count_at_least
expected a whole number of at least 1, got 0.
""",
    ),
    Mistake(
        "a tree that is none",
        "when: {all: []}}",
        "when: {every: []}}",
        """
playbook.yaml:71:34  PB307  segments[everyone-else].when.every
expected all, any, none or field, got "every".
Possible: all, any, none, field.
""",
    ),
    Mistake(
        "a tree with two roots",
        "{any: [{field: intent.level, is: high}",
        "{none: [], any: [{field: intent.level, is: high}",
        """
playbook.yaml:58:19  PB307  timing.now.any
expected one of all, any, none, got "any".
Put one inside the other.
""",
    ),
    Mistake(
        "a condition that is no condition",
        "when: {field: fit.best_case, below: C}",
        "when: poor",
        """
playbook.yaml:33:30  PB307  disqualify[poor_fit].when
expected a condition such as {field: lead.country, is: PL} or {all: [...]}, got "poor".
""",
    ),
    Mistake(
        "a tree without a list",
        "for: {all: []}",
        "for: {all: yes}",
        """
playbook.yaml:104:16  PB307  paths[get-to-know].for.all
expected a list of conditions under all, got "yes".
""",
    ),
    Mistake(
        "a fit rule that reads the stage",
        "{field: lead.email_kind, is: free}",
        "{field: stage, is: research}",
        """
playbook.yaml:24:47  PB306  fit.rules[Free-mail address].when.field
expected a field that an earlier step has made, got "stage".
stage is made by the step stage, which comes no earlier than this one.
""",
    ),
    Mistake(
        "a stage rule that reads the segment",
        "re_engagement: {when: {field: lead.days_since_meaningful_action, at_least: 90}}",
        "re_engagement: {when: {field: segment, is: everyone-else}}",
        """
playbook.yaml:55:33  PB306  stages.re_engagement.when.field
expected a field that an earlier step has made, got "segment".
segment is made by the step segment, which comes no earlier than this one.
""",
    ),
    Mistake(
        "timing that reads timing",
        "{field: account.renewal_on, within: 120 days}",
        "{field: timing.date, within: 120 days}",
        """
playbook.yaml:58:89  PB306  timing.now.any[3].field
expected a field that an earlier step has made, got "timing.date".
timing.date is made by the step timing, which comes no earlier than this one.
""",
    ),
    Mistake(
        "a segment that nobody is in",
        "segments: [grower-owners]",
        "segments: [grower-owner]",
        """
playbook.yaml:92:22  PB413  paths[owners].for.segments[1]
expected a segment of this playbook, got "grower-owner".
Did you mean "grower-owners"?
""",
    ),
    Mistake(
        "a template for an asset that is none",
        "for: {assets: [why-heat-escapes]}",
        "for: {assets: [why-heat-escape]}",
        """
playbook.yaml:150:20  PB413  templates[why heat escapes].for.assets[1]
expected an asset of this playbook, got "why-heat-escape".
Did you mean "why-heat-escapes"?
""",
    ),
    Mistake(
        "a template for a question that nobody asks",
        "for: {questions: all}",
        "for: {questions: [lead.timelin, lead.timeline, lead.known_problem, account.employees]}",
        """
playbook.yaml:164:42  PB413  templates[a question].for.questions[1]
expected a question under completeness.questions, got "lead.timelin".
Did you mean "lead.timeline"?
""",
    ),
    Mistake(
        "a template for nothing",
        "for: {follow_ups: yes}",
        "for: {follow_ups: no}",
        """
playbook.yaml:165:32  PB414  templates[the date you named].for
expected assets, questions or follow-ups, got none of them.
Write one of {assets: all}, {kinds: [faq]}, {stages: [research]}, {questions: all}, {follow_ups: yes}.
""",
    ),
    Mistake(
        "a template for assets and questions at once",
        "for: {questions: all}",
        "for: {questions: all, stages: [research]}",
        """
playbook.yaml:164:24  PB414  templates[a question].for
expected assets, questions or follow-ups, got more than one.
Write one of {assets: all}, {kinds: [faq]}, {stages: [research]}, {questions: all}, {follow_ups: yes}.
""",
    ),
    Mistake(
        "a variant for everybody",
        "      - roles: [economic_buyer]\n        problems: [heating]\n        subject:",
        "      - subject:",
        """
playbook.yaml:158:9  PB415  templates[why heat escapes].variants[1]
expected one of roles, industries, problems, segments, languages, got none.
Say for whom, such as `roles: [champion]`; for everybody else the template itself speaks.
""",
    ),
    Mistake(
        "a template without its value to the reader",
        "value: You get only what fits you., ",
        "",
        """
playbook.yaml:164:5  PB202  templates[a question].value
expected "value": what the reader gains, in one sentence to the reader, got nothing.
""",
    ),
    Mistake(
        "a template that does not say what it is for",
        "for: {questions: all}, ",
        "",
        """
playbook.yaml:164:5  PB202  templates[a question].for
expected "for": for which content, got nothing.
""",
    ),
    Mistake(
        "a segment in a condition that is none",
        "{field: stage, is: re_engagement}",
        "{field: segment, is: growers}",
        """
playbook.yaml:83:38  PB413  paths[wake-up].for.all[1].is
expected a segment of this playbook, got "growers".
Did you mean "grower-owners"?
""",
    ),
    Mistake(
        "a path that is none",
        "wait_until: given date, path: educate",
        "wait_until: given date, path: education",
        """
playbook.yaml:132:63  PB413  sales.verdicts.not_now.path
expected a path of this playbook, got "education".
Did you mean "educate"?
""",
    ),
    Mistake(
        "two rules of one name",
        "name: Adjacent size",
        "name: Core size",
        """
playbook.yaml:21:14  PB401  fit.rules[Core size].name
expected each name once, got "Core size" a second time.
Explanations and figures tell them apart by name.
""",
    ),
    Mistake(
        "two exits of one reason",
        "reason: left_company",
        "reason: customer",
        """
playbook.yaml:124:14  PB401  exits[customer].reason
expected each name once, got "customer" a second time.
Explanations and figures tell them apart by name.
""",
    ),
    Mistake(
        "a signal that is called like a group",
        "  reply: {event",
        "  hand_raise: {event",
        """
playbook.yaml:43:3  PB401  signals.hand_raise
expected a name that is no group of signals, got "hand_raise".
signal.hand_raise means every signal with that mark.
""",
    ),
    Mistake(
        "a signal on opens",
        "{event: replied, points: 40",
        "{event: email_opened, points: 40",
        """
playbook.yaml:43:18  PB409  signals.reply.event
expected something that the lead did, got "email_opened".
What was done to the lead, or by a machine for it, shows no intent. Count clicks, replies and visits instead.
""",
    ),
    Mistake(
        "a cap below the points",
        "half_life: 14 days, cap: 40",
        "half_life: 14 days, cap: 10",
        """
playbook.yaml:37:108  PB404  signals.pricing_page.cap
expected at least the points, 20, got 10.
Once must fit below the most: write `cap: 20` or more, or fewer points.
""",
    ),
    Mistake(
        "fit levels that do not descend",
        "levels: {A: 80, B: 60, C: 40}",
        "levels: {A: 80, B: 90, C: 40}",
        """
playbook.yaml:16:3  PB402  fit.levels
expected levels that descend, within 100 and above 0, got A: 80, B: 90, C: 40.
Such as {A: 80, B: 60, C: 40}.
""",
    ),
    Mistake(
        "intent levels that do not ascend",
        "levels: {low: 10, medium: 30, high: 60}",
        "levels: {low: 30, medium: 30, high: 60}",
        """
playbook.yaml:48:3  PB403  intent.levels
expected levels that ascend, above 0, got low: 30, medium: 30, high: 60.
Such as {low: 10, medium: 30, high: 60}.
""",
    ),
    Mistake(
        "a floor below the ceiling",
        "cadence: {between: 10 to 14 days, floor: 30 days}",
        "cadence: {between: 10 to 14 days, floor: 5 days}",
        """
playbook.yaml:94:46  PB405  paths[owners].cadence.floor
expected a floor not below the 10 days of `between`, got 5 days.
Nobody can be promised contact sooner than it is allowed.
""",
    ),
    Mistake(
        "a floor below what every path may have",
        "quiet: outside working hours",
        "quiet: outside working hours\n  floor: 2 days",
        """
playbook.yaml:112:10  PB405  cadence.floor
expected a floor not below the 6 days between contacts under cadence.at_most, got 2 days.
Nobody can be promised contact sooner than it is allowed.
""",
    ),
    Mistake(
        "no path for everybody left",
        "for: {all: []}",
        "for: {field: lead.country, is: NO}",
        """
playbook.yaml:103:5  PB406  paths[get-to-know]
expected a last path that takes everybody left, got "get-to-know", which is not for everybody.
End with one that says `for: {all: []}`.
""",
    ),
    Mistake(
        "no sunset",
        "  - {reason: sunset, when: {field: lead.time_since_meaningful_action, at_least: one cycle}, then: look again in 365 days}\n",
        "",
        """
playbook.yaml:120:1  PB407  exits
expected an exit for those gone quiet for good (sunset), got none.
Add {reason: sunset, when: {field: lead.time_since_meaningful_action, at_least: one cycle}, then: look again in 365 days}.
""",
    ),
    Mistake(
        "a sunset that a country can escape",
        "when: {field: lead.time_since_meaningful_action, at_least: one cycle}",
        "when: {all: [{field: lead.country, is: NO}, {field: lead.time_since_meaningful_action, at_least: one cycle}]}",
        """
playbook.yaml:120:1  PB407  exits
expected an exit for those gone quiet for good (sunset), got none.
Add {reason: sunset, when: {field: lead.time_since_meaningful_action, at_least: one cycle}, then: look again in 365 days}.
""",
    ),
    Mistake(
        "a stage order with a hole",
        "order: [problem_awareness, research, comparison, evaluation, internal_alignment]",
        "order: [problem_awareness, research, evaluation, internal_alignment]",
        """
playbook.yaml:38:132  PB410  signals.case_study.stage
expected a stage under `stages.order`, got "comparison".
Possible: problem_awareness, research, evaluation, internal_alignment.

playbook.yaml:53:3  PB410  stages.order
expected all five stages on the way, got none named comparison.
Add what lacks.
""",
    ),
    Mistake(
        "re-engagement as a step forward",
        "evaluation, internal_alignment]\n",
        "evaluation, internal_alignment, re_engagement]\n",
        """
playbook.yaml:53:84  PB410  stages.order[6]
expected a stage that lies on the way, got re_engagement.
It is no step forward: it is set by `stages.re_engagement`.
""",
    ),
    Mistake(
        "a date from what is no date",
        "[verdict.until, reply.until,",
        "[verdict.until, lead.country,",
        """
playbook.yaml:59:38  PB301  timing.later.date_from[2]
expected a date field, got "lead.country".
Possible: account.renewal_on, verdict.until, reply.until, answer.budget_on.
""",
    ),
    Mistake(
        "a need that no fact can meet",
        "lead.role, lead.known_problem]",
        "lead.role, fit.level]",
        """
playbook.yaml:62:65  PB301  completeness.sales_needs[4]
expected a field that holds a fact, got "fit.level".
It must be known before the assessment begins.
""",
    ),
]

MISTAKES = [*MISTAKES_OF_FORM, *MISTAKES_OF_MEANING]
