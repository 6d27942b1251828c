"""The tasks of a working day are finished as docs/reference/tasks.md says: by its words, in at most six clicks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import people, serving
from tests.browser import arriving
from tests.browser.conftest import House, signed_in

pytestmark = pytest.mark.browser
MOST_CLICKS = 6
TABLE = serving.ROOT / "docs/reference/tasks.md"
LEADS = "Email,First name,Last name,Company\nnina@brightpath.example,Nina,Kowalska,Brightpath\n"
CLICK = re.compile(r"\*\*(?P<label>.+)\*\*")
FIELD = re.compile(r"\*(?P<label>[^*]+)\*: (?P<value>.+)")


@dataclass(frozen=True)
class Task:
    """One line of the table."""

    name: str
    role: str
    steps: tuple[str, ...]
    end: str


def tasks() -> list[Task]:
    """Return the tasks that the documentation names."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return [Task(row[0], row[1], tuple(row[3].split(" → ")), row[4].strip("“”")) for row in cells]


TASKS = tasks()


class Worker:
    """Somebody who clicks on what is written, and types what they are asked for."""

    def __init__(self, page, files: Path) -> None:
        self.page, self.files = page, files

    def do(self, step: str) -> None:
        """Do one step of a task."""
        if click := CLICK.fullmatch(step):
            self.click(click["label"])
        elif field := FIELD.fullmatch(step):
            self.fill(field["label"], field["value"])
        else:
            raise AssertionError(f"This step is neither a click nor a field: {step}")

    def click(self, label: str) -> None:
        self.named(label).click()
        arriving.there(self.page)
        self.page.wait_for_load_state("networkidle")
        if "/account/again" in self.page.url:
            # Who signed in a while ago is asked once more.
            self.fill("Password", people.PASSWORD)
            self.click("Confirm")

    def named(self, label: str):
        """Return what bears a name: that very name, else one that begins with it, else one with it inside."""
        if label == "first lead":
            return self.page.locator("main a.cf-name").first
        words = re.escape(label)
        for pattern in (f"^{words}$", f"^{words}", words):
            name = re.compile(pattern)
            links = self.page.get_by_role("link", name=name).or_(self.page.get_by_role("button", name=name))
            seen = links.or_(self.page.locator("summary").filter(has_text=name)).filter(visible=True)
            if seen.count():
                return seen.first
        raise AssertionError(f"Nothing on {self.page.url} is called {label!r}.")

    def fill(self, label: str, value: str) -> None:
        field = self.page.get_by_label(re.compile(f"^{re.escape(label)}")).filter(visible=True).first
        kind = field.evaluate("each => each.type")
        if kind == "file":
            field.set_input_files(self.files / value)
        elif kind in ("radio", "checkbox"):
            field.check()
        elif kind == "select-one":
            field.select_option(label=value)
        else:
            field.fill(value)


def test_there_are_ten_tasks_of_all_four_roles():
    assert len(TASKS) == len({task.name for task in TASKS}) == 10
    assert {task.role for task in TASKS} == {"marketer", "sales", "sales lead", "admin"}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_is_finished_by_what_is_written_in_few_clicks(chromium, house: House, tmp_path, task):
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    context = signed_in(chromium, house, task.role.upper().replace(" ", "_"))
    page = context.new_page()
    arriving.at(page, house.address)
    worker = Worker(page, tmp_path)

    for step in task.steps:
        worker.do(step)

    page.get_by_text(task.end).filter(visible=True).first.wait_for()
    context.close()
    assert sum(step.startswith("**") for step in task.steps) <= MOST_CLICKS
