"""Headers: each export is known by its own words, and nothing is guessed in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coldframe.leads.importing import headers, tables
from coldframe.leads.importing.headers import Kind
from tests import material


def mapping(header: list[str], kind: Kind = "leads", sample: list[list[str]] | None = None) -> dict[str, str]:
    found = headers.recognize(header, sample or [], kind=kind)
    return {header[column]: name for column, name in found.mapping.items()}


class TestPlainHeaders:
    def test_case_spaces_accents_and_signs_do_not_matter(self) -> None:
        for name in ("E-Mail", "email", "E Mail", "EMAIL", "e_mail"):
            assert mapping([name]) == {name: "email"}

    @pytest.mark.parametrize(
        ("header", "fields"),
        [
            (["Prénom", "Nom", "E-mail", "Téléphone", "Ville"], ["first_name", "last_name", "email", "phone", "city"]),
            (["Vorname", "Nachname", "E-Mail-Adresse", "Firma", "Land"], ["first_name", "last_name", "email", "company", "country"]),
            (["Imię", "Nazwisko", "Adres e-mail", "Stanowisko", "Nazwa firmy"], ["first_name", "last_name", "email", "job_title", "company"]),
            (["Nombre", "Apellidos", "Correo electrónico", "Cargo", "País"], ["first_name", "last_name", "email", "job_title", "country"]),
        ],
    )  # fmt: skip
    def test_other_languages_are_read(self, header: list[str], fields: list[str]) -> None:
        assert list(mapping(header).values()) == fields

    def test_every_field_is_known_by_its_own_name(self) -> None:
        for kind in ("accounts", "leads", "events", "opportunities"):
            for name in headers.fields_of(kind):
                assert mapping([name], kind)[name] == name, (kind, name)

    def test_no_alias_is_known_for_two_fields_of_a_kind(self) -> None:
        for kind in ("accounts", "leads", "events", "opportunities"):
            doubled = {
                alias: [name for _, name in claims]
                for alias, claims in headers._aliases(kind).items()
                if len({name for _, name in claims}) > 1
            }
            assert doubled == {}, kind

    def test_columns_are_each_named_once(self) -> None:
        header = ["Email", "Mobile", "Phone", "Shoe size", "Name", "First Name", "Last Name"]

        found = headers.recognize(header, [], kind="leads")

        assert sorted([*found.mapping, *found.unmapped]) == list(range(len(header)))
        assert [header[column] for column in found.unmapped] == ["Mobile", "Shoe size", "Name"]

    def test_a_full_name_is_left_to_its_parts(self) -> None:
        header = ["Email", "Name", "First Name", "Last Name"]

        found = headers.recognize(header, [], kind="leads")

        assert "full_name" not in found.mapping.values()
        assert found.notes == ["Name is not taken: First Name and Last Name give it."]

    def test_of_two_columns_the_better_known_is_taken_and_said(self) -> None:
        found = headers.recognize(["Mobile", "Phone"], [], kind="leads")

        assert (found.mapping, found.unmapped) == ({1: "phone"}, [0])
        assert found.notes == ["phone is taken from Phone, not from Mobile."]


class TestDoubt:
    def test_two_filled_columns_of_one_name_are_neither_taken(self) -> None:
        sample = [["anna@brightpath.example", "anna.k@mail.example"]]

        found = headers.recognize(["Email", "Email (2)"], sample, kind="leads")

        assert found.mapping == {}
        assert found.notes == [
            "Email and Email (2) could both be email; neither is taken. Say which: --map 'Email=email'."
        ]
        assert found.missing == ["email or external_id"]

    def test_of_two_columns_of_one_name_the_filled_one_is_taken(self) -> None:
        found = headers.recognize(["Email", "Email (2)"], [["", "anna@brightpath.example"]], kind="leads")

        assert found.mapping == {1: "email"}

    def test_equal_columns_of_one_name_are_one(self) -> None:
        sample = [["anna@brightpath.example", "anna@brightpath.example"]]

        assert headers.recognize(["Email", "Email (2)"], sample, kind="leads").mapping == {0: "email"}

    def test_a_title_of_forms_of_address_is_no_job_title(self) -> None:
        found = headers.recognize(
            ["Email", "Title"], [["a@b.example", "Mr."], ["c@d.example", "Ms"]], kind="leads"
        )

        assert found.unmapped == [1]
        assert found.notes == ["Title is not taken as job_title: it holds forms of address."]

    def test_an_email_column_without_addresses_is_none(self) -> None:
        found = headers.recognize(["Email", "Id"], [["yes", "1"], ["no", "2"]], kind="leads")

        assert found.mapping == {1: "external_id"}
        assert found.notes == ["Email is not taken as email: it holds no address."]

    @pytest.mark.parametrize(
        ("kind", "missing"),
        [
            ("leads", ["email or external_id"]),
            ("accounts", ["name or domain or website"]),
            ("opportunities", ["external_id or name"]),
            (
                "events",
                ["lead_email or lead_external_id or contact_external_id or lead_full_name or lead_last_name", "kind", "occurred_at"],
            ),
        ],
    )  # fmt: skip
    def test_what_a_file_lacks_is_named(self, kind: Kind, missing: list[str]) -> None:
        assert headers.recognize(["Shoe size"], [], kind=kind).missing == missing


class TestSuppression:
    def reasons(self, header: list[str], row: list[str], file_name: str = "leads.csv") -> dict[str, str]:
        found = headers.recognize(header, [row], kind="leads", file_name=file_name)
        named = {header[each.column]: each.reason_of(row[each.column]) for each in found.suppressors}
        return {name: reason for name, reason in named.items() if reason}

    @pytest.mark.parametrize(
        ("column", "value", "reason"),
        [
            ("Email Opt Out", "Yes", "OPT_OUT"),
            ("HasOptedOutOfEmail", "true", "OPT_OUT"),
            ("Do Not Email", "1", "OPT_OUT"),
            ("EMAIL_BLACKLISTED", "Yes", "OPT_OUT"),
            ("Opted out of email: Marketing Information", "true", "OPT_OUT"),
            ("Unsubscribed from all email", "TRUE", "UNSUBSCRIBE"),
            ("Unsubscribed", "x", "UNSUBSCRIBE"),
            ("UNSUB_TIME", "2026-03-04 10:00:00", "UNSUBSCRIBE"),
            ("Email Invalid", "Yes", "HARD_BOUNCE"),
            ("Email Bounced Reason", "550 user unknown", "HARD_BOUNCE"),
            ("Person - Marketing status", "Unsubscribed", "UNSUBSCRIBE"),
            ("Member status", "cleaned", "HARD_BOUNCE"),
            ("Subscription status", "Désinscrit", "UNSUBSCRIBE"),
            ("Last Activity", "Email Marked Spam", "COMPLAINT"),
            ("Last Notable Activity", "Email Bounced", "HARD_BOUNCE"),
            ("Lead Status", "Unsubscribed", "UNSUBSCRIBE"),
            ("Email Opt Out", "✓", "OPT_OUT"),
            ("Email Opt Out", "2026-03-01", "OPT_OUT"),
            ("Email Opt Out", "asked on the phone", "OPT_OUT"),
            ("Unsubscribed Time", "2026-03-04 10:00:00", "UNSUBSCRIBE"),
        ],
    )
    def test_a_cell_that_says_no_suppresses(self, column: str, value: str, reason: str) -> None:
        assert self.reasons(["Email", column], ["a@b.example", value]) == {column: reason}

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("Email Opt Out", "No"),
            ("Email Opt Out", ""),
            ("Email Opt Out", "falso"),
            ("Email Opt Out", "unchecked"),
            ("Email Opt Out", "N/A"),
            ("Email Opt Out", "Opted in"),
            ("Email Bounced", "Soft bounce"),
            ("Do Not Call", "Yes"),
            ("Do Not Email", "0"),
            ("Last Activity", "Email Opened"),
            ("Last Activity", "Resubscribed to emails"),
            ("Lead Status", "Cancelled"),
            ("UNSUB_TIME", "-"),
            ("Marketing contact status", "Non-marketing contact"),
        ],
    )
    def test_other_cells_suppress_nobody(self, column: str, value: str) -> None:
        assert self.reasons(["Email", column], ["a@b.example", value]) == {}

    def test_a_subscription_tool_s_plain_status_suppresses(self) -> None:
        header = ["first_name", "email", "created_at", "status"]

        assert self.reasons(header, ["Anna", "a@b.example", "2026-01-01", "cancelled"]) == {
            "status": "UNSUBSCRIBE"
        }

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("unsubscribed_members_export_abc123.csv", "UNSUBSCRIBE"),
            ("cleaned_members_export_abc123.csv", "HARD_BOUNCE"),
            ("subscribed_members_export_abc123.csv", None),
        ],
    )
    def test_a_mailing_tool_s_file_name_speaks_for_all_rows(self, name: str, reason: str | None) -> None:
        found = headers.recognize(["Email Address", "LEID", "EUID"], [], kind="leads", file_name=name)

        assert (found.source, found.suppresses_all) == ("mailchimp", reason)

    def test_a_changed_mapping_changes_what_suppresses(self) -> None:
        header = ["Email", "Keine Werbung"]

        found = headers.suppressors(header, mapping={0: "email", 1: "opt_out"}, source="file")

        assert [(each.column, each.reason_of("ja")) for each in found] == [(1, "OPT_OUT")]


EXPORTS: dict[str, tuple[str, list[str]]] = {
    "Mailchimp audience export (subscribed)": ("mailchimp", ["email", "external_id", "consent_given_at", "country", "time_zone"]),
    "Brevo (Sendinblue)": ("brevo", ["email", "last_name", "first_name", "phone", "opt_out", "entered_at"]),
    "ActiveCampaign": ("activecampaign", ["email", "first_name", "last_name", "phone", "entered_at", "source_status"]),
    "Kit (ConvertKit)": ("kit", ["first_name", "email", "entered_at", "source_status"]),
    "systeme.io": ("systeme.io", ["email", "first_name", "last_name", "phone", "country", "entered_at"]),
    "HubSpot contacts export": ("hubspot", ["external_id", "first_name", "last_name", "email", "phone", "job_title", "company", "owner"]),
    "Salesforce contact report export": ("salesforce", ["first_name", "last_name", "job_title", "city", "country", "phone", "email", "company"]),
    "Salesforce lead report export": ("salesforce", ["owner", "first_name", "last_name", "job_title", "company", "source", "email"]),
    "Salesforce API / Data Loader": ("salesforce", ["external_id", "first_name", "last_name", "email", "phone", "company", "source"]),
    "Pipedrive persons export": ("pipedrive", ["external_id", "full_name", "email", "phone", "company"]),
    "LinkedIn Connections.csv": ("linkedin", ["first_name", "last_name", "external_id", "email", "company", "job_title", "entered_at"]),
    "Zoho CRM leads": ("zoho", ["external_id", "last_name", "company", "owner", "email", "phone", "website", "industry", "source", "entered_at"]),
    "Mautic": ("mautic", ["email", "first_name", "last_name"]),
    "French spreadsheet": ("file", ["first_name", "last_name", "email", "phone", "city"]),
}  # fmt: skip


#: Exports as these systems write them today: kind, header, source, fields.
TODAY: dict[str, tuple[Kind, str, str, dict[str, str]]] = {
    "HubSpot contacts": (
        "leads", "Record ID,First Name,Email,Contact owner,Associated Company (Primary),Associated Company IDs (Primary),Create Date", "hubspot",
        {"Record ID": "external_id", "Associated Company (Primary)": "company", "Associated Company IDs (Primary)": "account_external_id"},
    ),
    "Zoho contacts": (
        "leads", ("Record Id,Contact Owner.id,Contact Owner,First Name,Last Name,Account Name.id,Account Name,Email,Title,Email Opt Out,"
        "Mailing Country,Lead Source,Created Time"), "zoho",
        {"Record Id": "external_id", "Account Name.id": "account_external_id", "Account Name": "company", "Email Opt Out": "opt_out"},
    ),
    "Zoho accounts": (
        "accounts", "Record Id,Account Owner.id,Account Owner,Account Name,Website,Employees,Billing Country,Created Time", "zoho",
        {"Record Id": "external_id", "Account Name": "name", "Employees": "employees"},
    ),
    "Zoho deals": (
        "opportunities", ("Record Id,Deal Owner.id,Deal Owner,Amount,Deal Name,Closing Date,Account Name.id,Account Name,Stage,"
        "Contact Name.id,Contact Name,Created Time"), "zoho",
        {"Record Id": "external_id", "Account Name.id": "account_external_id", "Contact Name.id": "lead_external_id"},
    ),
    "Pipedrive activities": (
        "events", ("Activity - ID,Activity - Subject,Activity - Type,Activity - Due date,Activity - Marked as done time,Person - ID,"
        "Person - Email - Work"), "pipedrive",
        {"Activity - ID": "external_id", "Activity - Subject": "topic", "Activity - Type": "kind", "Person - ID": "lead_external_id",
         "Activity - Marked as done time": "occurred_at", "Person - Email - Work": "lead_email"},
    ),
    "Marketo activities": (
        "events", "Lead ID,Activity Date Time,Activity Type,Asset Name", "file",
        {"Lead ID": "lead_external_id", "Activity Date Time": "occurred_at", "Activity Type": "kind", "Asset Name": "asset"},
    ),
    "HubSpot meetings": (
        "events", "Record ID,Activity type,Activity date,Associated Contact IDs", "hubspot",
        {"Associated Contact IDs": "lead_external_id", "Activity type": "kind", "Activity date": "occurred_at"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TODAY)
def test_what_the_systems_export_today_is_recognized(name: str) -> None:
    kind, line, source, fields = TODAY[name]

    found = headers.recognize(line.split(","), [], kind=kind)

    said = mapping(line.split(","), kind)
    assert (found.source, found.missing) == (source, [])
    assert {column: said.get(column) for column in fields} == fields


@pytest.mark.material
class TestOverRealMaterial:
    def test_the_known_exports_are_recognized(self) -> None:
        exports = json.loads(
            (material.folder("crm_export_headers") / "headers.json").read_text(encoding="utf-8")
        )["exports"]
        seen = set()
        for export in exports:
            if "header" not in export:
                continue
            for line in export["header"].split("  /  "):
                found = headers.recognize(line.split(export["delimiter"]), [], kind="leads")
                source, fields = EXPORTS[export["product"]]
                assert found.source == source, export["product"]
                assert set(fields) <= set(found.mapping.values()), export["product"]
                assert found.missing == []
                seen.add(export["product"])
        assert seen == set(EXPORTS)

    def test_hubspot_s_further_columns_are_recognized(self) -> None:
        exports = json.loads(
            (material.folder("crm_export_headers") / "headers.json").read_text(encoding="utf-8")
        )["exports"]
        header = next(each["also_columns"] for each in exports if each["product"].startswith("HubSpot"))

        assert mapping(header) == {
            "Record ID - Contact": "external_id",
            "Lead Status": "source_status",
            "Create Date": "entered_at",
            "Original Source": "source",
            "Associated Company IDs": "account_external_id",
            "Associated Company": "company",
            "Country/Region": "country",
            "Website URL": "website",
        }

    @pytest.mark.parametrize(
        ("path", "kind", "source", "fields"),
        [
            ("crm_zoho_demo/Contacts.csv", "leads", "zoho",
             {"CONTACTID": "external_id", "Last Name": "last_name", "Contact Owner": "owner", "Account Id": "account_external_id",
              "Email": "email", "Lead Source": "source", "Mobile": "phone", "Created Time": "entered_at"}),
            ("crm_zoho_demo/Accounts.csv", "accounts", "zoho",
             {"ACCOUNTID": "external_id", "Account Name": "name", "Account Owner": "owner", "Industry": "industry", "Website": "website"}),
            ("crm_zoho_demo/Potentials.csv", "opportunities", "zoho",
             {"Potential Name": "name", "Potential Owner": "owner", "Created Time": "opened_at", "Closing Date": "closed_at",
              "Amount": "amount", "Stage": "stage", "Forecast Type": "state", "Probability": "probability", "LEADID": "lead_external_id"}),
            ("crm_zoho_demo/Campaign_Lead_Status.csv", "events", "zoho",
             {"Campaign Name": "campaign", "Lead First Name": "lead_first_name", "Lead Last Name": "lead_last_name",
              "Status": "kind", "Last Modified Time": "occurred_at"}),
            ("maven_crm/accounts.csv", "accounts", "file",
             {"account": "name", "sector": "industry", "revenue": "annual_revenue", "employees": "employees",
              "office_location": "country", "subsidiary_of": "parent"}),
            ("maven_crm/sales_pipeline.csv", "opportunities", "file",
             {"opportunity_id": "external_id", "sales_agent": "owner", "product": "product", "account": "account",
              "deal_stage": "stage", "engage_date": "opened_at", "close_date": "closed_at", "close_value": "amount"}),
            ("crm_mautic_import/tests/_data/10contacts.csv", "leads", "mautic",
             {"firstname": "first_name", "lastname": "last_name", "company": "company", "email": "email", "country": "country"}),
            ("x_education/open_older_6468_Leads.csv", "leads", "leadsquared",
             {"Prospect ID": "external_id", "Lead Source": "source", "Do Not Email": "opt_out", "Country": "country", "City": "city"}),
        ],
    )  # fmt: skip
    def test_whole_exports_are_mapped(
        self, path: str, kind: Kind, source: str, fields: dict[str, str]
    ) -> None:
        opened = open_material(path)

        found = headers.recognize(opened.header, opened.sample(), kind=kind)

        assert found.source == source
        assert {opened.header[column]: name for column, name in found.mapping.items()} == fields
        assert found.missing == []

    def test_zoho_s_contacts_are_numbered_apart_from_its_leads(self) -> None:
        opened = open_material("crm_zoho_demo/Calls.csv")

        found = headers.recognize(opened.header, opened.sample(), kind="events")

        assert found.source_of == {"contact_external_id": "zoho-contacts"}
        assert (found.event_kind, found.missing) == ("call", [])

    def test_very_wide_exports_keep_to_the_standard_columns(self) -> None:
        opened = open_material("crm_vendor_seeds_salesforce/sf_contact_data.csv")

        found = headers.recognize(opened.header, opened.sample(), kind="leads")

        assert found.source == "salesforce"
        assert {opened.header[column]: name for column, name in found.mapping.items()} == {
            "id": "external_id", "account_id": "account_external_id", "created_date": "entered_at", "department": "department",
            "email": "email", "first_name": "first_name", "is_email_bounced": "bounced", "last_name": "last_name",
            "mailing_city": "city", "mailing_country": "country", "phone": "phone", "title": "job_title",
            "has_opted_out_of_email": "opt_out", "no_longer_at_company_c": "left_company", "lead_source": "source",
            "utm_campaign_c": "campaign",
        }  # fmt: skip

    def test_all_619_who_may_not_be_mailed_are_found(self) -> None:
        opened = open_material("x_education/open_older_6468_Leads.csv")
        found = headers.recognize(opened.header, opened.sample(), kind="leads")

        suppressed = [
            row.line
            for row in opened.rows()
            if any(each.reason_of(row.cells[each.column]) for each in found.suppressors)
        ]

        assert len(suppressed) == 619


def open_material(path: str) -> tables.Table:
    folder, _, rest = path.partition("/")
    return tables.open_table(material.folder(folder) / Path(rest))
