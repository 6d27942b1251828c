"""Job titles: role in the decision, and department."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from coldframe.kernel.vocabulary import StakeholderRole

ECONOMIC_BUYER = StakeholderRole.ECONOMIC_BUYER
CHAMPION = StakeholderRole.CHAMPION
USER = StakeholderRole.USER
TECHNICAL = StakeholderRole.TECHNICAL_EVALUATOR
PROCUREMENT = StakeholderRole.PROCUREMENT
UNKNOWN = StakeholderRole.UNKNOWN


class Reading(NamedTuple):
    """What a job title says."""

    #: UNKNOWN where the title does not say.
    role: StakeholderRole
    #: marketing, sales, it …; None where the title does not say.
    department: str | None


_NOTHING = Reading(UNKNOWN, None)


def _words(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern for whole words in plain letters; ``*`` at an end lets the word go on."""
    written = " ".join(alternatives).split()
    parts = [re.escape(each).replace(r"\*", r"\w*").replace("_", " ") for each in written]
    return re.compile(rf"\b(?:{'|'.join(parts)})\b")


#: Departments, first match wins: the special before the general. Underscores stand for spaces.
_DEPARTMENTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("procurement", _words(
        "procurement purchasing purchaser buyer sourcing category_manager vendor_manage* supplier_manage* strategic_buyer",
        "einkauf* beschaffung* zakup* kupiec nabywc* achats acheteu* approvisionnement* compras comprador* acquisti inkoop*",
    )),
    ("legal", _words(
        "legal counsel lawyer attorney paralegal solicitor compliance privacy gdpr clo general_counsel data_protection contract_manager",
        "jurist* justitiar* rechtsanw* recht* datenschutz* prawn* radca rodo iod juridique avocat* juriste abogad* legales juridic*",
    )),
    ("human resources", _words(
        "hr human_resources people_operations people_ops people_partner people_officer head_of_people people_and_culture talent recruit*",
        "chro cpo_people hrbp payroll_manager workforce personnel* personal personalleit* personalref* personalabteilung kadr* kadrow* rekrut*",
        "zasobow_ludzkich rh rrhh ressources_humaines recursos_humanos recrut* reclut* employer_branding learning_and_development",
    )),
    ("customer success", _words(
        "customer_success customer_support customer_service customer_experience customer_care client_success client_service* support_manager",
        "support_agent support_specialist support_representative call_center call_centre help_desk_manager customer_operations cco_customer",
        "kundenservice kundenbetreuung kundendienst obslug* service_client atencion_al_cliente cx",
    )),
    ("marketing", _words(
        "marketing* marketer cmo brand growth demand_gen* demand_generation content_* content seo sem ppc copywriter communications communication",
        "public_relations pr social_media digital_media campaign* lead_generation event_manager events_manager product_marketing advertising",
        "media_manager crm_manager kommunikation* werbung presse* komunikacji mercadotecnia publicidad mercadeo mercatique comunicacion reklam*",
    )),
    ("sales", _words(
        "sales salesperson salesman saleswoman seller selling account_executive account_manager key_account* business_development bdr sdr bdm",
        "cro revenue commercial presales pre_sales account_director territory_manager partnerships partner_manager channel_manager merchandiser",
        "vertrieb* verkauf* verkaufer* aussendienst handlow* sprzedaz* sprzedawc* ventes vente commerciaux vendeu* ventas vendedor* comercial*",
        "vendite verkoop* revops",
    )),
    ("data", _words(
        "data_scien* data_analy* data_engineer* data_architect data_officer data_manager chief_data analytics business_intelligence bi",
        "machine_learning ml_engineer ai_engineer cdo statistician* datenanalys* analityk_danych data_lead head_of_data",
    )),
    ("product", _words(
        "product_manage* product_owner product_lead product_director product_officer product_design* head_of_product vp_product chief_product cpo",
        "director_of_product vp_of_product ux ui user_experience produktmanage* produktowy product_specialist",
    )),
    ("engineering", _words(
        "software developer develop* programmer* devops sre full_stack fullstack frontend front_end backend back_end engineering coder",
        "quality_assurance qa tester test_engineer solution*_architect solution*_engineer cto chief_technology web_develop* mobile_develop*",
        "entwickl* softwareentwickl* programist* deweloper developpeu* desarrollador* desarrollo ingenierie r&d research_and_development",
        "forschung* rnd technical_lead tech_lead scrum_master platform_engineer cloud_engineer technology_officer vp_technology",
    )),
    ("it", _words(
        "it ict information_technology information_systems information_security cio ciso cso chief_information infrastructure network*",
        "system_admin* systems_admin* sysadmin* sys_admin* it_support helpdesk help_desk service_desk security_engineer security_analyst",
        "cyber* cybersecurity information_officer database* dba erp sap salesforce_admin* crm_admin* it_leit* edv systemadmin* informatik* systems_engineer",
        "systems_analyst informaty* informatyczn* bezpieczenstwa_informacji informatique systemes_d_information sistemas informatic* dsi rssi",
        "computer technology technologist enterprise_architect network_engineer cloud",
    )),
    ("finance", _words(
        "finance financial cfo accounting account*_payable accounts_receivable accountant* controller controlling comptroller treasur* audit*",
        "tax payroll billing bookkeep* fp&a investor_relations economist credit_* actuary budget*",
        "finanz* buchhalt* rechnungswesen finansow* finanse ksiegow* skarbnik controllingu finances financier* comptab* finanzas contab* financiero*",
        "tesorer* boekhoud*",
    )),
    ("operations", _words(
        "operations operational operating ops coo logistics supply_chain warehouse manufacturing production plant facility facilities quality",
        "process_* process project_manage* program_manage* programme_manage* pmo office_manager procurement_ops transport* fleet maintenance lean",
        "betrieb* betriebsleit* logistik* produktion* werksleit* qualitat* prozess* operacyjn* operacj* logistyk* produkcj* jakosc* magazyn*",
        "operations_manager exploitation logistique qualite operaciones logistica produccion calidad projektleit* projektmanage* kierownik_projektu",
        "chef_de_projet jefe_de_proyecto administrative administration office_administrator secretary assistant_to executive_assistant",
        "personal_assistant sekretar* asystent* assistante asistente",
    )),
    ("management", _words(
        "ceo chief_executive founder* co_founder* cofounder* owner* co_owner* president chairman chairwoman chairperson managing_director managing_partner",
        "general_manager board partner principal entrepreneur proprietor executive_director managing_member md country_manager",
        "geschaftsfuhr* inhaber* grunder* vorstand* gesellschafter* prokurist* prezes* zarzad* wlasciciel* wspolwlasciciel* zalozyciel* dyrektor_generalny",
        "dyrektor_zarzadzajacy pdg gerant* fondat* president* directeur_general directrice_generale director_general gerente_general fundador* propietari*",
        "dueno socio* socia amministratore titolare directeur_generaal eigenaar oprichter chief_of_staff strategy strategic_planning",
    )),
    ("education", _words("teacher* professor* lecturer* instructor* tutor dean faculty student* researcher research_scientist school lehrer* dozent* nauczyciel* profesor* enseignant*")),
    ("healthcare", _words("nurse* physician* doctor* surgeon* medical clinical pharmac* therapist* dentist* arzt lekarz* medecin* infirmier*")),
    ("engineering", _words("engineer* ingenieur* inzynier* ingenier* technician* techniker* technik technic* architect* mechanic* chemist scientist*")),
)  # fmt: skip

#: Nobody who buys for a company.
_OUTSIDE = _words(
    "student* intern interns internship trainee* apprentice* praktikant* werkstudent* azubi auszubildende* stazyst* praktykant*",
    "stagiaire alternant* apprenti becari* estudiante aprendiz retired unemployed job_seeker looking_for_* seeking freelancer freelance",
    "volunteer housewife",
)
_ASSISTANT = _words(
    "assistant* assistenz asystent* sekretar* secretary secretaria secretaire receptionist* clerk* executive_assistant personal_assistant",
    "ea_to assistant_to pa_to",
)
_CHIEF = _words(
    "ceo coo cfo cmo cro cso cco cpo chro cdo clo chief founder* co_founder* cofounder* owner* co_owner* president chairman chairwoman",
    "chairperson chair managing_director managing_partner managing_member general_manager executive_director board proprietor entrepreneur",
    "partner principal geschaftsfuhr* inhaber* grunder* vorstand* prokurist* gesellschafter* prezes* zarzad* wlasciciel* wspolwlasciciel*",
    "zalozyciel* czlonek_zarzadu pdg gerant* fondat* directeur_general directrice_generale director_general gerente_general fundador*",
    "propietari* dueno socio socia amministratore titolare presidente eigenaar dg md",
)
#: A partner of these kinds owns nothing.
_NO_CHIEF = _words(
    "business_partner hr_partner people_partner channel_partner partner_manager partner_success partner_account partner_marketing product_owner process_owner",
    "partner_sales vice_president assistant_vice_president chief_of_staff assistant_general_manager station_chief chief_engineer chief_mate chief_clerk",
    "chief_operator service_owner data_owner crew_chief fire_chief police_chief battalion_chief store_general_manager principal_engineer principal_developer",
    "principal_consultant principal_architect principal_scientist principal_software business_owner_operator solution_partner chief_inspector homeowner",
)
_TECHNICAL_CHIEF = _words(
    "cto cio ciso chief_technology chief_information chief_data chief_technical chief_digital chief_architect chief_security",
    "technischer_geschaftsfuhrer dyrektor_techniczny directeur_technique director_tecnico dsi rssi",
)
_VICE = _words(
    "vp svp evp avp vice_president v_p wiceprezes* vicepresident* vice_presidente vice_presidenta prorektor",
)
_DIRECTOR = _words(
    "director* directeur* directrice* direktor* dyrektor* direttore direttrice directora head leiter* leiterin bereichsleit* abteilungsleit* hauptabteilungsleit*",
    "vertriebsleit* marketingleit* it_leit* einkaufsleit* personalleit* kierownik_dzialu naczelnik responsable chef_de_service jefe* jefa hoofd chefe gerente",
)
_MANAGER = _words(
    "manager* management lead leader teamlead* team_lead supervisor* superintendent coordinator* koordinator* koordynator* kierowni* menedzer* menadzer*",
    "teamleit* gruppenleit* projektleit* encargad* coordinad* coordinat* responsabile superviseur superviseuse controller champion evangelist strategist",
    "product_owner scrum_master business_partner chief_of_staff foreman brygadzist* referatsleit* chef_de* chef_d_equipe",
)
_TECHNICAL_WORDS = _words(
    "engineer* developer* develop* programmer* architect* devops sre sysadmin* administrator* admin security technical technolog* software systems",
    "network* infrastructure data_scien* data_engineer* database* dba it ict cloud cyber* informatik* informaty* informatique informatic* entwickl*",
    "ingenieur* inzynier* ingenier* programist* deweloper developpeu* desarrollador* systemadmin* technic* techniker* technik qa tester",
    "information_security information_systems solution*_consultant sap erp machine_learning",
)
_USER_WORDS = _words(
    "specialist* analyst* associate* representative* executive consultant* advisor* adviser* officer* agent* expert* designer* writer* editor*",
    "coordinator operator* worker* technician* accountant* bookkeep* planner* recruiter* buyer marketer copywriter sachbearbeit* referent* spezialist*",
    "mitarbeit* berater* fachkraft* specjalist* analityk* doradc* konsultant* pracownik* ksiegow* charge* charge_de* conseiller* specialiste analyste",
    "analista especialista consultor* asesor* tecnico addetto impiegat* medewerk* helper* driver* installer* inspector* instructor* attendant* assembler*",
    "mechanic* maker* tender repairer* cleaner* cutter* setter* fitter* welder* teacher* nurse* professor* therapist* scientist* researcher* hand",
    "salesperson seller* trainer* controller dispatcher* examiner* estimator* scheduler* handler* laborer* labourer* servicer* server* grader* sorter*",
    "packer* loader* inspector* tester* estate_agent broker* trader* underwriter* auditor* surveyor* counselor* counsellor* guard* cook* chef baker*",
)


@lru_cache(1 << 15)
def read(title: str | None) -> Reading:
    """
    Return role and department of one title; never raises.

    Titles are read in English, German, Polish, French and Spanish. Owners and heads of a whole company are
    economic buyers, and so are vice presidents and directors, unless their field is technical; managers are
    champions; engineers and administrators evaluate; purchasing and legal are procurement; the others use.
    """
    plain = _plain(title or "")
    if not plain:
        return _NOTHING
    department = next((name for name, pattern in _DEPARTMENTS if pattern.search(plain)), None)
    return Reading(_role(plain, department), department)


def read_all(titles: Iterable[str | None]) -> list[Reading]:
    """Return role and department of many titles, each distinct one read once."""
    known: dict[str | None, Reading] = {}
    found = []
    for title in titles:
        reading = known.get(title)
        if reading is None:
            reading = known[title] = read(title)
        found.append(reading)
    return found


_FOLDED = str.maketrans(
    {
        "ł": "l",
        "Ł": "l",
        "ß": "ss",
        "ø": "o",
        "æ": "ae",
        "/": " ",
        "-": " ",
        "_": " ",
        ".": "",
        "'": " ",
        "\u2019": " ",
    }
)
_NOISE = re.compile(r"[^\w& ]+")
_ABBREVIATIONS = (
    (re.compile(r"\bmgr\b"), "manager"),
    (re.compile(r"\b(?:dir)\b"), "director"),
    (re.compile(r"\b(?:eng|engr)\b"), "engineer"),
    (re.compile(r"\bsr\b"), "senior"),
    (re.compile(r"\bmktg\b"), "marketing"),
    (re.compile(r"\bdev\b"), "developer"),
    (re.compile(r"\bbiz\b"), "business"),
    (re.compile(r"\bbus\b(?= dev)"), "business"),
    (re.compile(r"\bpres\b"), "president"),
    (re.compile(r"\bacct\b"), "account"),
    (re.compile(r"\bexec\b"), "executive"),
    (re.compile(r"\badmin\b(?= assistant)"), "administrative"),
)


def _plain(title: str) -> str:
    """Return a title in lower case, without accents and signs, its common abbreviations written out."""
    folded = unicodedata.normalize("NFKD", title.casefold().translate(_FOLDED))
    plain = "".join(each for each in folded if not unicodedata.combining(each))
    plain = " ".join(_NOISE.sub(" ", plain).split())
    for abbreviation, word in _ABBREVIATIONS:
        plain = abbreviation.sub(word, plain)
    return plain[:300]


_TECHNICAL_DEPARTMENTS = frozenset({"it", "engineering", "data"})
#: Whose people use what is bought, however technical their titles sound.
_BUSINESS_DEPARTMENTS = frozenset(
    {"sales", "marketing", "human resources", "finance", "customer success", "education", "healthcare"}
)
_BUYING_DEPARTMENTS = frozenset({"procurement", "legal"})


def _role(plain: str, department: str | None) -> StakeholderRole:
    if _OUTSIDE.search(plain):
        return UNKNOWN
    if _ASSISTANT.search(plain) and not _VICE.search(plain):
        return USER
    if _TECHNICAL_CHIEF.search(plain):
        return TECHNICAL
    if _CHIEF.search(plain) and not _NO_CHIEF.search(plain):
        return PROCUREMENT if department in _BUYING_DEPARTMENTS else ECONOMIC_BUYER
    if department in _BUYING_DEPARTMENTS:
        return PROCUREMENT
    return _role_below_chief(plain, department)


def _role_below_chief(plain: str, department: str | None) -> StakeholderRole:
    is_technical = department in _TECHNICAL_DEPARTMENTS
    if _VICE.search(plain):
        return TECHNICAL if is_technical else ECONOMIC_BUYER
    if _DIRECTOR.search(plain):
        if is_technical:
            return TECHNICAL
        # A head runs a function and carries a project; a director or vice president signs for it.
        return CHAMPION if _HEAD.search(plain) else ECONOMIC_BUYER
    if is_technical and (_TECHNICAL_WORDS.search(plain) or _MANAGER.search(plain)):
        return TECHNICAL
    if _MANAGER.search(plain):
        return CHAMPION
    if department not in _BUSINESS_DEPARTMENTS and _TECHNICAL_WORDS.search(plain):
        return TECHNICAL
    return USER if department or _USER_WORDS.search(plain) else UNKNOWN


_HEAD = _words(
    "head leiter* leiterin abteilungsleit* bereichsleit* vertriebsleit* marketingleit* personalleit* einkaufsleit* responsable chef_de_service",
    "jefe* jefa kierownik_dzialu naczelnik hoofd gerente",
)
