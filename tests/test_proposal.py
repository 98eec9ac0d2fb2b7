"""What is proposed for a file that no profile knows: headers and values as other systems write them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pytest
from arrivals import workbook

from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.profile import Profile
from workbook_lib.intake.proposal import Proposal, Thesaurus, columns_of, propose
from workbook_lib.intake.recognition import glances, known_profiles

Ask = Callable[..., Proposal | None]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> list[Profile]:
    return known_profiles(tmp_path_factory.mktemp("none"))[0]


@pytest.fixture
def ask(ours: list[Profile], tmp_path: Path) -> Ask:
    """What is proposed for a file with this content."""
    known = Thesaurus.of(ours)

    def call(content: str | bytes, name: str = "new.csv") -> Proposal | None:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        (file,) = glances(path)
        return propose(name, file, columns_of(file), known)

    return call


def text_of(proposal: Proposal | None) -> str:
    assert proposal is not None
    return proposal.text


def lines(proposal: Proposal | None, section: str = "columns") -> list[str]:
    """The lines of a section: the columns and why, or the words of one and in how many rows they stand."""
    return text_of(proposal).partition(f"[layout.{section}]")[2].partition("\n[")[0].splitlines()[1:]


def mapped(proposal: Proposal | None) -> dict[str, str]:
    """Canonical column → the header that is proposed for it, with a star where its values alone speak for it."""
    found = [re.match(r'(\w+) = (?:\{ of = \[)?"(.*?)"[],} ].*?# (by its values)?', line) for line in lines(proposal)]
    return {match[1]: match[2] + "*" * bool(match[3]) for match in found if match}


def csv(columns: str) -> tuple[str, dict[str, str]]:
    """A file from lines `header | values, … | the column that is expected`; and that column → the header.

    A star behind the column: the values alone speak for it. `…` for the header: the file has none for that column.
    """
    parts = [[part.strip() for part in line.split("|")] for line in columns.strip().splitlines()]
    there = [[header, *values.split(", ")] for header, values, _ in parts if header != "…"]
    content = "".join(",".join(row) + "\n" for row in zip_longest(*there, fillvalue=""))
    return content, {name.rstrip("*"): header + "*" * name.endswith("*") for header, _, name in parts if name}


SYSTEMS = {
    "people: Personio, for the payroll": """
        Last name           | Oz          | name
        First name          | Ada         |
        Personnel No.       | 7           | person_id
        Birthday            | 1990-02-03  |
        Department          | Sales       | department
        Current position    | Engineer    | role
        Type of contract    | Intern      | worker_type
        Hire date           | 2024-05-06  | start_date
        Contract end date   |             |
        Employment end date | 2025-06-30  | end_date
    """,
    "people: a British list, and nobody has left": """
        Staff ID            | 17          | person_id
        User ID             | 4242        |
        Full Name           | Ada Oz      | name
        E-Mail ID           | a@x.example | email
        Contract Type       | Permanent   | worker_type
        Date Joined         | 2024-05-06  | start_date
        Leaving Date        |             | end_date
        Probation           |             |
    """,
    "people: an identity store that Workday feeds": """
        Employee ID         | 100123      | person_id
        Display Name        | Ada Oz      | name
        Username            | aoz         |
        Email               | a@x.example | email
        Employment Status   | Full-Time   | worker_type
        Hire Date           | 2024-05-06  | start_date
        Last Day of Work    | 2025-06-30  | end_date
    """,
    "completions: Moodle, the attempts at a quiz": """
        First name          | Ada         |
        Surname             | Oz          |
        Email address       | a@x.example | account
        User status         | Active      |
        State               | Finished    | status
        Started on          | 2025-02-11  |
        Completed           | 2025-02-11  | completed_at
        Time taken          | 10 mins     |
        Grade/10.00         | 9.50        | score
        …                   |             | module_id
    """,
    "completions: IOMAD": """
        username            | aoz         | account
        userid              | 17          |
        courseid            | 12          |
        coursename          | Awareness   | module_id
        timeenrolled        | 2025-01-02  |
        timestarted         | 2025-01-02  |
        timecompleted       | 2025-02-03  | completed_at
        finalscore          | 90          |
        …                   |             | status
    """,
    "completions: TalentLMS, and nobody is done yet": """
        Login name          | aoz         | account
        Course code         | SEC-1       |
        Course title        | Awareness   | module_id
        Completion status   | Incomplete  | status
        Enrolled on         | 2025-01-02  |
        Completed on        |             | completed_at
        Percent complete    | 40          |
    """,
    "completions: Litmos": """
        Learner name        | aoz         | account
        Module title        | Awareness   | module_id
        Due date            | 2025-03-31  |
        Date completed      |             | completed_at
        Score               | 90          | score
        Status              | Not started | status
    """,
    "completions: Open edX": """
        Student ID          | 17          | account
        Course ID           | DemoX       | module_id
        Grade               | 0.9         | score
        Finished on         | 2025-02-03  | completed_at
        Certified           | 2025-02-04  |
        Enrollment status   | completed   | status
    """,
    "completions: who took part in a webinar": """
        Participant email   | a@x.example | account
        Training            | Awareness   | module_id
        Day                 | 2025-02-03  | completed_at*
        Status              | completed   | status
    """,
    "acknowledgements: Read and Understood, of SharePoint": """
        Business description | HR          |
        Document name        | Acceptable  | policy_id
        Version              | 2.0         | version
        Published UTC        | 2025-01-02  |
        Recipient email      | a@x.example | account
        Recipient name       | Ada Oz      |
        Acknowledged UTC     | 2025-01-03  | acknowledged_at
        Type                 | Affirmative | method
    """,
    "acknowledgements: terms that are accepted": """
        User                | Ada Oz      |
        Email               | a@x.example | account
        Policy name         | Acceptable  | policy_id
        Assigned on         | 2025-01-02  |
        Published           | 2025-01-01  |
        Accepted on         | 2025-01-03  | acknowledged_at
    """,
    "acknowledgements: documents that nobody has signed yet": """
        Email               | a@x.example | account
        Document            | Acceptable  | policy_id
        Created             | 2025-01-02  |
        Signed on           |             | acknowledged_at
    """,
    "acknowledgements: signatures, and a version that is no day": """
        Name                | Ada Oz      |
        Email               | a@x.example | account
        Document title      | Acceptable  | policy_id
        Created             | 2025-01-02  |
        Date signed         | 2025-01-03  | acknowledged_at
        Version             | 1.0.2       | version
    """,
    "acknowledgements: envelopes of a signing service": """
        Envelope ID         | env-1       |
        Subject             | Acceptable  | policy_id
        Recipient Name      | Ada Oz      |
        Recipient Email     | a@x.example | account
        Sent                | 2025-01-02  |
        Signed              | 2025-01-03  | acknowledged_at
        Envelope Status     | Completed   | status
    """,
    "completions: a login that is an address, beside a name": """
        User Login          | a@x.example | account
        User Name           | Ada Oz      |
        Subject             | Awareness   |
        Course Title        | Awareness   | module_id
        Assigned On         | 2025-01-02  |
        Finished On         | 2025-01-03  | completed_at
        Progress State      | Finished    | status
        Quiz Result         | 86%         | score
    """,
    "people: a headcount report": """
        Emp. No             | 1000        | person_id
        Full name           | Ada Oz      | name
        Work mail           | a@x.example | email
        Hired               | 2025-01-02  | start_date
        Last working day    | 2025-06-30  | end_date
        Org unit            | Sales       | department
        Position            | Clerk       | role
        Contract            | Permanent   | worker_type
        Line manager mail   | b@x.example | manager_email
    """,
    "people: the consultants of a vendor": """
        Vendor ref          | V-01        | person_id
        Consultant          | Ada Oz      | name
        Mail                | a@x.example | email
        On site from        | 2025-01-02  | start_date
        On site to          | 2025-06-30  | end_date
        …                   |             | worker_type
    """,
    "access: grants of an application": """
        Identity            | a@x.example | account*
        Granted             | 2025-01-02  | granted_on
        Application         | GitHub      | system
    """,
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_columns_of_other_systems_are_found(ask: Ask, name: str) -> None:
    content, expected = csv(SYSTEMS[name])
    found = ask(content)
    assert found
    assert found.table == name.partition(":")[0]
    assert mapped(found) == expected
    assert found.text.startswith("# A proposal for 'new.csv', made from its headers and values: ")
    assert "[reading]" not in found.text, "it is plain CSV in UTF-8"


def test_the_addresses_of_managers_make_no_accounts_of_a_list(ask: Ask) -> None:
    content, _ = csv("Who | x |\nFull name | Ada Oz |\nSince | 2025-01-02 |\nLine manager mail | b@x.example |\n")
    assert ask(content) is None


LANGUAGES = {
    "people: Personal, aus der Lohnbuchhaltung": """
        Personalnummer      | 1001        | person_id
        Vorname             | Ada         |
        Nachname            | Oz          |
        Dienstliche E-Mail  | a@x.example | email
        Vertragsart         | Angestellte, Praktikant | worker_type
        Abteilung           | Vertrieb    | department
        Stellenbezeichnung  | Ingenieurin | role
        Vorgesetzter        | b@x.example | manager_email
        Eintrittsdatum      | 2024-05-06  | start_date
        Austrittsdatum      | 2025-05-06  | end_date
        Gültig bis          | 2026-05-06  |
    """,
    "leave: Abwesenheiten": """
        Personal-Nr.        | 1001        | person_id
        Von                 | 2024-05-06  | start_date
        Bis                 | 2025-05-06  | end_date
        Abwesenheitsart     | Elternzeit  | kind
    """,
    "completions: Schulungen": """
        Teilnehmer          | a@x.example | account
        Kurs                | SEC-101     | module_id
        Zugewiesen am       | 2025-01-02  |
        Fällig am           | 2025-03-02  |
        Abgeschlossen am    | 2025-02-03  | completed_at
        Status              | Abgeschlossen, In Bearbeitung | status
        Punktzahl           | 85          | score
    """,
    "people: le personnel": """
        Matricule           | 1001        | person_id
        Nom complet         | Ada Oz      | name
        Courriel            | a@x.example | email
        Type de contrat     | salariée, stagiaire | worker_type
        Service             | Ventes      | department
        Intitulé du poste   | Ingénieure  | role
        Date d'embauche     | 2024-05-06  | start_date
        Date de sortie      | 2025-05-06  | end_date
    """,
    "completions: les formations": """
        Apprenant           | a@x.example | account
        Formation           | SEC-101     | module_id
        Date d'échéance     | 2025-03-02  |
        Terminé le          | 2025-02-03  | completed_at
        Statut              | Réussi, En cours | status
    """,
    "people: el personal": """
        Número de empleado  | 1001        | person_id
        Nombre completo     | Ada Oz      | name
        Correo electrónico  | a@x.example | email
        Tipo de contrato    | empleada, becario | worker_type
        Departamento        | Ventas      | department
        Puesto              | Ingeniera   | role
        Fecha de alta       | 2024-05-06  | start_date
        Fecha de baja       | 2025-05-06  | end_date
    """,
    "leave: les absences": """
        Matricule           | 1001        | person_id
        Début               | 2024-05-06  | start_date
        Fin                 | 2025-05-06  | end_date
        Motif               | congé       | kind
    """,
    "acknowledgements: la política": """
        Usuario             | a@x.example | account
        Política            | Uso         | policy_id
        Versión             | 3           | version
        Fecha de asignación | 2025-01-02  |
        Fecha de firma      | 2025-02-03  | acknowledged_at
    """,
}


@pytest.mark.parametrize("name", LANGUAGES)
def test_columns_and_words_in_other_languages_are_found(ask: Ask, name: str) -> None:
    content, expected = csv(LANGUAGES[name])
    found = ask(content)
    assert found
    assert found.table == name.partition(":")[0]
    assert mapped(found) == expected
    assert found.open == 0, "each word of a status and of a contract has its meaning"


VALUES = {
    "none: no account, no training and no status": """
        Shape               | round       |
        Weight              | 17          |
    """,
    "none: one column of three that are needed": """
        Remarks             | fine        |
        Type                | Affirmative |
        Version             | 2           |
        Accepted on         | 2025-01-03  |
    """,
    "none: decisions are the analysts' own": """
        Kind                | extend      |
        Decided by          | Ada         |
        Reason              | illness     |
    """,
    "completions: a list for each training, whose first column could be anybody's": """
        Teilgenommen hat    | Ada Oz      |
        Completion date     | 2025-02-03  | completed_at
        Status              | completed   | status
        …                   |             | account
        …                   |             | module_id
    """,
    "accounts: users, and what each did last": """
        User ID             | 17          | account
        Employee number     | 4242        | person_id
        Full name           | Ada Oz      | name
        Active              | Yes         | active
        Course              | Awareness   |
        Completed on        | 2025-02-03  |
    """,
    "accounts: yes and no may mean anything": """
        User ID             | 17, 18      | account
        Full name           | Ada, Bo     | name
        Newsletter          | Yes, No     |
    """,
    "people: who came back has two days, and all have the one": """
        Employee ID         | 17, 18      | person_id
        Employee type       | intern      | worker_type
        Rehire date         | 2024-05-06  |
        Hire date           | 2021-05-06, 2022-05-06 | start_date
    """,
    "people: what somebody is called is no contract": """
        Employee ID         | 17, 18      | person_id
        Name                | Ada, Bo     | name
        Job title           | Intern, CEO | role
        Department          | Sales, HR   | department
        Manager email       | c@x.example | manager_email
        Hire date           | 2024-05-06  | start_date
        …                   |             | worker_type
    """,
    "people: codes that are written like yes and no": """
        Employee ID         | 17, 18, 19  | person_id
        Employee type       | 1, 2, 3     | worker_type
        Hire date           | 2024-05-06  | start_date
    """,
    "people: yes and no are no contracts": """
        Employee ID         | 17, 18      | person_id
        Name                | Ada, Bo     | name
        Job title           | Clerk, CEO  | role
        Department          | Sales, HR   | department
        Employee type       | Yes, No     |
        Hire date           | 2024-05-06  | start_date
        …                   |             | worker_type
    """,
    "acknowledgements: who declined is told by the values alone": """
        Email               | a@x.example, b@x.example | account
        Policy              | Acceptable  | policy_id
        Signed on           | 2025-01-03  | acknowledged_at
        Outcome             | Signed, Declined | status*
    """,
    "acknowledgements: a yes or a no": """
        Email               | a@x.example, b@x.example | account
        Policy              | Acceptable  | policy_id
        Signed on           | 2025-01-03  | acknowledged_at
        Agreed              | yes, no     | status*
    """,
    "acknowledgements: yes and no beside other words, or no words at all, are no answer": """
        Email               | a@x.example, b@x.example | account
        Policy              | Acceptable  | policy_id
        Signed on           | 2025-01-03  | acknowledged_at
        Reachable           | no, on leave |
        Comment             |             |
    """,
    "people: all of one kind, who came and went": """
        Staff ID            | 17, 18      | person_id
        Full name           | Ada, Bo     | name
        Date joined         | 2024-05-06  | start_date
        Leaving date        | 2025-05-06  | end_date
        …                   |             | worker_type
    """,
    "people: an address makes no better name": """
        Staff ID            | 17, 18      | person_id
        Mail name           | ada@x.example, bo@x.example |
        Full name           | Ada, Bo     | name
        Employee type       | intern      | worker_type
        Date joined         | 2024-05-06  | start_date
    """,
    "leave: who was away": """
        Staff ID            | 17, 18      | person_id
        Full name           | Ada, Bo     |
        Start               | 2024-05-06  | start_date
        End                 | 2025-05-06  | end_date
        Absence type        | Parental    | kind
    """,
    "completions: values that are not what the header says": """
        Email               | a@x.example | account
        Training            | 2025-02-03  | completed_at*
        Completed           | yes         |
        Score               | good        |
        Status              | passed      | status
        …                   |             | module_id
    """,
    "completions: half of the values will do": """
        Who                 | a@x.example, deleted | account*
        Course              | S1, S2      | module_id
        Completed           | 2025-02-03, exempt | completed_at
        Status              | passed, ja  | status
        Score               | 90, n/a     | score
    """,
    "completions: less than half of the values will not": """
        Who                 | a@x.example, deleted, robot |
        User number         | 17, 18, 19  | account
        Course              | S1, S2, S3  | module_id
        Completed           | 2025-02-03, exempt, no |
        Status              | passed, ja, nein | status
        Score               | 90, n/a, ill |
        …                   |             | completed_at
    """,
    "completions: a word that is known shows the status, whatever the others are": """
        User                | 17, 18      | account
        Course              | S1, S2      | module_id
        Avslutad            | 2025-02-03  | completed_at*
        Ergebnis            | Bestanden, In Progress | status*
        Note                | gut, gut    |
    """,
    "completions: days on which nothing was done, or something else": """
        User                | 17          | account
        Course              | S1          | module_id
        Is due              | 2025-02-03  |
        Date of expiry      | 2025-02-03  |
        Date assigned       | 2025-02-03  |
        Day of enrolment    | 2025-02-03  |
        Last refreshed      | 2025-02-03  |
        Deadline            | 2025-02-03  |
        Next time           | 2025-02-03  |
        Sent                | 2025-02-03  |
        Accepted signature  | 2025-02-03  |
        Begonnen            |             |
        Status              | passed      | status
        …                   |             | completed_at
    """,
    "completions: of two days the one that is called more alike": """
        User                | 17          | account
        Course              | S1          | module_id
        Archived            | 2026-01-01  |
        Kompletterad        | 2025-02-03  | completed_at*
        Status              | passed      | status
    """,
    "completions: of two days that are called alike neither": """
        User                | 17          | account
        Course              | S1          | module_id
        Tag 1               | 2025-02-03  |
        Tag 2               | 2025-02-04  |
        Status              | passed      | status
        …                   |             | completed_at
    """,
    "completions: an address in a remark is nobody's account": """
        Remarks             | a@x.example asked for it |
        Course              | S1          | module_id
        Completed           | 2025-02-03  | completed_at
        Status              | passed      | status
        …                   |             | account
    """,
}


@pytest.mark.parametrize("name", VALUES)
def test_what_a_column_holds_speaks_for_it_and_against_it(ask: Ask, name: str) -> None:
    content, expected = csv(VALUES[name])
    table, found = name.partition(":")[0], ask(content)
    assert (found.table if found else "none") == table
    assert not found or mapped(found) == expected


LINES = {
    "a column without values": ("Leaving date", "", 'end_date = "Leaving date"  # by its name, and it is empty'),
    "dates as they are read anyway": (
        "Hire date",
        "2024-05-06",
        'start_date = "Hire date"  # by its name; written as YYYY-MM-DD',
    ),
    "a moment where a day is expected": (
        "Hire date",
        "2024-05-06T00:00:00Z",
        'start_date = { of = ["Hire date"], formats = ["ISO timestamp"] }  # by its name; written as ISO timestamp',
    ),
    "a moment where one is expected": (
        "Completed",
        "2024-05-06T00:00:00Z, 2024-05-07",
        'completed_at = "Completed"  # by its name; written as YYYY-MM-DD or ISO timestamp',
    ),
    "two formats": (
        "Completed",
        "2024-05-06, 31.05.2024",
        'completed_at = { of = ["Completed"], formats = ["YYYY-MM-DD", "DD.MM.YYYY"] }'
        "  # by its name; written as YYYY-MM-DD; '31.05.2024' in row 3 shows the day first",
    ),
    "a doubt beside what is read anyway": (
        "Completed",
        "2024-05-06, 03/04/2024",
        'completed_at = { of = ["Completed"], formats = ["…"] }'
        "  # by its name; '03/04/2024' in row 3 can be DD/MM/YYYY or MM/DD/YYYY, and no value shows which",
    ),
    "two doubts": (
        "Completed",
        "03/04/2024, 03-04-2024",
        'completed_at = { of = ["Completed"], formats = ["…"] }'
        "  # by its name; '03/04/2024' in row 2 can be DD/MM/YYYY or MM/DD/YYYY, and no value shows which; "
        "'03-04-2024' in row 3 can be DD-MM-YYYY or MM-DD-YYYY, and no value shows which",
    ),
    "words among dates": (
        "Completed",
        "2024-05-06, 2024-05-07, 2024-05-08, 2024-05-09, waived, n/a, -, ill",
        'completed_at = "Completed"  # by its name; written as YYYY-MM-DD; no dates (see none_dates): '
        "'waived', 'n/a', '-' and 1 more",
    ),
    "a moment whose header names its zone": (
        "Completed (UTC)",
        "2025-02-03 10:00:00",
        'completed_at = "Completed ({zone})"  # by its name, which says that its times are in UTC; written as ISO '
        "timestamp",
    ),
    "a moment whose header names no zone": (
        "Completed (day)",
        "2025-02-03 10:00:00",
        'completed_at = "Completed (day)"  # by its name; written as ISO timestamp',
    ),
    "a moment whose header goes on behind the zone": (
        "Completed (UTC) on",
        "2025-02-03 10:00:00",
        'completed_at = "Completed (UTC) on"  # by its name; written as ISO timestamp',
    ),
    "a day whose header names a zone, of which a day has none": (
        "Hire date (UTC)",
        "2024-05-06",
        'start_date = "Hire date (UTC)"  # by its name; written as YYYY-MM-DD',
    ),
    "a share of the score in percent": (
        "Score",
        "85 %, 90",
        'score = { of = ["Score"], suffix = "%" }  # by its name, for example \'85 %\'',
    ),
    "a score with a decimal comma": (
        "Score",
        '"85,5 %"',
        "score = { of = [\"Score\"], replace = { pattern = '([0-9]+),([0-9]+)(.*)', with = '\\1.\\2\\3' }, "
        "suffix = \"%\" }  # by its name, for example '85,5 %'",
    ),
    "a plain score": ("Score", "85, 90", "score = \"Score\"  # by its name, for example '85'"),
    "a text that ends in percent": (
        "Department",
        "Sales 50%",
        "department = \"Department\"  # by its name, for example 'Sales 50%'",
    ),
}

#: What else stands in the file of a line above: enough to tell which table it is.
REST = {
    "people": "Employee ID | 7 |\nEmployee type | intern |\nManager email | c@x.example |\nJob title | Clerk |\n",
    "completions": "User | 7 |\nCourse | S1 |\nStatus | passed |\n",
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_tells_how_its_column_is_read_and_why(ask: Ask, name: str) -> None:
    header, values, line = LINES[name]
    rest = REST["completions" if header.startswith(("Completed", "Score")) else "people"]
    assert line in lines(ask(csv(f"{rest}{header} | {values} |")[0]))


def test_blanks_are_no_value(ask: Ask) -> None:
    assert lines(ask("User ID,Employee ID,Full name\n7,  ,  Ada \n8,  ,Bo\n")) == [
        """account = "User ID"  # by its name, for example '7'""",
        'person_id = "Employee ID"  # by its name, and it is empty',
        """name = "Full name"  # by its name, for example 'Ada'""",
    ]


def test_of_a_column_that_is_not_read_the_first_texts_are_shown(ask: Ask) -> None:
    content, _ = csv("User | 7 |\nTeam | A, B, C |\nColour | red, green, red, blue, black, white |\nSize | |")
    found = lines(ask(content))
    assert found[-4:] == [
        "# Not read:",
        "#   'Team': 'A', 'B', 'C'",
        "#   'Colour': 'red', 'green', 'blue' and 2 more",
        "#   'Size': empty",
    ]
    assert not [line for line in lines(ask("User\n7\n")) if line.startswith("#")], "nothing is left"


@pytest.mark.parametrize(
    ("header", "values", "words"),
    [
        ("Active", "Yes, No", []),
        ("Active", "Active, Suspended, Maybe", ['"Active" = "true"', '"Suspended" = "false"', '"Maybe" = "…"']),
        ("Active", "Yes, Maybe", ['"Yes" = "true"', '"Maybe" = "…"']),
    ],
)
def test_words_are_asked_for_but_yes_and_no(ask: Ask, header: str, values: str, words: list[str]) -> None:
    found = ask(csv(f"User ID | 7, 8, 9 |\n{header} | {values} |")[0])
    assert [line.partition("  # ")[0] for line in lines(found, "words.active")] == words


def test_yes_and_no_are_asked_for_where_they_are_a_status(ask: Ask) -> None:
    found = ask(csv("User | 7, 8 |\nCourse | S1, S1 |\nCompleted on | 2025-02-03 |\nStatus | 1, 0 |")[0])
    assert lines(found, "words.status") == ['"1" = "…"  # rows: 1', '"0" = "…"  # rows: 1']
    assert found
    assert found.open == 2


@pytest.mark.parametrize(("many", "header"), [(30, "Status"), (31, "…")])
@pytest.mark.parametrize("called", ["Status", "Zustand"])
def test_a_column_of_too_many_words_is_no_status(ask: Ask, called: str, many: int, header: str) -> None:
    words = ", ".join(["passed", *map(str, range(many - 1))])
    found = mapped(ask(csv(f"User | 7 |\nCourse | S1 |\nCompleted on | 2025-02-03 |\n{called} | {words} |")[0]))
    assert found["status"] == header.replace("Status", called + "*" * (called != "Status"))


# --- how the file is written --------------------------------------------------------------------------------------

TITLED = {
    "a title": "Training report\n{}",
    "titles that are more than the rows": "Report\nOf Acme\nAll\nActive\n{}",
    "a title of as many cells as half of the columns": "Run date,2026-01-05,,\n{}",
    "a row with cells too many": "Training report\n{}x,S1,2025-03-14,passed,,,,,,,,,,,,,,\n",
}


@pytest.mark.parametrize("name", TITLED)
def test_the_header_is_the_first_row_that_is_as_full_as_the_others(ask: Ask, name: str) -> None:
    rows = "User,Course,Completed on,Status\nava,S1,2025-03-14,passed\nbo,S1,2025-03-14,passed\n"
    content = TITLED[name].format(rows)
    found = ask(content)
    assert list(mapped(found).values()) == ["User", "Course", "Completed on", "Status"]
    row = content.splitlines().index("User,Course,Completed on,Status") + 1
    assert f"header_depth = 30  # the header seems to be row {row}\n" in text_of(found)


@pytest.mark.parametrize(
    "content",
    ["\nLogin\nava\n", "Users\nLogin,Name\nava,Ava\n", "Login,,,\nava,,,\nbo,,,\n", "Login, ,Team\nava,x,A\n"],
)
def test_a_file_of_few_columns_has_a_header_too(ask: Ask, content: str) -> None:
    found = ask(content)
    assert mapped(found)["account"] == "Login"
    assert "' '" not in text_of(found), "a column without a name"


def test_rows_may_end_without_the_delimiter_that_ends_the_header(ask: Ask) -> None:
    assert lines(ask("Login,Full name,\nava,Ava\n")) == [
        """account = "Login"  # by its name, for example 'ava'""",
        """name = "Full name"  # by its name, for example 'Ava'""",
    ]


def test_the_delimiter_is_the_one_that_makes_the_most_columns(ask: Ask) -> None:
    found = ask("User;Course (SEC, IT);Completed on;Status\n7;S1;2025-03-14;passed\n")
    assert "delimiter = \";\"  # ';' stands between the columns\n" in text_of(found)
    assert mapped(found)["module_id"] == "Course (SEC, IT)"


def test_a_file_whose_quotes_make_no_sense_is_refused(ask: Ask) -> None:
    with pytest.raises(BadFileError) as refused:
        ask('"User,Course\nava,S1\n')
    assert refused.value.code == "bad_header"


def test_headers_are_compared_by_their_words(ask: Ask) -> None:
    """Of a template: what is required is marked, and most is empty."""
    found = ask(
        "employee_id [Required],employeeType,hire_date,termination_date [Optional] ,managerEmail\n7,intern,2024-05-06,,\n"
    )
    assert mapped(found) == {
        "person_id": "employee_id [Required]",
        "worker_type": "employeeType",
        "start_date": "hire_date",
        "end_date": "termination_date [Optional] ",
        "manager_email": "managerEmail",
    }


def test_a_sheet_of_a_workbook_is_read_like_a_file(ask: Ask) -> None:
    found = ask(
        workbook(["Training"], ["User", "Course", "Completed on", "Status"], ["ava", "S1", "2025-03-14", "passed"]),
        "new.xlsx",
    )
    assert list(mapped(found).values()) == ["User", "Course", "Completed on", "Status"]
    assert 'format = "xlsx"' in text_of(found)


def test_the_keys_of_a_json_file_are_columns_and_so_are_those_of_its_objects(ask: Ask) -> None:
    """As SCORM Cloud writes them, but for the dots and the notes."""
    record = {
        "learner": {"id": "ava@x.example", "first.name": "Ava"},
        "course": {"title": "Awareness", "version": 0},
        "training": [{"id": 1}],
        "registration.status": "passed",
        "completedDate": "2025-03-14T10:00:00.000Z",
        "note": "{not json",
    }
    found = ask(json.dumps([record, {"learner": {"id": "bo@x.example", "group": "A"}}]), "new.json")
    assert lines(found) == [
        """account = "learner.id"  # by its name, for example 'ava@x.example'""",
        """module_id = "course.title"  # by its name, for example 'Awareness'""",
        """completed_at = "completedDate"  # by its name; written as ISO timestamp""",
        r"""status = "\"registration.status\""  # by its values, for example 'passed'""",
        "# Not read:",
        """#   'training': '[{"id": 1}]'""",
        """#   'note': '{not json'""",
        """#   'learner."first.name"': 'Ava'""",
        "#   'course.version': '0'",
        "#   'learner.group': 'A'",
    ]


def test_a_key_of_a_json_file_stands_as_it_is_where_it_names_a_zone(ask: Ask) -> None:
    record = {"user": "7", "course": "S1", "status": "passed", "Completed (UTC)": "2025-03-14 10:00:00"}
    line = 'completed_at = "Completed (UTC)"  # by its name; written as ISO timestamp'
    assert line in lines(ask(json.dumps([record]), "new.json"))


def test_a_word_that_goes_with_a_rule_of_its_own_has_no_meaning_elsewhere(ask: Ask) -> None:
    """Of a BambooHR export "Terminated" is an employee only together with a day of termination."""
    found = ask(
        "Employee ID,Employment type,Hire date,Manager email\n7,Full-Time,2024-01-01,c@x.example\n8,Terminated,2024-01-01,\n"
    )
    assert lines(found, "words.worker_type") == [
        '"Full-Time" = "employee"  # rows: 1',
        '"Terminated" = "…"  # rows: 1',
    ]
