"""A small audit folder for the tests of the faces: generic CSVs, eight people, a little of everything.

With `hostile=True` every text that a user or a source system can choose tries to run a script in the reader's browser.
"""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

#: Each sets window.fired when it runs.
PAYLOADS = (
    "<script>window.fired=1</script>",
    "<img src=x onerror=window.fired=1>",
    '"><svg onload=window.fired=1>',
    "</script><script>window.fired=1</script>",
    "</title><script>window.fired=1</script>",
    "<iframe srcdoc='<script>parent.fired=1</script>'></iframe>",
    "<a href=javascript:window.fired=1>x</a>",
    "{{ ''.__class__ }}{% raw %}",
    '<!--plotly--><!--contents--><h3 id="x"><span class="no"></span>X</h3>',
    "$$\\href{javascript:window.fired=1}{x}$$ `x` **x** [x](javascript:window.fired=1)",
    "'; DROP TABLE verdict; --",
    "Ada\u202egnp.exe \u200bNul",
    "<style>*{display:none}</style>",
    "<bdi onmouseover=window.fired=1>x",
)

TABLES = {
    "people": """\
person_id,name,email,worker_type,role,department,manager_email,start_date,end_date
p1,Ada Ånström,ada@firm.example,employee,Engineer,R&D,mo@firm.example,2020-03-01,
p2,Bo Chen,bo@firm.example,employee,Sales,Sales,mo@firm.example,2021-05-03,
p3,Cleo Diaz,cleo@firm.example,contractor,Engineer,R&D,mo@firm.example,2025-02-10,
p4,Dov Eitan,dov@firm.example,employee,Sales,Sales,mo@firm.example,2019-01-07,2025-06-30
p5,Eva Fuchs,eva@firm.example,third_party,Support,Ops,mo@firm.example,2024-11-04,
p6,Flo Gruber,flo@firm.example,intern,Support,Ops,mo@firm.example,2025-12-15,
p7,Gil Haas,gil@firm.example,employee,Support,Ops,mo@firm.example,no date yet,
p8,محمد يوسف,mo@firm.example,employee,Manager,R&D,,2018-02-01,
""",
    "leave": """\
person_id,start_date,end_date,kind
p5,2025-03-01,2025-06-30,parental
p2,2025-04-31,2025-05-30,sick
""",
    "accounts": """\
account,person_id,name,active
ada@firm.example,p1,Ada Ånström,true
bo@firm.example,p2,Bo Chen,true
cleo@firm.example,p3,Cleo Diaz,true
eva@firm.example,p5,Eva Fuchs,true
mo@firm.example,p8,محمد يوسف,true
kiosk-1,,Shared screen,true
""",
    "completions": """\
account,module_id,completed_at,status,score,record_id,minutes,method
ada@firm.example,SEC-1,2024-06-03T09:00:00Z,completed,,r1,30,system
ada@firm.example,SEC-1,2025-05-20T09:00:00Z,completed,95,r2,31,system
bo@firm.example,SEC-1,2024-01-15T08:00:00Z,completed,,r3,28,system
bo@firm.example,SEC-1,2025-03-30T08:00:00Z,completed,,r4,29,system
cleo@firm.example,SEC-1,2025-02-14T13:20:00Z,passed,88,r5,33,system
dov@firm.example,SEC-1,2024-09-01T13:20:00Z,completed,,r6,33,system
mo@firm.example,SEC-1,2025-01-08T10:00:00Z,completed,,r7,25,system
kiosk-1,SEC-1,2025-01-09T10:00:00Z,completed,,r8,25,system
bo@firm.example,SEC-1,someday,completed,,r9,25,system
""",
    "modules": """\
module_id,title,topics,version,assessed,minutes,sample
SEC-1,Security basics,phishing; passwords; data handling,4,true,30,slides.pdf
""",
    "content_reviews": """\
module_id,version,reviewed_on,reviewed_by,change,threats
SEC-1,4,2025-02-01,sec team,new chapter,voice cloning
""",
    "policies": """\
policy_id,version,title,effective_on,material,approved_by,approved_on
AUP,1,Acceptable use,2023-01-01,true,ceo@firm.example,2022-12-15
AUP,2,Acceptable use,2025-07-01,true,ceo@firm.example,2025-06-15
""",
    "acknowledgements": """\
account,policy_id,version,acknowledged_at,status,method
ada@firm.example,AUP,1,2023-01-10T09:00:00Z,acknowledged,click
ada@firm.example,AUP,2,2025-07-11T09:00:00Z,acknowledged,click
bo@firm.example,AUP,1,2023-01-10T09:00:00Z,acknowledged,click
mo@firm.example,AUP,,2025-07-15T09:00:00Z,acknowledged,click
""",
    "decisions": """\
decision_id,kind,decided_by,person_id,requirement_id,account,due_on,approved_on,new_due_on,reason_code,reason,evidence,approved_by,withdraws
d1,explain,grc@firm.example,p2,awareness,,2025-01-15,,,workload,"Peak season, trained in March",TICKET-7,ciso@firm.example,
d2,exclude,grc@firm.example,,,kiosk-1,,,,service account,Shared screen in the hall,,,
d3,extend,p3,p3,awareness,,,2025-03-01,2025-04-30,,Own decision,,ciso@firm.example,
""",
}

AUDIT = """\
[audit]
organisation = "{organisation}"
time_zone = "Europe/Berlin"

[programme]
file = "programme.md"
owner = "ciso@firm.example"
version = "2"
approved_by = "ceo@firm.example"
approved_on = 2025-01-10

[[period]]
name = "2025"
start = 2025-01-01
end = 2025-12-31

[[requirement]]
id = "awareness"
title = "{title}"
satisfied_by = ["SEC-1"]
due_within_days = 30
renewal = {{ every_months = 12 }}
policy_reference = "ISP-07 section 3.2"

[[requirement]]
id = "aup"
policy = "AUP"
due_within_days = 30
applies_to = {{ worker_type = ["employee"] }}
"""

SOURCE = """
[[source]]
table = "{table}"
file = "exports/{table}.csv"
extracted_on = {extracted_on}
system = "{system}"
report = "all rows"
extracted_by = "j.doe"
"""

PROGRAMME = "# Awareness programme\n\n## How often\nEvery year.\n\n## Who must\nEverybody.\n"

#: Text columns whose cells a hostile company fills with payloads; the keys of the tables stay as they are.
HOSTILE = {
    "people": ("name", "role", "department", "manager_email"),
    "accounts": ("name",),
    "modules": ("title", "topics", "version", "sample"),
    "content_reviews": ("reviewed_by", "change", "threats"),
    "policies": ("title", "approved_by"),
    "acknowledgements": ("method",),
    "completions": ("record_id", "method"),
    "decisions": ("reason_code", "reason", "evidence"),
}


def write(folder: Path, *, extracted_on: str = "2026-01-11", hostile: bool = False) -> Path:
    """Write the audit folder; extracted before the end of 2025 it gives an interim result."""
    payloads = cycle(PAYLOADS)
    (folder / "exports").mkdir(parents=True)
    words = {"organisation": "Small Firm", "title": "Security awareness, every year"}
    if hostile:
        words = {name: _toml(next(payloads)) for name in words}
    audit = AUDIT.format(**words)
    for table, text in TABLES.items():
        if hostile:
            text = _poisoned(table, text, payloads)
        (folder / "exports" / f"{table}.csv").write_text(text, encoding="utf-8")
        system = _toml(next(payloads)) if hostile else "HR"
        audit += SOURCE.format(table=table, extracted_on=extracted_on, system=system)
    programme = PROGRAMME + ("\n".join(PAYLOADS) if hostile else "")
    (folder / "programme.md").write_text(programme, encoding="utf-8")
    (folder / "audit.toml").write_text(audit, encoding="utf-8")
    return folder


def _poisoned(table: str, text: str, payloads: cycle[str]) -> str:
    import csv
    import io

    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        for column in HOSTILE.get(table, ()):
            row[column] = next(payloads)
    if table == "completions":  # an account of nobody, and a row that cannot be read
        rows.append(rows[0] | {"account": next(payloads), "record_id": "x1"})
        rows.append(rows[0] | {"completed_at": next(payloads), "record_id": "x2"})
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _toml(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\u202e", "\\u202E").replace("\u200b", "\\u200B")
