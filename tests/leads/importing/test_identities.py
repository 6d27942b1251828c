"""Companies, countries, persons and titles, told from what people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.vocabulary import StakeholderRole
from coldframe.leads.importing import companies, countries, names, tables, titles
from coldframe.leads.importing.titles import Reading
from coldframe.leads.importing.values import BadValue
from tests import material


class TestCompanyNames:
    @pytest.mark.parametrize(
        "name",
        [
            "Brightpath", "BRIGHTPATH", "Brightpath Sp. z o.o.", "Brightpath sp. z o.o. sp. k.", "Brightpath, Inc.", "Brightpath GmbH & Co. KG",
            "Brightpath S.A.", "Brightpath Co., Ltd.", "The Brightpath Company", "Brightpath Pty Ltd", "  brightpath  ltd ", "PT Brightpath Tbk",
            "Brightpath S. de R.L. de C.V.", "Brightpath (Pvt) Ltd",
        ],
    )  # fmt: skip
    def test_legal_forms_are_no_part_of_a_name(self, name: str) -> None:
        assert companies.name_key(name) == "brightpath"

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("Société Générale S.A.", "societe generale"), ("Müller & Söhne KG", "muller and sohne"), ("AT&T", "at&t"), ("AG", "ag"),
            ("Company", "company"), ("A B Volvo", "volvo"), ("Kan-code", "kan code"), ("株式会社サクラ", "株式会社サクラ"), ("  ", None), ("...", None),
        ],
    )  # fmt: skip
    def test_the_name_itself_stays(self, name: str, key: str | None) -> None:
        assert companies.name_key(name) == key

    def test_different_companies_keep_different_keys(self) -> None:
        assert companies.name_key("Nord Bank AG") != companies.name_key("Nord AG")

    @given(st.text(max_size=60))
    def test_a_key_is_its_own_key(self, name: str) -> None:
        key = companies.name_key(name)

        assert key is None or 0 < len(key) <= 255

    @pytest.mark.material
    def test_real_names_all_have_keys(self) -> None:
        lines = (
            (material.folder("company_names_cleanco") / "tests" / "companies.csv")
            .read_text(encoding="utf-8")
            .splitlines()
        )
        keys = [companies.name_key(line.partition(";")[0]) for line in lines if line]

        assert all(keys)
        assert len(set(keys)) > 0.97 * len(keys)


class TestDomains:
    @pytest.mark.parametrize(
        "website",
        [
            "brightpath.co.uk", "https://www.brightpath.co.uk/about?x=1#y", "HTTP://Shop.BrightPath.co.uk:8080", "//brightpath.co.uk",
            "www.brightpath.co.uk/", "anna@brightpath.co.uk", "brightpath.co.uk.",
        ],
    )  # fmt: skip
    def test_a_website_names_the_domain(self, website: str) -> None:
        assert companies.domain_of(website) == "brightpath.co.uk"

    @pytest.mark.parametrize(
        "website",
        [
            "facebook.com/brightpath",
            "https://www.linkedin.com/company/x",
            "brightpath.wordpress.com",
            "gmail.com",
            "mailinator.com",
        ],
    )
    def test_pages_on_shared_hosts_name_none(self, website: str) -> None:
        assert companies.domain_of(website) is None

    @pytest.mark.parametrize(
        "website", ["coming soon", "localhost", "http://", "brightpath", "x..com", "192.168.1.1"]
    )
    def test_what_is_no_web_address_is_refused(self, website: str) -> None:
        with pytest.raises(BadValue, match="not a web address"):
            companies.domain_of(website)

    @pytest.mark.parametrize(
        ("host", "domain"),
        [
            ("mail.brightpath.pl", "brightpath.pl"), ("brightpath.example", "brightpath.example"), ("eu.corp.halden.com", "halden.com"),
            ("gmail.com", None), ("mailinator.com", None), ("poczta.onet.pl", None), ("agh.edu.pl", "agh.edu.pl"),
        ],
    )  # fmt: skip
    def test_a_mail_host_names_the_account_unless_anybody_may_have_it(
        self, host: str, domain: str | None
    ) -> None:
        assert companies.company_domain(host) == domain


class TestCountries:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("Poland", "PL"), ("PL", "PL"), ("POL", "PL"), ("pl", "PL"), ("Polska", "PL"), ("Niemcy", "DE"), ("Deutschland", "DE"),
            ("Allemagne", "DE"), ("USA", "US"), ("U.S.A.", "US"), ("United States", "US"), ("UK", "GB"), ("England", "GB"),
            ("Côte d'Ivoire", "CI"), ("Viet Nam", "VN"), ("Vietnam", "VN"), ("Czech Republic", "CZ"), ("Hong Kong", "HK"), ("Holland", "NL"),
            ("Bosnia & Herzegovina", "BA"), ("Niger", "NE"), ("Nigeria", "NG"), ("Russia", "RU"), ("Türkiye", "TR"), ("Kosovo", "XK"),
        ],
    )  # fmt: skip
    def test_are_known_by_code_and_name(self, text: str, code: str) -> None:
        assert countries.find(text) == countries.Country(code)

    @pytest.mark.parametrize(
        ("text", "code", "note"),
        [
            ("Philipines", "PH", '"Philipines" is taken as Philippines'),
            ("Germny", "DE", '"Germny" is taken as Germany'),
            ("Korea", "KR", '"Korea" is taken as South Korea'),
            ("Asia/Pacific Region", None, '"Asia/Pacific Region" is not recognized as a country'),
            ("Mars", None, '"Mars" is not recognized as a country'),
        ],
    )
    def test_guesses_are_said(self, text: str, code: str | None, note: str) -> None:
        assert countries.find(text) == countries.Country(code, note)

    @pytest.mark.parametrize("text", ["", None, "unknown", "Select", "NA"])
    def test_missing_is_missing(self, text: str | None) -> None:
        assert countries.find(text) == countries.Country(None)

    @pytest.mark.material
    @pytest.mark.parametrize(
        ("path", "column", "unknown"),
        [
            ("x_education/open_older_6468_Leads.csv", "Country", {"Asia/Pacific Region"}),
            ("maven_crm/accounts.csv", "office_location", set()),
        ],
    )
    def test_real_columns_are_recognized(self, path: str, column: str, unknown: set[str]) -> None:
        folder, _, rest = path.partition("/")
        opened = tables.open_table(material.folder(folder) / rest)
        place = opened.header.index(column)

        given = {str(row.cells[place]) for row in opened.rows()}

        assert {
            text for text in given if countries.find(text).code is None and countries.find(text).note
        } == unknown


class TestNames:
    @pytest.mark.parametrize(
        ("full", "parts"),
        [
            ("Anna Kowalska", ("Anna", "Kowalska")), ("Kowalska, Anna", ("Anna", "Kowalska")), ("Dr. Jonas Peter Weber", ("Jonas Peter", "Weber")),
            ("Vincent van Gogh", ("Vincent", "van Gogh")), ("Juan Carlos de la Vega", ("Juan Carlos", "de la Vega")), ("Zed", ("Zed", None)),
            ("Mr. Reyes", (None, "Reyes")), ("Mary Ann Smith Jr.", ("Mary Ann", "Smith")), ("Jean-Luc O'Neill", ("Jean-Luc", "O'Neill")),
            ("anna@brightpath.example", (None, None)), ("123", (None, None)), ("", (None, None)),
        ],
    )  # fmt: skip
    def test_are_split_where_a_column_holds_both(
        self, full: str, parts: tuple[str | None, str | None]
    ) -> None:
        assert names.split(full) == parts

    @given(st.text(max_size=60))
    def test_any_text_can_be_split(self, full: str) -> None:
        assert len(names.split(full)) == 2


BUYER, CHAMPION, USER = StakeholderRole.ECONOMIC_BUYER, StakeholderRole.CHAMPION, StakeholderRole.USER
TECHNICAL, PROCUREMENT, UNKNOWN = (
    StakeholderRole.TECHNICAL_EVALUATOR,
    StakeholderRole.PROCUREMENT,
    StakeholderRole.UNKNOWN,
)


class TestTitles:
    @pytest.mark.parametrize(
        ("title", "role", "department"),
        [
            ("Head of Marketing", CHAMPION, "marketing"),
            ("CTO", TECHNICAL, "engineering"),
            ("RevOps lead", CHAMPION, "sales"),
            ("VP Sales", BUYER, "sales"),
            ("analyst", USER, None),
            ("Founder & CEO", BUYER, "management"),
            ("Executive Assistant to the CEO", USER, "operations"),
            ("Chief Marketing Officer", BUYER, "marketing"),
            ("Vice President of Engineering", TECHNICAL, "engineering"),
            ("Director of Operations", BUYER, "operations"),
            ("General Counsel", PROCUREMENT, "legal"),
            ("Senior Buyer", PROCUREMENT, "procurement"),
            ("HR Business Partner", CHAMPION, "human resources"),
            ("Product Owner", CHAMPION, "product"),
            ("Sr. Software Eng.", TECHNICAL, "engineering"),
            ("Account Executive", USER, "sales"),
            ("technology sales representative", USER, "sales"),
            ("Geschäftsführer", BUYER, "management"),
            ("Einkaufsleiterin", PROCUREMENT, "procurement"),
            ("IT-Leiter", TECHNICAL, "it"),
            ("Sachbearbeiter", USER, None),
            ("Praktikant Marketing", UNKNOWN, "marketing"),
            ("Prezes Zarządu", BUYER, "management"),
            ("Kierownik ds. zakupów", PROCUREMENT, "procurement"),
            ("Dyrektor finansowy", BUYER, "finance"),
            ("Specjalista ds. marketingu", USER, "marketing"),
            ("Directeur Commercial", BUYER, "sales"),
            ("Responsable informatique", TECHNICAL, "it"),
            ("Chargée de communication", USER, "marketing"),
            ("Jefe de Compras", PROCUREMENT, "procurement"),
            ("Desarrolladora de software", TECHNICAL, "engineering"),
            ("Student", UNKNOWN, "education"),
            ("Mr", UNKNOWN, None),
            ("1234", UNKNOWN, None),
            ("", UNKNOWN, None),
            (None, UNKNOWN, None),
        ],
    )
    def test_say_role_and_department(
        self, title: str | None, role: StakeholderRole, department: str | None
    ) -> None:
        assert titles.read(title) == Reading(role, department)

    @given(st.text(max_size=120))
    def test_any_text_can_be_read(self, title: str) -> None:
        assert titles.read(title).role in StakeholderRole

    @given(st.lists(st.sampled_from(["CTO", "Head of Marketing", None, "x"]), max_size=12))
    def test_many_are_read_like_one_by_one(self, column: list[str | None]) -> None:
        assert titles.read_all(column) == [titles.read(title) for title in column]

    @pytest.mark.material
    def test_of_the_world_s_titles_most_are_placed(self) -> None:
        lines = (
            (material.folder("job_titles_jneidel") / "job-titles.txt").read_text(encoding="utf-8").split("\n")
        )

        readings = titles.read_all([line.strip() for line in lines if line.strip()])

        placed = sum(reading.role is not UNKNOWN or reading.department is not None for reading in readings)
        assert len(readings) > 73_000
        assert placed / len(readings) > 0.72
