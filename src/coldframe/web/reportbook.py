"""
The forms of what reports, the ledger and the outlook say, as message ids; ``phrasebook`` takes them in.

Their wording is in ``reports`` (``audit``, ``problems``, ``axes``, ``mailing``, ``duplicates``), ``nurture.words``,
``nurture.outlook`` and ``kernel.planning.catalog``. A number stands in the form of the sentence that it goes with.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("On its way: {title} {way}."),
    gettext_noop("a question: {place}"),
    gettext_noop("the follow-up of {day}"),
    gettext_noop("It answers “{name}”, the question of {word}, and this lead has not had it."),
    gettext_noop("It asks for the {place}, whose answer would change most of where the lead goes."),
    gettext_noop("The lead, or sales, named this day."),
    gettext_noop("Nothing is planned yet: no cycle has looked at this lead."),
    gettext_noop("Nothing goes out: sales has the lead now, and nurture keeps silent."),
    gettext_noop("Nothing goes out: sales is in touch with the lead, and nurture keeps silent."),
    gettext_noop("Nothing goes out: the lead was let go."),
    gettext_noop("Nothing is planned yet: the next cycle decides, as soon as a worker runs."),
    gettext_noop("answers “{name}” in {word}, their stage"),
    gettext_noop("answers “{name}” in {word}, their stage; made for their {words}"),
    gettext_noop("answers “{name}” in {word}, one stage ahead of theirs"),
    gettext_noop("answers “{name}” in {word}, one stage ahead of theirs; made for their {words}"),
    gettext_noop("answers “{name}” in {word}, {number} stages ahead of theirs"),
    gettext_noop("answers “{name}” in {word}, {number} stages ahead of theirs; made for their {words}"),
    gettext_noop("answers “{name}” in {word}, one stage behind theirs"),
    gettext_noop("answers “{name}” in {word}, one stage behind theirs; made for their {words}"),
    gettext_noop("answers “{name}” in {word}, {number} stages behind theirs"),
    gettext_noop("answers “{name}” in {word}, {number} stages behind theirs; made for their {words}"),
    gettext_noop("asks for {place}: nobody knows it yet"),
    gettext_noop("asks for {place}: {number} points of fit hang on it"),
    gettext_noop("asks for {place}: {number} points of fit hang on it, sales needs it"),
    gettext_noop("asks for {place}: {number} points of fit hang on it, {number2} rules read it"),
    gettext_noop(
        "asks for {place}: {number} points of fit hang on it, sales needs it, {number2} rules read it"
    ),
    gettext_noop("asks for {place}: sales needs it"),
    gettext_noop("asks for {place}: sales needs it, {number} rules read it"),
    gettext_noop("asks for {place}: {number} rules read it"),
    gettext_noop("the date given has come: {day}"),
    gettext_noop("There are no leads yet: coldframe import leads FILE takes some in."),
    gettext_noop(
        "Of the one lead {number} is worth working on: {number2} for sales now, {number3} to nurture; {parts}."
    ),
    gettext_noop(
        "Of the one lead {number} are worth working on: {number2} for sales now, {number3} to nurture; {parts}."
    ),
    gettext_noop(
        "Of {number} leads {number2} is worth working on: {number3} for sales now, {number4} to nurture; {parts}."
    ),
    gettext_noop(
        "Of {number} leads {number2} are worth working on: {number3} for sales now, {number4} to nurture; {parts}."
    ),
    gettext_noop("All leads name no date of entry; the day they were recorded here stands for it."),
    gettext_noop("1 lead names no date of entry; the day they were recorded here stands for it."),
    gettext_noop("{number} leads name no date of entry; the day they were recorded here stands for it."),
    gettext_noop(
        "One lead has not been assessed yet, so all were assessed just now, in memory; nothing was stored. To store it: coldframe assess."
    ),
    gettext_noop(
        "{number} leads have not been assessed yet, so all were assessed just now, in memory; nothing was stored. To store it: coldframe assess."
    ),
    gettext_noop(
        "The stored assessment is by version {number} of the playbook; version {number2} is active. To bring it up to date: coldframe assess."
    ),
    gettext_noop("{subject} is missing for {share} of leads; filling it would settle 1 undetermined fit."),
    gettext_noop(
        "{subject} is missing for {share} of leads; filling it would settle {number} undetermined fits."
    ),
    gettext_noop("{subject} is missing for {share} of leads, and sales needs it."),
    gettext_noop(
        "Export it from where it is known, or ask for it in a form, and import again: empty cells overwrite nothing."
    ),
    gettext_noop(
        "{name} brought {number} leads, and {share} of them are good fits; {share2} of all leads are."
    ),
    gettext_noop("Look at who it reaches before paying for more of it."),
    gettext_noop("1 record is likely a second entry of somebody already there."),
    gettext_noop("{number} records are likely a second entry of somebody already there."),
    gettext_noop(
        "Merge them where they come from; until then one person may count, and be written to, twice."
    ),
    gettext_noop("1 lead has no stated basis for contact, so nothing may be sent to them."),
    gettext_noop("{number} leads have no stated basis for contact, so nothing may be sent to them."),
    gettext_noop(
        "Say why you may contact them: import the file again with --basis consent, legitimate_interest or contract."
    ),
    gettext_noop("1 lead has no e-mail address."),
    gettext_noop("{number} leads have no e-mail address."),
    gettext_noop("Export with addresses, or reach them otherwise: by phone, by their owner."),
    gettext_noop("1 lead is known by a free-mail address, which says nothing about their company."),
    gettext_noop("{number} leads are known by a free-mail address, which says nothing about their company."),
    gettext_noop("Ask for the company in forms; a company's domain fills industry and size."),
    gettext_noop("1 lead gave a throw-away address."),
    gettext_noop("{number} leads gave a throw-away address."),
    gettext_noop("Do not write to them: such addresses die within days and hurt your name as a sender."),
    gettext_noop("1 lead is a shared mailbox such as info@, not a person."),
    gettext_noop("{number} leads are a shared mailbox such as info@, not a person."),
    gettext_noop("Find the person behind it before nurturing."),
    gettext_noop("1 lead has a dead address."),
    gettext_noop("{number} leads have a dead address."),
    gettext_noop("The person may have moved: look for the new address, and for who follows in the role."),
    gettext_noop("{share} of leads have no recorded interaction, so nothing says what they want or when."),
    gettext_noop("Import their activities: coldframe import events FILE."),
    gettext_noop("1 good fit has been silent for 90 days or more."),
    gettext_noop("{number} good fits have been silent for 90 days or more."),
    gettext_noop("They are the first to wake: those who once showed interest before the rest."),
    gettext_noop("What this base is worth working on"),
    gettext_noop("Which rule decided"),
    gettext_noop("When they entered"),
    gettext_noop("By year."),
    gettext_noop("Fit: does the company match?"),
    gettext_noop("The level that even the worst case of missing fields reaches."),
    gettext_noop("Fit: is it decided?"),
    gettext_noop("Intent: does the person behave like a buyer?"),
    gettext_noop("Buyer stage: which question is the buyer asking?"),
    gettext_noop("Timing: when could it become real?"),
    gettext_noop("Completeness: how much that sales needs is missing?"),
    gettext_noop("Nothing lifts these: no import, no undo."),
    gettext_noop("Why leads may not be mailed"),
    gettext_noop("May they be mailed?"),
    gettext_noop("Good fits fallen silent, by fit level"),
    gettext_noop("Good fits silent for 90 days or more"),
    gettext_noop("Leads without a single recorded interaction"),
    gettext_noop("Trigger: {name}"),
    gettext_noop("Path: {name}"),
    gettext_noop("Disqualified: {word}"),
    gettext_noop("Exit: {word}"),
    gettext_noop("Deal: {word}"),
    gettext_noop("{number} missing"),
    gettext_noop("Nothing is missing"),
    gettext_noop("Good fit, whatever is missing"),
    gettext_noop("Undetermined: missing fields decide"),
    gettext_noop("Poor fit, whatever is missing"),
)
CLAUSES = (
    gettext_noop("{number} of {number2}"),
    gettext_noop("the fit of {number} of them hangs on missing fields"),
    gettext_noop("{number} is with sales already"),
    gettext_noop("{number} are with sales already"),
    gettext_noop("{number} may not be mailed"),
    gettext_noop("{number} may not be mailed until a basis is stated"),
    gettext_noop("{number} has no address"),
    gettext_noop("{number} have no address"),
    gettext_noop("{number} is let go"),
    gettext_noop("{number} are let go"),
)
WORDS = frozenset(
    {
        gettext_noop("account owner"),
        gettext_noop("default"),
        gettext_noop("environment"),
        gettext_noop("follow up"),
        gettext_noop("question"),
        gettext_noop("technologies"),
        gettext_noop("whoever sits at this machine"),
        gettext_noop("addresses"),
        gettext_noop("at a company's own domain"),
        gettext_noop("at a free-mail provider"),
        gettext_noop("at a school or university"),
        gettext_noop("at a throw-away provider"),
        gettext_noop("date of entry"),
        gettext_noop("dead (bounced) among them"),
        gettext_noop("dead address (bounced for good)"),
        gettext_noop("declined"),
        gettext_noop("e-mail address"),
        gettext_noop("email bounced"),
        gettext_noop("email delivered"),
        gettext_noop("email opened"),
        gettext_noop("email sent"),
        gettext_noop("first name"),
        gettext_noop("form submitted"),
        gettext_noop("hidden, kept in the data folder"),
        gettext_noop("in no segment"),
        gettext_noop("last name"),
        gettext_noop("later"),
        gettext_noop("link clicked"),
        gettext_noop("may be mailed"),
        gettext_noop("may not be mailed"),
        gettext_noop("meeting booked"),
        gettext_noop("no address"),
        gettext_noop("no evidence"),
        gettext_noop("no source given"),
        gettext_noop("no stated basis for contact"),
        gettext_noop("not in nurture"),
        gettext_noop("now"),
        gettext_noop("nurture path"),
        gettext_noop("off"),
        gettext_noop("on"),
        gettext_noop("opted out, says the CRM"),
        gettext_noop("page"),
        gettext_noop("phone"),
        gettext_noop("primary segment"),
        gettext_noop("problem"),
        gettext_noop("role"),
        gettext_noop("sales owner"),
        gettext_noop("same company and first name, similar last name"),
        gettext_noop("same company and last name, similar first name"),
        gettext_noop("same company, first and last name swapped"),
        gettext_noop("same mailbox at nearly the same domain"),
        gettext_noop("same mailbox written differently"),
        gettext_noop("same name and city"),
        gettext_noop("same phone and similar name"),
        gettext_noop("same unusual mailbox and similar name"),
        gettext_noop("shared mailbox (info@) among them"),
        gettext_noop("source status"),
        gettext_noop("status unknown"),
        gettext_noop("the clock"),
        gettext_noop("the embedded database"),
        gettext_noop("the machine's own"),
        gettext_noop("to sales now"),
        gettext_noop("with sales already"),
    }
)
