"""An invented company of any size, the same each time: for measuring, not for judging the rules.

python tests/bench/company.py FOLDER PEOPLE [csv | parquet]

Eight requirements, five for everybody and three by role; a quarter of the people left, three in a hundred came back, one in
twenty-five was on leave; about fifteen records each. Some are late, some never came.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

SEED = 20_251_231
#: Days since 1970-01-01.
HIRED_FROM, RECORDS_FROM, AS_OF = (
    int(np.datetime64(day).astype("datetime64[D]").astype(int)) for day in ("2012-01-02", "2022-08-01", "2026-01-04")
)
ROLES = ("Sales", "Support", "Engineer", "Finance", "Administrator")
DEPARTMENTS = tuple(f"Department {n:02}" for n in range(40))
#: Requirement → the role that it is for (none: everybody), days until it is first due.
REQUIREMENTS = {
    **{f"core-{n}": ("", 30) for n in range(1, 6)},
    "coding": ("Engineer", 60),
    "payments": ("Finance", 60),
    "privileges": ("Administrator", 30),
}

EXPORTS = {
    "people": """
        SELECT format('P{:07d}', person) AS person_id, format('Person {:07d}', person) AS name,
               format('p{:07d}@scale.example', person) AS email,
               CASE person % 10 WHEN 0 THEN 'contractor' ELSE 'employee' END AS worker_type, role, department,
               DATE '1970-01-01' + CAST(start AS INTEGER) AS start_date, DATE '1970-01-01' + CAST(last AS INTEGER) AS end_date
        FROM engaged JOIN roles USING (role_no) JOIN departments USING (department_no) ORDER BY person, start""",
    "leave": """
        SELECT format('P{:07d}', person) AS person_id, DATE '1970-01-01' + CAST(start AS INTEGER) AS start_date,
               DATE '1970-01-01' + CAST(last AS INTEGER) AS end_date, 'parental' AS kind FROM away ORDER BY person""",
    "completions": """
        SELECT format('p{:07d}@scale.example', person) AS account, format('M-{}', requirement + 1) AS module_id,
               TIMESTAMP '1970-01-01 08:00:00' + to_days(CAST(day AS INTEGER)) + to_seconds(second) AS completed_at,
               CASE WHEN second % 3 = 0 THEN 'passed' ELSE 'completed' END AS status, 60 + second % 41 AS score,
               format('r{:09d}', row_number() OVER (ORDER BY day, person, requirement)) AS record_id,
               5 + second % 50 AS minutes, 'system' AS method
        FROM done ORDER BY day, person, requirement""",
}

AUDIT = """\
[audit]
organisation = "Scale, {people:,} people"
time_zone = "Europe/Berlin"

[leave]
return_days = 30
minimum_days = 14

[[period]]
name = "2025"
start = 2025-01-01
end = 2025-12-31
"""


def engagements(people: int, chance: np.random.Generator) -> pd.DataFrame:
    """One row per engagement: person, start, last (day numbers; none: still engaged), role_no, department_no."""
    start = chance.integers(HIRED_FROM, AS_OF - 4, people)
    leaves = chance.random(people) < 0.25
    last = np.where(leaves, start + (chance.random(people) * (AS_OF - start)).astype(int), np.nan)
    rows = pd.DataFrame({"person": np.arange(people), "start": start, "last": last})
    rows["role_no"] = chance.choice(len(ROLES), people, p=[0.35, 0.25, 0.2, 0.1, 0.1])
    rows["department_no"] = chance.integers(0, len(DEPARTMENTS), people)
    back = rows[leaves & (chance.random(people) < 0.12)].copy()
    back["start"] = back["last"].astype(int) + chance.integers(5, 200, len(back))
    back["last"] = np.nan
    return pd.concat([rows, back[back["start"] < AS_OF]], ignore_index=True)


def absences(people: int, chance: np.random.Generator) -> pd.DataFrame:
    """One row per leave: person, start, last."""
    person = np.flatnonzero(chance.random(people) < 0.04)
    start = chance.integers(RECORDS_FROM, AS_OF - 30, len(person))
    last = start + chance.integers(5, 200, len(person))
    return pd.DataFrame({"person": person, "start": start, "last": np.where(last <= AS_OF, last, np.nan)})


def records(engaged: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """One row per completion: person, requirement, day, second. Each follows the one before by about a year."""
    found = []
    last = engaged["last"].fillna(AS_OF).to_numpy()
    for no, (role, due_within) in enumerate(REQUIREMENTS.values()):
        applies = (engaged["role_no"] == ROLES.index(role)).to_numpy() if role else np.ones(len(engaged), bool)
        person, start, until = (
            engaged["person"].to_numpy()[applies],
            engaged["start"].to_numpy()[applies],
            last[applies],
        )
        old = start < RECORDS_FROM
        after = np.where(old, chance.integers(0, 365, len(start)), chance.integers(0, due_within, len(start)))
        day = np.maximum(start, RECORDS_FROM) + after + np.where(chance.random(len(start)) < 0.02, 40, 0)
        while len(day):
            there = day <= until
            person, day, until = person[there], day[there], until[there]
            found.append(pd.DataFrame({"person": person, "requirement": no, "day": day}))
            goes_on = chance.random(len(day)) > 0.004
            person, until = person[goes_on], until[goes_on]
            late = np.where(chance.random(len(person)) < 0.015, 45, 0)
            day = day[goes_on] + 365 - chance.integers(0, 40, len(person)) + late
    done = pd.concat(found, ignore_index=True)
    done["second"] = chance.integers(0, 36_000, len(done))
    return done


def write(folder: Path, people: int, kind: str = "parquet") -> Path:
    """Write an audit folder with its exports in CSV or Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(SEED)
    engaged = engagements(people, chance)
    frames = {
        "engaged": engaged.astype({"last": "Int64"}),
        "away": absences(people, chance).astype({"last": "Int64"}),
        "done": records(engaged, chance),
        "roles": pd.DataFrame({"role_no": range(len(ROLES)), "role": ROLES}),
        "departments": pd.DataFrame({"department_no": range(len(DEPARTMENTS)), "department": DEPARTMENTS}),
    }
    audit = AUDIT.format(people=people)
    with duckdb.connect() as connection:
        for name, frame in frames.items():
            connection.register(name, frame)
        for table, query in EXPORTS.items():
            how = "HEADER, DELIMITER ','" if kind == "csv" else "FORMAT parquet"
            connection.execute(f"COPY ({query}) TO '{folder / table}.{kind}' ({how})")
            audit += f'\n[[source]]\ntable = "{table}"\nfile = "{table}.{kind}"\nextracted_on = 2026-01-05\n'
    for no, (name, (role, due_within)) in enumerate(REQUIREMENTS.items(), 1):
        audit += f'\n[[requirement]]\nid = "{name}"\nsatisfied_by = ["M-{no}"]\ndue_within_days = {due_within}\n'
        audit += "renewal = { every_months = 12 }\n" + (f'applies_to = {{ role = ["{role}"] }}\n' if role else "")
    (folder / "audit.toml").write_text(audit, encoding="utf-8")
    return folder


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
