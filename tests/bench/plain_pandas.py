"""The same verdicts as a plain vectorised pandas script gives them, for the company of `company.py` and nothing else.

python tests/bench/plain_pandas.py FOLDER [OUT.csv]

It knows one profile, one time zone, requirements of twelve months and no policies, decisions or unreadable rows; it keeps
no account of rows, no exceptions and no reasons. Prints how many of each verdict there are.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

FROM, TO, AS_OF, FAR = (pd.Timestamp(day) for day in ("2025-01-01", "2025-12-31", "2026-01-04", "2200-01-01"))
DAY = pd.Timedelta(days=1)
RETURN, LEAST, PREBOARDING, BREAK = 30, 14, 30, 30
RUN = ["person_id", "requirement", "run_from"]


def runs(people: pd.DataFrame, requirements: list[dict]) -> pd.DataFrame:
    """One row per person, requirement and run, with the first day that must be covered."""
    people = people.assign(end_date=people["end_date"].fillna(FAR)).sort_values(["person_id", "start_date"])
    before = people.groupby("person_id")["end_date"].shift()
    people["tenure"] = (~(people["start_date"] <= before + (1 + BREAK) * DAY)).cumsum()
    people["tenure_from"] = people.groupby("tenure")["start_date"].transform("min")
    parts = []
    for requirement in requirements:
        role = requirement.get("applies_to", {}).get("role")
        part = people[people["role"].isin(role)] if role else people
        due = part["tenure_from"] + requirement["due_within_days"] * DAY
        parts.append(part.assign(requirement=requirement["id"], required_from=np.maximum(part["start_date"], due)))
    columns = ["person_id", "requirement", "start_date", "end_date", "tenure_from", "required_from"]
    found = pd.concat(parts)[columns].rename(columns={"start_date": "run_from", "end_date": "run_to"})
    return found[found["run_to"] >= FROM]


def covers(folder: Path, people: pd.DataFrame, requirements: list[dict]) -> pd.DataFrame:
    """One row per record that counts: person, requirement, first and last covered day."""
    records = pd.read_parquet(
        folder / "completions.parquet", columns=["account", "module_id", "completed_at", "status"]
    )
    records = records[records["status"].isin(["completed", "passed"])]
    module = {name: requirement["id"] for requirement in requirements for name in requirement["satisfied_by"]}
    records["requirement"] = records["module_id"].map(module)
    records["from_day"] = records["completed_at"].dt.normalize()
    records = records[records["from_day"] <= AS_OF]
    person = people.drop_duplicates("email").set_index("email")["person_id"]
    records["person_id"] = records["account"].map(person)
    records["to_day"] = records["from_day"] + pd.DateOffset(years=1) - DAY
    return records[["person_id", "requirement", "from_day", "to_day"]].drop_duplicates()


def cuts(judged: pd.DataFrame, done: pd.DataFrame, leave: pd.DataFrame) -> pd.DataFrame:
    """Every day on which a requirement, a cover or an excuse begins or ends, as changes of three counters."""
    held = judged.merge(done, on=["person_id", "requirement"])
    held = held[
        (held["from_day"] >= held["tenure_from"] - PREBOARDING * DAY)
        & (held["from_day"] <= held["run_to"])
        & (held["to_day"] >= held["run_from"])
    ]
    leave = leave[leave["end_date"].isna() | (leave["end_date"] >= leave["start_date"] + (LEAST - 1) * DAY)]
    leave = leave.assign(from_day=leave["start_date"], to_day=(leave["end_date"] + RETURN * DAY).fillna(FAR))
    away = judged.merge(leave[["person_id", "from_day", "to_day"]], on="person_id")
    away = away[(away["from_day"] <= away["run_to"]) & (away["to_day"] >= away["run_from"])]
    required = judged[judged["required_from"] <= judged["run_to"]]
    parts = [judged[RUN].assign(day=judged["run_from"]), judged[RUN].assign(day=judged["run_to"] + DAY)]
    parts.append(required[RUN].assign(day=required["required_from"], requires=1))
    for rows, name in ((held, "covers"), (away, "excuses")):
        parts.append(rows[RUN].assign(day=np.maximum(rows["from_day"], rows["run_from"]), **{name: 1}))
        parts.append(rows[RUN].assign(day=np.minimum(rows["to_day"], rows["run_to"]) + DAY, **{name: -1}))
    return pd.concat(parts, ignore_index=True).fillna({"requires": 0, "covers": 0, "excuses": 0})


def verdicts(changes: pd.DataFrame) -> pd.Series:
    """One verdict per person and requirement."""
    days = changes.groupby([*RUN, "day"], sort=True)[["requires", "covers", "excuses"]].sum()
    held = days.groupby(level=[0, 1, 2]).cumsum() > 0
    held = held.reset_index()
    held["to_day"] = held.groupby(RUN)["day"].shift(-1) - DAY
    held = held[held["to_day"].notna() & (held["day"] <= TO) & (held["to_day"] >= FROM)]
    last = np.minimum(held["to_day"], TO)
    gap = held["requires"] & ~held["covers"] & ~held["excuses"]
    facts = held[["person_id", "requirement"]].assign(
        required=held["requires"],
        covered=held["covers"],
        accountable=held["requires"] & ~held["excuses"],
        uncovered=held["requires"] & ~held["covers"],
        at_end=held["to_day"] >= TO,
        last_gap=last.where(gap),
        last_covered=last.where(held["requires"] & held["covers"]),
    )
    tally = facts.groupby(["person_id", "requirement"]).max()
    has_gap = tally["last_gap"].notna()
    choices = [
        (has_gap & ~(tally["last_covered"] >= tally["last_gap"]), "missing"),
        (has_gap, "late"),
        (~tally["accountable"] & tally["uncovered"], "excused"),
        (tally["required"] | tally["covered"], "met"),
        (tally["at_end"], "pending"),
    ]
    found = np.select([where for where, _ in choices], [name for _, name in choices], "left")
    return pd.Series(found, index=tally.index, name="verdict")


def main(folder: Path, out: str | None = None) -> None:
    """Read, judge, count."""
    requirements = tomllib.loads((folder / "audit.toml").read_text(encoding="utf-8"))["requirement"]
    people = pd.read_parquet(folder / "people.parquet")
    leave = pd.read_parquet(folder / "leave.parquet")
    for frame in (people, leave):
        frame["start_date"] = pd.to_datetime(frame["start_date"]).astype("datetime64[us]")
        frame["end_date"] = pd.to_datetime(frame["end_date"]).astype("datetime64[us]")
    judged = runs(people, requirements)
    found = verdicts(cuts(judged, covers(folder, people, requirements), leave))
    if out:
        found.reset_index().to_csv(out, index=False)
    print(found.value_counts().to_dict())


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
