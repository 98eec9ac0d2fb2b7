"""A small audit folder: a sound company of four people, to which a test does one thing."""

from __future__ import annotations

from pathlib import Path

AUDIT = """
[audit]
organisation = "Acme"
time_zone = "UTC"

[[period]]
name = "2025"
start = 2025-01-01
end = 2025-12-31

[[requirement]]
id = "awareness"
satisfied_by = ["SEC-101"]
due_within_days = 30
renewal = { every_months = 12 }

[[requirement]]
id = "coding"
satisfied_by = ["DEV-7"]
due_within_days = 60
renewal = { every_months = 12 }
applies_to = { role = ["Engineer"] }

[[requirement]]
id = "policy"
policy = "AUP"
due_within_days = 30
"""

SOUND = {
    "people": """person_id,name,email,worker_type,role,start_date,end_date
E1,Ada,ada@acme.example,employee,Engineer,2023-01-09,
E2,Bo,bo@acme.example,employee,Sales,2025-03-03,
C1,Cy,cy@agency.example,contractor,Sales,2024-05-01,
E9,Di,di@acme.example,employee,Sales,2023-01-09,2025-06-30
""",
    "accounts": """account,person_id,name,active
ada@acme.example,E1,Ada,true
bo@acme.example,E2,Bo,true
cy@agency.example,,Cy,true
di@acme.example,E9,Di,false
""",
    "completions": """account,module_id,completed_at,status,score,minutes
ada@acme.example,SEC-101,2024-12-02T09:00:00Z,completed,,30
ada@acme.example,SEC-101,2025-11-20T09:10:00Z,completed,,30
ada@acme.example,DEV-7,2024-12-03T09:00:00Z,passed,,45
ada@acme.example,DEV-7,2025-11-21T09:00:00Z,passed,,45
bo@acme.example,SEC-101,2025-03-20T09:00:00Z,completed,,30
cy@agency.example,SEC-101,2024-05-20T09:00:00Z,completed,,30
cy@agency.example,SEC-101,2025-05-10T09:00:00Z,completed,,30
di@acme.example,SEC-101,2024-12-05T09:00:00Z,completed,,30
""",
    "policies": """policy_id,version,effective_on,material
AUP,1,2024-06-01,true
""",
    "acknowledgements": """account,policy_id,version,acknowledged_at,status
ada@acme.example,AUP,1,2024-06-10,acknowledged
bo@acme.example,AUP,1,2025-03-05,acknowledged
cy@agency.example,AUP,1,2024-06-11,acknowledged
di@acme.example,AUP,1,2024-06-12,acknowledged
""",
    "modules": """module_id,title,topics,assessed
SEC-101,Awareness,phishing;passwords;data handling;incident reporting,true
DEV-7,Secure coding,code review,true
""",
    "content_reviews": """module_id,version,reviewed_on,reviewed_by,change,threats
SEC-101,7,2024-06-01,ciso,deepfakes added,deepfakes
SEC-101,8,2025-05-20,ciso,quishing added,quishing
DEV-7,2,2024-09-01,ciso,examples renewed,
DEV-7,3,2025-08-01,ciso,examples renewed,
""",
}

PROGRAMME = """# Security awareness programme
## How often
Every year.
## Who must take it
Everybody.
## How completion is tracked
In the training system.
## How content is updated
Each year by the CISO.
"""


def make(folder: Path, changes: dict[str, str | None] | None = None, audit: str = AUDIT) -> Path:
    """Write the sound company, with other exports where `changes` has some (None: without that export)."""
    folder.mkdir(parents=True, exist_ok=True)
    exports = {name: text for name, text in (SOUND | (changes or {})).items() if text is not None}
    for name, text in exports.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        audit += f'\n[[source]]\ntable = "{name}"\nfile = "{name}.csv"\nextracted_on = 2026-01-05\n'
    (folder / "programme.md").write_text(PROGRAMME, encoding="utf-8")
    audit += '\n[programme]\nfile = "programme.md"\napproved_by = "ceo@acme.example"\napproved_on = 2024-02-01\n'
    (folder / "audit.toml").write_text(audit, encoding="utf-8")
    return folder


def without(table: str, *texts: str) -> dict[str, str | None]:
    """The sound export of a table without the lines that hold any of the texts."""
    lines = SOUND[table].splitlines(keepends=True)
    return {table: "".join(line for line in lines if not any(text in line for text in texts))}


def plus(table: str, *lines: str) -> dict[str, str | None]:
    """The sound export of a table with more lines."""
    return {table: SOUND[table] + "".join(f"{line}\n" for line in lines)}
