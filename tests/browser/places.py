"""
Every address of the program: a page that people see, with a sample of it, or none, with the reason.

``tests.web.people.routes`` reads the addresses from the URL table; one that stands nowhere here fails a test.
"""

from __future__ import annotations

#: Route -> addresses to look at, without the first slash; names in braces are those that ``house`` made.
PAGES: dict[str, dict[str, str]] = {
    "web:today": {"today": ""},
    "web:leads": {
        "leads": "leads",
        "leads, filtered": "leads?group=nurture&intent=HIGH&sort=fit",
        "nobody found": "leads?q=nobody-is-called-this",
        "refused filter": "leads?sorce=webinar",
    },
    "web:leads-change": {"change of many": "leads/change?q=a"},
    "web:leads-changes": {"changes of many": "leads/changes"},
    "web:leads-made": {"change made": "leads/changes/{change}"},
    "web:leads-saved": {"saved list": "leads/saved/{list}"},
    "web:leads-doubles": {"one or two": "leads/doubles"},
    "web:lead": {"lead": "leads/{lead}"},
    "web:lead-decide": {"decision on a lead": "leads/{lead}/decide"},
    "web:accounts": {"accounts": "accounts", "no account": "accounts?q=nobody-is-called-this"},
    "web:account": {"account of leads": "accounts/{account}"},
    "web:own-account": {"own account": "account"},
    "web:outbox": {
        "outbox": "outbox",
        "outbox, filtered": "outbox?state=uncertain",
        "no message": "outbox?q=nobody-is-called-this",
    },
    "web:message": {"message in doubt": "outbox/1", "message": "outbox/2"},
    "web:mail": {"mail": "mail"},
    "web:audit": {"audit": "audit"},
    "web:results": {"results": "results"},
    "web:results-handoffs": {"handoffs behind a result": "results/handoffs"},
    "web:content": {"content": "content"},
    "web:asset": {"asset": "content/asset:guide"},
    "web:preview": {
        "preview": "content/preview/asset:guide",
        "preview of a question": "content/preview/question:lead.role",
    },
    "web:desk": {"desk": "desk", "desk of nobody": "desk?rep=Nobody"},
    "web:desk-capacity": {"capacity": "desk/capacity"},
    "web:desk-notifications": {"notifications": "desk/notifications"},
    "web:brief": {"brief": "desk/{handoff}"},
    "web:paths": {"paths": "paths"},
    "web:path": {"path": "paths/on/stay relevant"},
    "web:path-next": {"what comes on a path": "paths/next/stay relevant"},
    "web:people": {"people": "settings/people"},
    "web:person": {"person": "settings/people/1"},
    "web:keys": {"keys": "settings/keys"},
    "web:log": {"log": "log"},
    "web:playbook": {"playbook": "playbook"},
    "web:playbook-versions": {"versions": "playbook/versions"},
    "web:playbook-version": {"version": "playbook/versions/1"},
    "web:playbook-compare": {"comparison": "playbook/compare?left=1&right=2"},
    "web:playbook-edit": {"editor": "playbook/edit"},
    "web:playbook-activate": {"activation": "playbook/activate"},
    "web:playbook-activate-version": {"activation of an older one": "playbook/versions/1/activate"},
    "web:playbook-forms": {"forms of the playbook": "playbook/forms"},
    "web:playbook-asset": {"form of an asset": "playbook/asset"},
    "web:playbook-question": {"form of a question": "playbook/question"},
    "web:imports": {"imports": "import"},
    "web:upload": {"file brought": "import/files/{file}"},
    "web:import": {"import": "import/{import}"},
    "web:import-deals": {"deals of an import": "import/{deals}/deals"},
    "web:search": {"search": "search?q=an", "nothing found": "search?q=nobody-is-called-this"},
    "web:health": {"health": "settings"},
    "web:sources": {"sources": "settings/sources"},
    "web:in-force": {"settings in force": "settings/in-force"},
    "web:sending": {"sending": "settings/sending"},
    "web:connection-add": {
        "new mail server": "settings/connections/new/smtp",
        "new webhook": "settings/connections/new/webhook",
    },
    "web:connection": {"connection": "settings/connections/main"},
    "account_reauthenticate": {"password again": "account/again"},
    "account_change_password": {"other password": "account/password"},
    "mfa_index": {"second factor": "account/second-factor"},
    "mfa_activate_totp": {"second factor on": "account/second-factor/on"},
}
#: Pages for whoever has not signed in.
OPEN: dict[str, dict[str, str]] = {
    "account_login": {"sign in": "sign-in"},
    "account_inactive": {"may not sign in": "sign-in/closed"},
    "socialaccount_login_error": {"sign-in failed": "sign-in/failed"},
    "socialaccount_login_cancelled": {"sign-in cancelled": "sign-in/cancelled"},
    "socialaccount_signup": {"unknown to us": "sign-in/unknown"},
    "web:invitation": {"invitation": "invitation/{invitation}", "invitation spent": "invitation/x"},
    "public:unsubscribe": {"leaving": "u/{leaving}", "damaged link": "u/damaged"},
    "public:preferences": {"wishes": "p/{wishes}"},
    "public:return": {"coming back": "r/{returning}"},
    "public:confirm": {"nothing to confirm": "c/damaged"},
    "public:link": {"lost link": "l/damaged"},
    "public:answer": {"answer by link": "a/{answer}", "unknown answer link": "a/damaged"},
    "public:form": {"form": "f/demo", "no such form": "f/none"},
}
#: Only while there is nobody with a name, at this machine.
BEFORE_ANYBODY = {"web:set-up": {"set up": "setup"}}
#: Where there is nothing, and what is no page of a route.
NOWHERE = {"no such page": "nowhere"}

#: Route -> why there is no page to look at.
NO_PAGE: dict[str, str] = {
    **dict.fromkeys(["livez", "readyz", "metrics"], "for machines"),
    **dict.fromkeys(
        ["public:pixel", "public:script", "api:provider-mail", "api:provider-events", "api:hook"], "for programs"
    ),
    **dict.fromkeys(
        ["public:answer-calendar", "web:desk-calendar", "web:desk-file", "web:accounts-file", "web:outbox-file",
         "web:mail-file", "web:leads-changes-file", "web:people-file", "web:keys-file", "web:import-deals-file", "web:content-file", "web:paths-file", "web:leads-export", "web:results-handoffs-file", "web:log-file", "web:playbook-text",
         "web:playbook-draft-text", "web:import-refused", "mfa_download_recovery_codes"], "a file"
    ),
    **dict.fromkeys(
        ["web:message-html", "web:preview-html"], "stands in a frame of another page, where it is looked at"
    ),
    **dict.fromkeys(
        ["web:leads-saved-lines", "web:playbook-effect", "web:upload-look"], "a part of another page"
    ),
    **dict.fromkeys(
        ["web:settle-many", "web:settle", "web:mail-settle", "web:leads-columns", "web:leads-save", "web:leads-saved-remove",
         "web:leads-go-on", "web:leads-undo", "web:leads-doubles-settle", "web:lead-lift", "web:lead-never-mail", "web:desk-answer", "web:desk-reassign",
         "web:end-sessions", "web:person-switch", "web:person-link", "web:person-second-factor", "web:key-revoke",
         "web:playbook-check", "web:playbook-form", "web:playbook-upload", "web:playbook-discard", "web:playbook-reopen", "web:upload-again", "web:upload-choose",
         "web:upload-start", "web:upload-remove", "web:import-undo", "web:sending-resume", "web:connection-check",
         "web:connection-try", "web:connection-on", "web:connection-off"], "a button of another page"
    ),
    **dict.fromkeys(
        ["web:start", "account_logout", "account_set_password", "mfa_reauthenticate", "mfa_deactivate_totp",
         "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_authenticate"], "leads to another page"
    ),
    **dict.fromkeys(
        ["openid_connect_login", "openid_connect_callback"], "leads to another house"
    ),
}  # fmt: skip
