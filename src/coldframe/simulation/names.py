"""Names of people, firms and places, made up or common; every address is in a reserved domain."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from coldframe.kernel.vocabulary import StakeholderRole

#: Domains that stand for kinds of mail hosts. None can exist: RFC 2606 keeps .example free. The import lists them as what they stand for.
FREE_DOMAINS = ("freebox.example", "mailhaven.example", "postkasten.example")
DISPOSABLE_DOMAINS = ("tenminutes.example", "throwaway.example")
ACADEMIC_DOMAINS = (
    "uni-nordstadt.example",
    "tech-university.example",
    "college-of-trade.example",
    "uni-seehafen.example",
    "polytech-west.example",
    "business-school.example",
)
#: Competitors of the demo company; the shipped playbook lists the same ones.
COMPETITORS = {
    "Rivalworks": "rivalworks.example",
    "Leadforge": "leadforge.example",
    "Funnelsmith": "funnelsmith.example",
}


@dataclass(frozen=True)
class Country:
    """Where people live, and what they are called there."""

    code: str
    time_zone: str
    language: str
    dial: str
    cities: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


def country(
    code: str, time_zone: str, language: str, dial: str, cities: str, first: str, last: str
) -> Country:
    return Country(
        code, time_zone, language, dial, tuple(cities.split(",")), tuple(first.split()), tuple(last.split())
    )


GERMAN_FIRST = (
    "Anke Arne Barbara Bernd Carsten Clara Dirk Dorothea Elke Erik Felix Frauke Gerd Greta Hannes Heike Holger Inga Jens "
    "Jutta Katrin Kerstin Konrad Lars Lukas Maren Marlene Matthias Nils Petra Ralf Sabine Silke Sven Thorsten Timo Ute Uwe "
    "Verena Wiebke"
)
GERMAN_LAST = (
    "Albrecht Arnold Bachmann Brandt Busch Dietz Ebert Engel Falk Franke Geiger Graf Gruber Haas Hauser Heinrich Jansen "
    "Keller Kirchner Kramer Lorenz Ludwig Metzger Möller Neumann Nolte Otto Pohl Reuter Richter Ritter Sauer Schubert "
    "Seidel Stein Thiele Ullrich Vogt Wenzel Ziegler"
)

SERVED: tuple[Country, ...] = (
    country(
        "DE", "Europe/Berlin", "de", "+49", "Hamburg,Köln,Leipzig,München,Stuttgart", GERMAN_FIRST, GERMAN_LAST
    ),
    country(
        "PL", "Europe/Warsaw", "pl", "+48", "Gdańsk,Kraków,Poznań,Warszawa,Wrocław",
        "Agata Bartosz Beata Celina Cezary Dawid Dorota Emil Ewelina Filip Grażyna Hubert Iga Jakub Joanna Kamil Kinga Łukasz "
        "Marta Michał Monika Norbert Olga Paweł Renata Sylwia Szymon Tomasz Urszula Wojciech",
        "Adamczyk Bąk Bielak Cebula Duda Dudek Gajda Górka Janik Kaczmarek Kania Kozak Kubiak Kulik Lis Madej Mazur Mróz Nowak "
        "Pawlak Pająk Sikora Sowa Stec Stasiak Walczak Wójcik Wrona Wróbel Zając",
    ),
    country(
        "AT", "Europe/Vienna", "de", "+43", "Graz,Linz,Salzburg,Wien", GERMAN_FIRST, "Auer Berger Brunner Ebner Egger Fuchs Haider Hofer Huber Lackner Lang Leitner Mayr Moser Pichler Reiter Steiner Winkler"
    ),
    country(
        "CH", "Europe/Zurich", "de", "+41", "Basel,Bern,Luzern,Zürich", GERMAN_FIRST, "Ammann Baumann Bühler Egli Frei Frick Gerber Graber Hess Kunz Lüthi Meier Roth Sutter Studer Suter Widmer Zbinden"
    ),
    country(
        "NL", "Europe/Amsterdam", "nl", "+31", "Amsterdam,Eindhoven,Rotterdam,Utrecht",
        "Anouk Bart Bram Carlijn Daan Dirk Eline Esther Femke Frank Gijs Hanna Ilse Jeroen Koen Lieke Lotte Maaike Mark Niels "
        "Pieter Roos Sander Tessa Wouter Yvonne",
        "Bakker Bos Brouwer Dekker Dijkstra Evers Hendriks Hoekstra Jacobs Kok Kuiper Maas Mulder Peters Postma Schouten Smit "
        "Timmer Veenstra Vermeer Visser Vos Willems Zijlstra",
    ),
    country(
        "SE", "Europe/Stockholm", "sv", "+46", "Göteborg,Malmö,Stockholm,Uppsala",
        "Agnes Anders Björn Ebba Elin Emil Fredrik Gustav Hedda Isak Johan Karin Lena Linnea Måns Mikael Nora Oskar Sara Signe "
        "Sofia Tove Ulf Viktor",
        "Ahlgren Alm Berglund Björk Dahl Ek Eklund Falk Forsberg Hedlund Holm Lindqvist Lundin Nyström Öberg Palm Sandberg "
        "Sjögren Sundin Wallin Wikström Åberg",
    ),
)  # fmt: skip
OUTSIDE: tuple[Country, ...] = (
    country(
        "US", "America/Chicago", "en", "+1", "Austin,Denver,Portland", "Ashley Brandon Caleb Dana Ethan Grace Hannah Jordan Megan Tyler", "Barnes Cooper Dawson Foster Hayes Lawson Porter Reed Ward"
    ),
    country(
        "IN", "Asia/Kolkata", "en", "+91", "Chennai,Mumbai,Pune", "Aarav Anjali Divya Kiran Meera Neha Nikhil Priya Rohan Vikram", "Bhatt Desai Iyer Joshi Kulkarni Menon Nair Patel Rao"
    ),
    country(
        "BR", "America/Sao_Paulo", "pt", "+55", "Campinas,Recife,São Paulo", "Beatriz Bruna Caio Diego Fernanda Gustavo Larissa Renan Thiago", "Almeida Barbosa Cardoso Freitas Lima Moraes Nunes Rocha Teixeira"
    ),
    country(
        "AU", "Australia/Sydney", "en", "+61", "Brisbane,Perth,Sydney", "Chloe Heath Isla Jack Lachlan Liam Matilda Poppy Ruby Zac", "Campbell Doyle Gibson Kelly Murray Nolan Quinn Sutherland Walsh"
    ),
)  # fmt: skip

COMPANY_STEMS = [
    "Amber",
    "Alder",
    "Arc",
    "Birch",
    "Blue",
    "Bolt",
    "Bridge",
    "Cedar",
    "Clear",
    "Cobalt",
    "Copper",
    "Coral",
    "Crest",
    "Delta",
    "Drift",
    "Ember",
    "Fern",
    "Field",
    "Flint",
    "Forge",
    "Gale",
    "Glen",
    "Granite",
    "Grove",
    "Harbor",
    "Hazel",
    "Helio",
    "Iris",
    "Iron",
    "Juniper",
    "Kelp",
    "Kestrel",
    "Kite",
    "Lark",
    "Ledger",
    "Linden",
    "Lumen",
    "Maple",
    "Meadow",
    "Mistral",
    "Moss",
    "North",
    "Oak",
    "Onyx",
    "Opal",
    "Orchard",
    "Pebble",
    "Pine",
    "Polar",
    "Prism",
    "Quarry",
    "Quill",
    "Raven",
    "Reef",
    "Ridge",
    "River",
    "Rowan",
    "Sable",
    "Sage",
    "Sierra",
    "Silver",
    "Slate",
    "Sparrow",
    "Spruce",
    "Stone",
    "Summit",
    "Swift",
    "Tern",
    "Thistle",
    "Tide",
    "Timber",
    "Topaz",
    "Umber",
    "Vale",
    "Velo",
    "Vertex",
    "Willow",
    "Wren",
]
COMPANY_ENDINGS = {
    "software": ("soft", "stack", "logic", "apps", "cloud", "base"),
    "it services": (" Systems", " IT", " Consulting", " Digital", "ops", " Services"),
    "fintech": ("pay", " Finance", "credit", " Capital", "bank"),
    "manufacturing": (" Werke", " Industries", " Metal", " Machines"),
    "logistics": (" Logistics", " Freight", " Cargo"),
    "education": (" Academy", " School", " College"),
    "non-profit": (" Foundation", " Aid", " Trust"),
    "hospitality": (" Hotels", " Inn", " Resort"),
    "agriculture": (" Farms", " Dairy", " Seeds"),
    "public administration": (" District", " Council", " Municipality"),
}
LEGAL_FORMS = {"DE": " GmbH", "AT": " GmbH", "CH": " AG", "PL": " sp. z o.o.", "NL": " B.V.", "SE": " AB"}

#: Role -> (job title, department).
TITLES: dict[StakeholderRole, tuple[tuple[str, str], ...]] = {
    StakeholderRole.ECONOMIC_BUYER: (
        ("CEO", "management"), ("Managing Director", "management"), ("Founder", "management"), ("CFO", "finance"),
        ("Chief Revenue Officer", "sales"), ("VP Sales", "sales"), ("Chief Marketing Officer", "marketing"),
    ),
    StakeholderRole.CHAMPION: (
        ("Head of Marketing", "marketing"), ("Head of Sales Operations", "operations"), ("RevOps Lead", "operations"),
        ("Marketing Operations Manager", "marketing"), ("Demand Generation Lead", "marketing"),
    ),
    StakeholderRole.USER: (
        ("Marketing Specialist", "marketing"), ("CRM Specialist", "operations"), ("Account Executive", "sales"),
        ("Content Manager", "marketing"), ("Sales Development Representative", "sales"),
    ),
    StakeholderRole.TECHNICAL_EVALUATOR: (
        ("CTO", "it"), ("IT Manager", "it"), ("Solutions Architect", "it"), ("Data Engineer", "it"),
    ),
    StakeholderRole.PROCUREMENT: (("Procurement Manager", "procurement"), ("Legal Counsel", "legal")),
    StakeholderRole.UNKNOWN: (("Assistant", "other"), ("Project Coordinator", "other"), ("Advisor", "other")),
}  # fmt: skip
ROLE_MAILBOXES = ("info", "office", "kontakt", "sales", "marketing")
SALES_REPS = ("Ewa Sobczak", "Malte Krüger", "Ida Sundin", "Rik van Dongen")

TRANSLITERATED = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "å": "a"}
)


def ascii_word(text: str) -> str:
    """
    Return the text in the letters of an address.

    >>> ascii_word("Łukasz Müller-Dąbrowski")
    'lukaszmueller-dabrowski'
    """
    plain = unicodedata.normalize("NFKD", text.translate(TRANSLITERATED)).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum() or letter == "-")


def person_name(rng: random.Random, country: Country, *, taken: set[str]) -> tuple[str, str]:
    """Return a first and a last name that nobody has yet, as far as there are any; added to ``taken``."""
    first, last = rng.choice(country.first_names), rng.choice(country.last_names)
    for _ in range(50):
        if f"{first} {last}" not in taken:
            break
        first, last = rng.choice(country.first_names), rng.choice(country.last_names)
    taken.add(f"{first} {last}")
    return first, last


def company_name(rng: random.Random, *, industry: str, taken: set[str]) -> str:
    """Return a firm's name that nobody has yet, without its legal form; it is added to ``taken``."""
    while True:
        name = rng.choice(COMPANY_STEMS) + rng.choice(COMPANY_ENDINGS[industry])
        if rng.random() < 0.15:
            name = f"{rng.choice(COMPANY_STEMS)} {name}"
        if ascii_word(name) not in taken:
            taken.add(ascii_word(name))
            return name
