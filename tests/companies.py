"""Random companies that aim at what is rare, and the audit folder of any company.

Plain random days would hardly ever put a completion on a due day or a leave on the day after the exports end. So days
are drawn from landmarks (a first day, a due day, an opening, as_of …), mostly on them or beside them.
"""

from __future__ import annotations

import csv
import json
import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oracle import NEVER, add_months, default_as_of, renewal_day

Row = dict[str, str]

COLUMNS = {
    "people": "person_id name email worker_type role department manager_email start_date end_date",
    "leave": "person_id start_date end_date kind",
    "accounts": "account person_id name active",
    "completions": "account module_id completed_at status score record_id minutes method",
    "modules": "module_id title topics version assessed minutes sample",
    "policies": "policy_id version title effective_on material approved_by approved_on",
    "acknowledgements": "account policy_id version acknowledged_at status method",
    "decisions": "decision_id kind decided_by person_id requirement_id account due_on approved_on new_due_on "
    "reason_code reason evidence approved_by withdraws",
}


def row(table: str, **cells: str) -> Row:
    """A row of a canonical table; what is not given is empty."""
    empty = dict.fromkeys(COLUMNS[table].split(), "")
    if unknown := cells.keys() - empty.keys():
        raise ValueError(f"{table} has no {unknown}")
    return empty | cells


@dataclass(frozen=True)
class Source:
    """One export: its rows as they stand in the file."""

    table: str
    rows: list[Row]
    extracted_on: date
    covers_from: date | None = None


@dataclass(frozen=True)
class Company:
    """An audit folder in memory: the sections of audit.toml, and the exports."""

    audit: dict[str, Any]
    leave: dict[str, int]
    periods: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    sources: list[Source]

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table, file after file."""
        return (row for source in self.sources if source.table == table for row in source.rows)


def write(company: Company, folder: Path) -> Path:
    """Write audit.toml and the exports; a file's columns are in the order of its first row."""
    (folder / "exports").mkdir(parents=True)
    sections = [("[audit]", company.audit), ("[leave]", company.leave)]
    sections += [("[[period]]", period) for period in company.periods]
    sections += [("[[requirement]]", requirement) for requirement in company.requirements]
    for n, source in enumerate(company.sources, 1):
        file = f"exports/{n:02}_{source.table}.csv"
        about = {"table": source.table, "file": file, "profile": "generic", "extracted_on": source.extracted_on}
        sections.append(("[[source]]", about | ({"covers_from": source.covers_from} if source.covers_from else {})))
        with (folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(source.rows[0]))
            writer.writeheader()
            writer.writerows(source.rows)
    lines = [line for head, keys in sections for line in (head, *(f"{k} = {toml(v)}" for k, v in keys.items()), "")]
    (folder / "audit.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def toml(value: Any) -> str:
    """A value as TOML writes it.

    >>> toml({"due": "10-31", "days": [1, True], "on": date(2025, 1, 2)})
    '{ due = "10-31", days = [1, true], on = 2025-01-02 }'
    """
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> str:
    """A value of a verdict or an exception, as its CSV has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def earlier_day(company: Company, seed: int) -> date:
    """An as-of day other than the exports' own: one of the period that they cover as well."""
    first, last = company.periods[0]["start"].toordinal(), default_as_of(company).toordinal()
    return date.fromordinal(random.Random(seed).randint(first, last))


def random_company(seed: int, size: int = 60) -> Company:
    """A company of `size` people; the same seed gives the same company."""
    draft = Draft(Dice(seed))
    for n in range(size):
        draft.add_person(n)
    draft.add_strangers()
    return draft.company()


# --- how it is drawn ----------------------------------------------------------------------------------------------

ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "UTC")
MODULES = ("SEC-101", "SEC-101-ES", "PHISH-1", "PRIV-1", "DEV-7")
WORKER_TYPES = ("employee", "contractor", "third_party", "intern", "other")
ROLES = ("Engineer", "Sales", "Support", "")
DEPARTMENTS = ("North", "South")
POLICIES = ("AUP", "ISP")
DEADLINES = (0, 1, 14, 30, 30, 60, 90, 400)
STATUSES = (
    *("not_assigned", "not_started", "in_progress", "failed", "equivalent", "waived", "withdrawn", "expired"),
    *("Done and dusted", ""),
)
DECIDERS = ("ciso@firm.example", "grc-lead", "Zoë Auditor")
APPROVERS = ("coo@firm.example", "hr-head")


class Dice(random.Random):
    """Chance, with a liking for the edges."""

    def hits(self, probability: float) -> bool:
        return self.random() < probability

    def near(self, day: int, spread: int = 25) -> int:
        """The day itself, the one before, the one after, or one around it."""
        return day + self.choice((-1, 0, 0, 1, self.randint(-spread, spread)))

    def weighted(self, *choices: tuple[float, Any]) -> Any:
        """One of the choices, each with its weight; a callable is called."""
        chosen = self.choices([c for _, c in choices], [w for w, _ in choices])[0]
        return chosen() if callable(chosen) else chosen


def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


@dataclass
class Human:
    """Whom the draft is about to give records: ids, accounts, first days, and days on which something falls due."""

    person_id: str
    email: str
    starts: list[int] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    dues: list[tuple[str, int]] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)


class Draft:
    """A company in the making; days are ordinals."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.tables: dict[str, list[Row]] = defaultdict(list)
        self.audit: dict[str, Any] = {
            "organisation": "Random & Söhne",
            "time_zone": dice.choice(ZONES),
            "rehire_break_days": dice.choice((0, 7, 30, 30, 30, 90)),
            "preboarding_days": dice.choice((0, 14, 30, 30, 60, 120)),
        }
        self.leave = {"return_days": dice.choice((0, 7, 30, 30)), "minimum_days": dice.choice((1, 14, 14, 14, 30))}
        self.rehire_break: int = self.audit["rehire_break_days"]
        self.first = date(dice.choice((2022, 2023, 2024, 2024, 2025)), dice.randint(1, 12), 1).toordinal()
        self.end = self.first + dice.choice((91, 183, 364, 365, 365)) - dice.choice((0, 0, 1))
        self.as_of = dice.weighted(
            (25, self.end),
            (40, lambda: self.end + dice.choice((1, dice.randint(2, 120)))),
            (28, lambda: dice.randint(self.first, self.end - 1)),
            (2, self.first),
        )
        self.last = min(self.end, self.as_of)
        self.versions = {policy: self.policy_versions(policy) for policy in POLICIES}
        kinds = ["months", "campaign", "once", "policy", *dice.choices(("months", "months", "campaign", "policy"), k=2)]
        if dice.hits(0.2):
            kinds = [kind for kind in kinds if (kind == "policy") == dice.hits(0.3)] or ["months"]
        self.requirements = [self.requirement(f"{kind}-{n}", kind) for n, kind in enumerate(kinds, 1)]
        self.people: list[Human] = []

    def any_day(self) -> int:
        """A day on which much happens: an edge of the period or of the exports, or any day between."""
        inside = self.dice.randint(self.first, self.last)
        return self.dice.choice((self.dice.near(self.first), self.dice.near(self.as_of), inside, inside, inside))

    # requirements

    def policy_versions(self, policy: str) -> list[tuple[str, int, bool]]:
        """One to four versions, in an order of the file that is not always that of their days."""
        days = [self.dice.choice((self.first - self.dice.randint(100, 900), self.any_day()))]
        while len(days) < 4 and self.dice.hits(0.6):
            days.append(self.dice.choice((days[0], days[0] + self.dice.randint(1, 300), self.any_day())))
        names = self.dice.sample(("1", "2", "2.1", "v3", "2024-05"), len(days))
        versions = [(name, day, self.dice.hits(0.65)) for name, day in zip(names, days, strict=True)]
        self.dice.shuffle(versions)
        for name, day, material in versions:
            flag = self.dice.choice(("true", "")) if material else "false"
            cells = {"version": name, "title": f"Policy {policy}", "effective_on": iso(day), "material": flag}
            self.tables["policies"].append(row("policies", policy_id=policy, **cells))
        return sorted(versions, key=lambda version: version[1])

    def requirement(self, name: str, kind: str) -> dict[str, Any]:
        dice = self.dice
        found: dict[str, Any] = {"id": name, "title": f"Requirement {name}", "due_within_days": dice.choice(DEADLINES)}
        if kind == "policy":
            found["policy"] = dice.choice(POLICIES)
            kind = dice.choice(("once", "months", "campaign"))
        else:
            found["satisfied_by"] = dice.sample(MODULES, dice.choice((1, 1, 2)))
            if dice.hits(0.35):
                found["pass_mark"] = dice.choice((80, 80, 72.5))
        if kind == "months":
            found["renewal"] = {"every_months": dice.choice((1, 3, 6, 12, 12, 12, 24))}
        elif kind == "campaign":
            due = self.any_day()
            opens = due - dice.choice((0, 1, 30, 61, 200, 364))
            found["renewal"] = {"due": self.month_day(due), "opens": self.month_day(opens)}
        if dice.hits(0.5):
            found["applies_to"] = self.audience()
        if dice.hits(0.3):
            found["effective_from"] = date.fromordinal(self.any_day() - dice.choice((0, 0, 200)))
        if dice.hits(0.2):
            earliest = found.get("effective_from", date.min).toordinal()
            found["retired_on"] = date.fromordinal(max(self.any_day() + dice.choice((0, 0, 60)), earliest))
        return found

    def month_day(self, day: int) -> str:
        """MM-DD, as renewals write it; 29 February is not allowed there."""
        return iso(day)[5:].replace("02-29", "02-28")

    def audience(self) -> dict[str, list[str]]:
        wanted = {
            "worker_type": self.dice.sample(WORKER_TYPES, self.dice.choice((1, 2, 3))),
            "role": self.dice.sample(ROLES[:3], self.dice.choice((1, 2))),
            "department": [self.dice.choice(DEPARTMENTS)],
        }
        return {key: wanted[key] for key in self.dice.sample(list(wanted), self.dice.choice((1, 1, 2)))}

    # people

    def add_person(self, n: int) -> None:
        human = self.introduce(n)
        self.employ(human)
        self.name_accounts(human, n)
        for requirement in self.requirements:
            self.record(human, requirement)
        if self.dice.hits(0.4):
            self.send_on_leave(human)
        self.decide(human)
        self.people.append(human)

    def introduce(self, n: int) -> Human:
        """An id and an e-mail address; sometimes that of somebody else, which makes it nobody's key."""
        person_id = self.dice.weighted((85, f"E{n:04}"), (10, f"00{n:03}"), (5, f"É{n:04}"))
        email = self.dice.weighted((85, f"Person.{n}@firm.example"), (12, ""), (5, lambda: self.some_email().upper()))
        return Human(person_id, email)

    def some_email(self) -> str:
        return self.dice.choice([human.email for human in self.people] or [""])

    def employ(self, human: Human) -> None:
        narrow = [r for r in self.requirements if "applies_to" in r]
        if narrow and self.dice.hits(0.14):
            self.move_and_return(human, self.dice.choice(narrow))
            return
        rows = [row for first, last in self.spells() for row in self.engagements(human, first, last)]
        human.starts = [date.fromisoformat(row["start_date"]).toordinal() for row in rows]
        if self.dice.hits(0.05):
            self.spoil(rows)
        self.tables["people"] += rows

    def move_and_return(self, human: Human, requirement: dict[str, Any]) -> None:
        """In scope for longer than the deadline, out of it for about as long as a break may last, in it again."""
        dice, limit = self.dice, self.rehire_break
        inside = {"worker_type": dice.choice(WORKER_TYPES), "role": dice.choice(ROLES)}
        inside |= {key: dice.choice(values) for key, values in requirement["applies_to"].items()}
        outside = inside | dict.fromkeys(requirement["applies_to"], "other")
        back = self.any_day()
        away = back - max(1, dice.choice((1, limit - 1, limit, limit, limit + 1)))
        first = away - requirement["due_within_days"] - dice.randint(1, 200)
        for begin, end, attributes in ((first, away - 1, inside), (away, back - 1, outside), (back, NEVER, inside)):
            self.tables["people"].append(self.engagement(human, begin, end, attributes))
        human.starts = [back]

    def spells(self) -> Iterator[tuple[int, int]]:
        """One to three engagements with breaks about as long as a rehire may take."""
        dice = self.dice
        deadline = dice.choice(self.requirements)["due_within_days"]
        first = dice.weighted(
            (40, lambda: self.first - dice.randint(40, 1100)),
            (3, lambda: self.first - dice.randint(1100, 3000)),
            (10, lambda: dice.near(self.first)),
            (12, lambda: dice.near(dice.choice((self.first, self.last)) - deadline)),
            (25, lambda: dice.randint(self.first, self.last)),
            (8, lambda: dice.near(self.as_of)),
            (2, lambda: self.as_of + dice.randint(1, 90)),
        )
        for _ in range(3):
            last = max(first, self.last_day(first))
            yield first, last
            if last == NEVER or last > self.as_of or dice.hits(0.55):
                return
            limit = self.rehire_break
            first = last + 1 + max(0, dice.choice((0, 1, limit - 1, limit, limit + 1, dice.randint(1, 400))))

    def last_day(self, first: int) -> int:
        dice = self.dice
        chosen: int = dice.weighted(
            (50, NEVER),
            (22, lambda: dice.randint(self.first, self.last)),
            (8, lambda: dice.near(self.first)),
            (8, lambda: dice.near(self.as_of)),
            (10, lambda: first + dice.choice((0, 1, 20, dice.randint(2, 500)))),
            (6, lambda: self.as_of + dice.randint(1, 500)),
            (0.3, date(2099, 12, 31).toordinal()),
        )
        return chosen

    def engagements(self, human: Human, first: int, last: int) -> Iterator[Row]:
        """A spell as rows: it changes attributes midway, and its rows touch, overlap or leave a hole."""
        dice = self.dice
        usual = {"worker_type": dice.choice(WORKER_TYPES), "role": dice.choice(ROLES)}
        usual["department"] = dice.choice(DEPARTMENTS)
        now, limit = dict(usual), self.rehire_break
        while True:
            deadline = dice.choice(self.requirements)["due_within_days"]
            lengths = (1, limit - 1, limit, limit + 1, deadline, deadline - limit, dice.randint(1, 500))
            length = dice.choice((*lengths, dice.randint(1, 500)))
            cut = first + max(1, length) - 1 if dice.hits(0.4) else last
            if cut >= min(last, self.as_of + 40):
                yield self.engagement(human, first, last, now)
                return
            overlap = dice.choice((0, 0, 0, 0, 0, dice.randint(1, 40)))
            yield self.engagement(human, first, min(cut + overlap, last), now)
            first = min(cut + 1 + dice.choice((0, 0, 0, 0, 0, 1, 3)), last)
            changed = dice.choice(("worker_type", "role", "department"))
            values = {"worker_type": WORKER_TYPES, "role": ROLES, "department": DEPARTMENTS}[changed]
            now = usual if now != usual and dice.hits(0.6) else usual | {changed: dice.choice(values)}

    def engagement(self, human: Human, first: int, last: int, attributes: dict[str, str]) -> Row:
        end = self.dice.choice(("", "", "2100-01-01", "9999-12-31")) if last == NEVER else iso(last)
        email = self.dice.choice((human.email.lower(), human.email, f"new.{human.email}" if human.email else ""))
        cells = {"name": f"Name {human.person_id}", "email": email, "start_date": iso(first), "end_date": end}
        return row("people", person_id=human.person_id, **cells, **attributes)

    def spoil(self, rows: list[Row]) -> None:
        """Make a row unreadable, or add one that is."""
        if self.dice.hits(0.5):
            rows.append(rows[0] | {"role": self.dice.choice(ROLES), "worker_type": self.dice.choice(WORKER_TYPES)})
        bad = rows[-1]
        before = date.fromisoformat(bad["start_date"]) - timedelta(days=self.dice.choice((1, 300)))
        column, value = self.dice.choice(
            (("start_date", ""), ("end_date", "31/02/2025"), ("end_date", before.isoformat()), ("start_date", "soon"))
        )
        bad[column] = value

    def name_accounts(self, human: Human, n: int) -> None:
        """What the training system may call a person: id, e-mail, a listed or linked account, something unknown."""
        dice = self.dice
        human.accounts = [human.person_id, human.person_id, f" {human.person_id} "]
        human.accounts.append(unicodedata.normalize("NFD", human.person_id))
        if human.email:
            human.accounts += [human.email, human.email.upper(), human.email.lower()]
        if dice.hits(0.3):
            others = dice.choice(([], [], [], [], ["E9999"], ["E0001"]))
            human.accounts += self.listed(f"lms-{n}", [human.person_id, *others] if dice.hits(0.9) else others)
        if dice.hits(0.3):
            account = dice.choice((f"user-{n}", f"lms-{n}", f"{n}@old.example", human.email or f"user-{n}"))
            human.accounts.append(account)
            itself, other = human.person_id, "E0002"
            owners = dice.choice(([itself], [itself], [itself], [itself, itself], [itself, other], [other]))
            for owner in owners:
                self.decision("link", account=account, person_id=owner)
        if dice.hits(0.1):
            human.accounts.append(f"ghost-{n}")
        if dice.hits(0.02):
            self.listed(human.person_id, ["E0003"])
        if dice.hits(0.05):
            self.decision("exclude", account=dice.choice([human.person_id, f"lms-{n}"]), reason_code="test user")
        if dice.hits(0.03) and human.email.startswith("Person"):
            self.decision("exclude", person_id=human.person_id, reason_code="duplicate")

    def listed(self, account: str, owners: list[str]) -> list[str]:
        for owner in owners:
            self.tables["accounts"].append(row("accounts", account=account, person_id=owner, active="true"))
        return [account]

    # records

    def record(self, human: Human, requirement: dict[str, Any]) -> None:
        """A chain of records, each near the day on which the one before ends."""
        dice = self.dice
        for day in self.first_dues(human, requirement):
            human.dues.append((requirement["id"], day))
        if dice.hits(0.15):
            return
        day = self.first_record(human, requirement)
        while day <= self.as_of + 40:
            for _ in range(dice.choice((1,) * 12 + (2,))):
                self.keep_record(human, requirement, day)
            due = renewal_day(requirement, day)
            if dice.hits(0.6 if due == NEVER else 0.1):
                return
            due = min(due, day + dice.randint(1, 500)) if due == NEVER else due
            human.dues.append((requirement["id"], due))
            day = dice.weighted(
                (45, lambda due=due, day=day: max(day, due - dice.randint(1, 45))),
                (30, lambda due=due: dice.near(due)),
                (15, lambda due=due: due + dice.randint(2, 60)),
                (5, lambda due=due: due + dice.randint(60, 400)),
                (5, lambda day=day: day + dice.randint(0, 60)),
            )

    def first_dues(self, human: Human, requirement: dict[str, Any]) -> list[int]:
        """The days that come first to mind as due days."""
        effective = requirement.get("effective_from", date.min).toordinal()
        return [max(start, effective) + requirement["due_within_days"] for start in human.starts]

    def first_record(self, human: Human, requirement: dict[str, Any]) -> int:
        """Near the due day, before the start, on a leap day; long ago only as far as it may still matter."""
        dice = self.dice
        start = dice.choice(human.starts)
        due = dice.choice(self.first_dues(human, requirement))
        months: int = requirement.get("renewal", {}).get("every_months", 12)
        day: int = dice.weighted(
            (30, lambda: dice.near(due)),
            (20, lambda: dice.randint(min(start, due), due)),
            (15, lambda: dice.near(start - self.audit["preboarding_days"])),
            (10, lambda: dice.near(start)),
            (10, lambda: due + dice.randint(1, 120)),
            (5, lambda: start - dice.randint(1, 400)),
            (5, date(2024, 2, 29).toordinal()),
            (5, lambda: date(2024, dice.randint(1, 12), 1).toordinal() - 1),
            (10, self.any_day),
            (30, lambda: add_months(date.fromordinal(start), -months).toordinal()),
        )
        if "policy" in requirement and dice.hits(0.5):
            _, effective_on, _ = dice.choice(self.versions[requirement["policy"]])
            day = dice.near(effective_on + dice.choice((0, requirement["due_within_days"])))
        return max(day, self.first - 70 * months)

    def keep_record(self, human: Human, requirement: dict[str, Any], day: int) -> None:
        dice = self.dice
        human.recorded.append(day)
        account = dice.choice(human.accounts) if dice.hits(0.3) else human.person_id
        if "policy" in requirement:
            status = dice.choice(("declined", "sent", "viewed") if dice.hits(0.08) else ("acknowledged", ""))
            self.acknowledge(account, requirement["policy"], day, status)
        else:
            status = dice.choice(STATUSES if dice.hits(0.12) else ("completed", "passed"))
            self.complete(account, dice.choice(requirement["satisfied_by"]), day, status)

    def complete(self, account: str, module: str, day: int, status: str) -> None:
        score = self.dice.choice(("", "80", "80", "80.0", "100", "95", "79", "79.9", "72.5", "0", "ninety"))
        score = "" if score == "ninety" and self.dice.hits(0.7) else score
        number = str(len(self.tables["completions"]) + 1)
        cells = {"completed_at": self.moment(day), "status": status, "score": score, "record_id": number}
        self.tables["completions"].append(row("completions", account=account, module_id=module, **cells))

    def acknowledge(self, account: str, policy: str, day: int, status: str) -> None:
        names = [name for name, _, _ in self.versions[policy]]
        in_force = [name for name, on, _ in self.versions[policy] if on <= day] or names[:1]
        version = self.dice.choice(("", "", in_force[-1], in_force[-1], in_force[-1], self.dice.choice(names), "9.9"))
        version = in_force[-1] if version == "9.9" and self.dice.hits(0.6) else version
        cells = {"version": version, "acknowledged_at": self.moment(day), "status": status}
        self.tables["acknowledgements"].append(row("acknowledgements", account=account, policy_id=policy, **cells))

    def moment(self, day: int) -> str:
        """The day as a date, or as a timestamp of it near midnight, as some other zone's clock shows it."""
        dice, on = self.dice, date.fromordinal(day)
        form = dice.choice(("date", "date", "local", "utc", "offset"))
        if form == "date":
            return iso(day)
        at = datetime.combine(on, dice.choice((time(0), time(0, 0, 1), time(12, 30), time(23, 59, 59))))
        if form == "local":
            return at.isoformat(sep=dice.choice("T "))
        at = at.replace(tzinfo=ZoneInfo(self.audit["time_zone"]))
        if form == "utc":
            return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        minutes = dice.choice((-480, -210, 0, 60, 330, 780))
        return at.astimezone(timezone(timedelta(minutes=minutes))).isoformat()

    # relief and decisions

    def send_on_leave(self, human: Human) -> None:
        """One to three rows that may touch; their lengths are about the least that excuses."""
        dice, least = self.dice, self.leave["minimum_days"]
        lengths = (least - 1, least, least + 1, 13, 14, 15, 60, dice.randint(1, 400))
        days = max(1, dice.choice(lengths))
        first = dice.weighted(
            (40, lambda: dice.near(dice.choice(human.dues)[1])),
            (15, lambda: dice.near(dice.choice(human.recorded or [self.first]))),
            (15, lambda: dice.near(self.first - 40, 60)),
            (15, self.any_day),
            (10, self.as_of + 1),
            (5, self.as_of),
            (15, lambda: dice.choice(human.starts) - self.leave["return_days"] - days),
            (25, lambda: dice.choice(human.dues)[1] - self.leave["return_days"] - days),
        )
        for _ in range(dice.choice((1, 1, 2, 3))):
            self.absence(human, first, first + days - 1)
            first += days + dice.choice((0, 0, 1, dice.randint(-10, 60)))
            days = max(1, dice.choice(lengths))

    def absence(self, human: Human, first: int, last: int) -> None:
        """A leave row; now and then without an end, or one that cannot be read."""
        dice = self.dice
        before = iso(first - dice.choice((1, 20)))
        end = dice.weighted((85, iso(last)), (7, ""), (2, "2100-01-01"), (3, "31/02/2025"), (3, before))
        start = "" if dice.hits(0.02) else iso(first)
        self.tables["leave"].append(row("leave", person_id=human.person_id, start_date=start, end_date=end))

    def decide(self, human: Human) -> None:
        """Extensions around due days, and explanations of what may turn out to be exceptions."""
        dice = self.dice
        for requirement_id, due in human.dues:
            if dice.hits(0.12) and due > self.first - 200:
                self.extend(human, requirement_id, due)
            if dice.hits(0.1) and self.first - 100 < due <= self.as_of:
                cells = {"requirement_id": requirement_id, "due_on": iso(due), "reason_code": "late start"}
                self.decision("explain", human, **cells)

    def extend(self, human: Human, requirement_id: str, due: int) -> None:
        dice = self.dice
        approved = due + dice.choice((-30, -10, -1, 0, 0, 1, 5, 30))
        recorded = dice.choice(human.recorded or [approved])
        approved = dice.weighted(
            (75, approved), (10, recorded), (5, self.as_of), (5, self.as_of + 1), (5, self.any_day)
        )
        new_due = max(approved, due) + dice.choice((-5, 0, 1, 10, 30, 90, 300))
        days = {"approved_on": iso(approved), "new_due_on": iso(new_due)}
        self.decision("extend", human, requirement_id=requirement_id, approved_by=dice.choice(APPROVERS), **days)

    def decision(self, kind: str, human: Human | None = None, **cells: str) -> None:
        """A decision; now and then it is withdrawn, the withdrawal withdrawn, or the decision breaks a rule."""
        dice = self.dice
        cells = {"decided_by": dice.choice(DECIDERS), "reason": "as agreed", **cells}
        if human:
            cells["person_id"] = human.person_id
            if dice.hits(0.15):
                cells |= self.breach(human, kind)
        number = f"D{len(self.tables['decisions']) + 1:04}"
        self.tables["decisions"].append(row("decisions", decision_id=number, kind=kind, **cells))
        if dice.hits(0.15 if kind == "withdraw" else 0.2):
            self.decision("withdraw", withdraws=number, reason=dice.choice(("a mistake", "a mistake", "")))

    def breach(self, human: Human, kind: str) -> Row:
        """What makes a decision void: about oneself, approved by oneself, or not whole."""
        themselves = [human.person_id] + ([human.email.upper(), human.email.lower()] if human.email else [])
        voids: list[Row] = [
            {"decided_by": self.dice.choice(themselves)},
            {"approved_by": self.dice.choice(themselves)},
            {"decided_by": "grc-lead", "approved_by": "grc-lead"},
            {"requirement_id": ""},
            {"requirement_id": "unheard-of"},
            {"approved_by": ""} if kind == "extend" else {"due_on": ""},
            {"new_due_on": ""} if kind == "extend" else {"due_on": "31/02/2025"},
            {"approved_on": "31/02/2025"} if kind == "extend" else {"decided_by": ""},
            {"reason": ""} if kind == "extend" else {},
        ]
        return self.dice.choice(voids)

    # the exports

    def add_strangers(self) -> None:
        """Records, leave and people that are nobody's; they also keep every needed table from being empty."""
        self.complete("nobody@elsewhere.example", MODULES[0], self.first, "completed")
        self.acknowledge("nobody@elsewhere.example", POLICIES[0], self.first, "acknowledged")
        for module in MODULES:
            self.tables["modules"].append(row("modules", module_id=module, title=f"About {module}", topics="phishing"))
        if self.dice.hits(0.3):
            nameless = row("people", name="Without an id", worker_type="other", start_date=iso(self.first))
            self.tables["people"].append(nameless)
            self.tables["leave"].append(row("leave", person_id="E8888", start_date=iso(self.first)))

    def company(self) -> Company:
        period = {"name": "P", "start": date.fromordinal(self.first), "end": date.fromordinal(self.end)}
        return Company(self.audit, self.leave, [period], self.requirements, list(self.sources()))

    def sources(self) -> Iterator[Source]:
        """Each table in one file or two; one of the needed extracts ends with as_of, the others may reach further."""
        needed = {"people"} | {"acknowledgements" if "policy" in r else "completions" for r in self.requirements}
        earliest = self.dice.choice(sorted(needed))
        for table, rows in self.tables.items():
            if table != "policies":
                self.dice.shuffle(rows)
            cut = self.dice.randint(1, len(rows) - 1) if len(rows) > 1 and self.dice.hits(0.4) else 0
            for part in (rows[:cut], rows[cut:]) if cut and table != "policies" else (rows,):
                on = self.as_of + 1 + (0 if table == earliest else self.dice.choice((0, 1, 40)))
                if table in {"completions", "acknowledgements"} - needed:
                    on = self.as_of - 100
                yield Source(table, part, date.fromordinal(on), self.covers_from(table))

    def covers_from(self, table: str) -> date | None:
        """Sometimes stated: about a cycle before the period, or in it."""
        if table not in {"completions", "acknowledgements"} or self.dice.hits(0.2):
            return None
        return date.fromordinal(self.any_day() - self.dice.choice((0, 31, 366, 366, 900)))
