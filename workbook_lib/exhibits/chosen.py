"""Which duties the analyst looks at: all, or those of one department, worker type, requirement or manager."""

from __future__ import annotations

from dataclasses import dataclass

from workbook_lib.engine import quoted
from workbook_lib.exhibits.markup import named
from workbook_lib.workpaper import Workpaper

#: What can be chosen → the column that holds it, in a SELECT with `person` and `requirement`.
COLUMNS = {
    "department": "person.department",
    "worker_type": "person.worker_type",
    "requirement": "requirement.requirement_id",
    "manager": "person.manager_email",
}
#: Everybody whom the exports name, once per requirement that may concern them.
VALUES = """
SELECT COALESCE({column}, ''), COUNT(*) FROM (SELECT DISTINCT person_no, requirement_no FROM run) duty
JOIN person ON person.person_no = duty.person_no
JOIN requirement ON requirement.requirement_no = duty.requirement_no
GROUP BY COALESCE({column}, '') ORDER BY 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A choice of duties. None: all of them; an empty text: those whose person has none.

    Department, worker type and manager are those of the person's latest row.
    """

    department: str | None = None
    worker_type: str | None = None
    requirement: str | None = None
    manager: str | None = None

    @property
    def condition(self) -> str:
        """The choice in SQL, for a SELECT with `person` and `requirement`.

        >>> Chosen(department="R&D").condition, Chosen().condition
        ("COALESCE(person.department, '') = 'R&D'", 'TRUE')
        """
        wanted = ((column, getattr(self, name)) for name, column in COLUMNS.items())
        terms = [f"COALESCE({column}, '') = {quoted(value)}" for column, value in wanted if value is not None]
        return " AND ".join(terms) or "TRUE"

    @property
    def banner(self) -> str:
        """The choice in words, printed above whatever is chosen; empty where everything is."""
        wanted = ((name.replace("_", " "), getattr(self, name)) for name in COLUMNS)
        terms = [f"{name}: {named(value) if value else 'none stated'}" for name, value in wanted if value is not None]
        return f"A part only, {'; '.join(terms)}." if terms else ""


ALL = Chosen()


def choices(wp: Workpaper) -> dict[str, list[tuple[str, int]]]:
    """What can be chosen: for each name the values, each with the number of duties that it has."""
    return {name: wp.rows(VALUES.format(column=column)) for name, column in COLUMNS.items()}
