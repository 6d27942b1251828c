"""What the demo company publishes: pages, assets, webinars, mails, and what people write to it."""

from __future__ import annotations

from coldframe.kernel.vocabulary import BuyerStage

AWARENESS, RESEARCH = BuyerStage.PROBLEM_AWARENESS, BuyerStage.RESEARCH
COMPARISON, EVALUATION = BuyerStage.COMPARISON, BuyerStage.EVALUATION
ALIGNMENT = BuyerStage.INTERNAL_ALIGNMENT

#: Pages that people of a stage visit.
PAGES: dict[BuyerStage, tuple[str, ...]] = {
    AWARENESS: (
        "/",
        "/blog/why-it-happens",
        "/blog/what-it-costs",
        "/blog/reporting-by-hand",
        "/blog/seven-quiet-months",
        "/about",
    ),
    RESEARCH: (
        "/guides/ways-to-solve-it",
        "/guides/who-should-own-it",
        "/guides/what-to-measure",
        "/product",
        "/webinars",
    ),
    COMPARISON: (
        "/compare/build-or-buy",
        "/compare/suite-or-specialist",
        "/customers",
        "/customers/brightpath",
        "/customers/nordlicht",
    ),
    EVALUATION: (
        "/pricing",
        "/implementation",
        "/implementation/timeline",
        "/security",
        "/customers/nordlicht",
    ),
    ALIGNMENT: ("/for-your-board", "/customers/brightpath", "/security"),
}
CAREERS_PAGE = "/careers"

#: Keys of assets in the shipped playbook's catalogue, by stage.
ASSETS: dict[BuyerStage, tuple[str, ...]] = {
    AWARENESS: ("why-it-happens", "self-check", "what-changes"),
    RESEARCH: ("guide", "overview", "industry-report"),
    COMPARISON: ("compare", "trade-offs", "case-study"),
    EVALUATION: ("process", "scope", "implementation", "faq"),
    ALIGNMENT: ("board-summary", "decision-checklist"),
}
#: Key of what sales sends.
SALES_ASSET = "one-pager"

WEBINARS = ("Why this keeps happening", "Two departments, one process", "The first ninety days")
NEWSLETTER = "newsletter"

REPLIES = (
    "Thank you, that is useful. Could you send me the example you mention?",
    "Interesting. We have this exact problem since the reorganization.",
    "How does this work together with our CRM?",
    "We are comparing three ways to do this at the moment.",
    "I passed it on to our head of sales.",
)
ASKING_REPLIES = (
    "Could we have a call this week? Two colleagues would join.",
    "Can somebody show us how it would look with our data?",
)
DEMO_MESSAGES = (
    "Too much is lost between two departments here. Please show us how you would handle it.",
    "We are about to choose a solution and would like to see yours.",
    "Could we see a demo with our own data? We would be three people.",
)
PRICING_MESSAGES = (
    "What would this cost for 120 people and about 9,000 contacts?",
    "Please send us a price for two countries, starting next quarter.",
)
CONTACT_MESSAGES = (
    "Do you integrate with our CRM?",
    "A partner told us about you. We would like to understand what you do.",
    "Is there a version for smaller teams?",
    None,
    None,
)
LATER_MESSAGES = (
    "Our contract runs until next year, so nothing before then.",
    "Not before the third quarter; the budget is set.",
)
CALL_OUTCOMES = ("no answer", "voicemail", "spoke: interested", "spoke: not now", "spoke: wrong person")

#: (form, message, mail host kind, what they want)
VENDOR_MESSAGES = (
    "We offer guest post placements on high authority sites.",
    "Our link building packages start this month, may I send details?",
    "I would like to present our services to you: offshore development teams.",
)
APPLICANT_MESSAGES = (
    "Please find my CV attached. I would love to work with you.",
    "This is my job application as a marketing assistant.",
)
STUDENT_MESSAGES = (
    "I am writing my thesis about process data and would like to interview you.",
    "For my studies I need figures about your customers. Could you help?",
)
UNRELATED_MESSAGES = (
    "Please send an invoice copy for last month.",
    "Press request: who can comment on the new data rules?",
    "This is a support ticket: I cannot log in.",
)
CONSENT_WORDING = "Yes, send me articles and invitations by e-mail. I can leave at any time."
