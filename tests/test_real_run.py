"""The whole way over real sample exports of two vendors. They lie beside the checkout; elsewhere the test is skipped."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "shared" / "exports"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the vendors' sample exports are not beside this checkout")

AUDIT = """
[audit]
organisation = "Samples"
time_zone = "America/New_York"

[[period]]
name = "2020"
start = 2020-01-01
end = 2020-12-31

[[requirement]]
id = "trivia"
satisfied_by = ["Phishing Gameshow Trivia"]
due_within_days = 30
renewal = { every_months = 12 }

[[requirement]]
id = "policy"
policy = "Acceptable Use Policy"
due_within_days = 30
"""

SOURCES = [
    ("people", "workday_worker_history_data.csv", "workday"),
    ("people", "workday_worker_position_history_data.csv", "workday"),
    ("leave", "workday_worker_leave_status_data.csv", "workday"),
    ("accounts", "workday_person_contact_email_address_data.csv", "workday"),
    ("accounts", "users.json", "knowbe4"),
    ("completions", "training-enrollments.json", "knowbe4"),
    ("acknowledgements", "training-enrollments.json", "knowbe4"),
    ("policies", "policies.csv", "generic"),
]


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    audit = AUDIT
    for table, file, profile in SOURCES:
        audit += f'[[source]]\ntable = "{table}"\nfile = "{file}"\nprofile = "{profile}"\nextracted_on = 2023-11-01\n'
        for system in ("workday", "knowbe4"):
            if (SAMPLES / system / file).is_file():
                shutil.copyfile(SAMPLES / system / file, folder / file)
    (folder / "policies.csv").write_text("policy_id,version,effective_on\nAcceptable Use Policy,1,2018-01-01\n")
    (folder / "audit.toml").write_text(audit)
    command = [sys.executable, "-m", "workbook_lib.cli", "run", str(folder), "--no-pdf", "--out", str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = (path for path in (folder / "out").iterdir() if path.is_dir())
    return made


def table(pack: Path, name: str) -> list[dict[str, str]]:
    with (pack / "data/tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_samples_is_accounted_for(pack):
    rows = {(row["table"], row["file"]): row for row in table(pack, "sources")}
    read = {key: int(row["rows_read"]) for key, row in rows.items()}
    assert read == {
        ("people", "workday_worker_history_data.csv"): 7,
        ("people", "workday_worker_position_history_data.csv"): 7,
        ("leave", "workday_worker_leave_status_data.csv"): 5,
        ("accounts", "workday_person_contact_email_address_data.csv"): 5,
        ("accounts", "users.json"): 6,
        ("completions", "training-enrollments.json"): 5,
        ("acknowledgements", "training-enrollments.json"): 5,
        ("policies", "policies.csv"): 1,
    }
    for row in rows.values():
        assert int(row["rows_read"]) == int(row["rows_used"]) + int(row["rows_quarantined"])


def test_people_of_both_files_are_judged(pack):
    verdicts = {(row["person_id"], row["requirement_id"]): row for row in table(pack, "verdicts")}
    fred = verdicts["aa9f3d767a7d101ce0f62a055bb21628", "trivia"]  # 2018-10-09 to 2020-12-01, never trained
    assert (fred["verdict"], fred["required_from"], fred["gap_days"]) == ("missing", "2020-01-01", "336")
    assert ("7687e33f159501bf83302e8dd4564a25", "trivia") in verdicts
    undetermined = {person for (person, _), row in verdicts.items() if row["verdict"] == "undetermined"}
    assert "aabbccdd11223344aabbccdd11223344" not in {person for person, _ in verdicts} - undetermined


def test_the_records_of_people_who_are_not_on_the_roster_are_listed(pack):
    result = json.loads((pack / "data/result.json").read_text())
    assert result["procedures"]["P1"]["outcome"] == "exceptions noted"
    nobody = {row["account"] for row in table(pack, "accounts") if row["via"] == "nobody"}
    assert {"sfisher@kb4-demo.com", "jblake@kb4-demo.com"} <= nobody
