"""A copy that names nobody: a keyed id stands for each person, account and address wherever one would be printed.

It is made after the judgement, so the verdicts are the same, and before anything is listed, so nothing that is printed
ever saw a name. Whoever has the key can find the person behind an id; without it an id cannot be reversed by trying
names. Texts that people wrote freely are withheld.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbook_lib.audit import Audit
from workbook_lib.engine import Engine, literal
from workbook_lib.tables import REASONS, FileAccount, Finding, Problem, Quarantined, UserError

KEY_FILE = "pseudonyms.key"
#: 80 bits: two of 100,000 people get one id with a probability of 4 in 10^15.
BYTES = 10
WITHHELD = "withheld"

#: Columns that hold whom a row is about, or who did something: keyed.
KEYED = (
    *("person_id", "email", "manager_email", "account", "account_email", "account_key"),
    *("decided_by", "approved_by", "reviewed_by", "record_id"),
    *("decision_id", "withdraws", "explained_by"),
    *("recipient", "message_id", "delivery"),
)
#: Columns that are emptied: the keyed id beside them says the same.
EMPTIED = ("name",)
#: Columns in which a code that we offer stays, and any other text is withheld.
OFFERED = ("reason_code",)
#: Columns that name nobody: closed vocabularies, our own sentences, the content of training, a person's function. A
#: text column that is in none of these lists is withheld.
PUBLIC = (
    *("worker_type", "role", "department", "kind", "status", "via", "place", "system", "method"),
    *("requirement_id", "verdict", "why", "cause", "ended_by", "policy_id", "version"),
    *("module_id", "title", "topics", "sample", "threats"),
    *("audience", "fate"),
    *("file", "earlier_file", "column_name", "recorded_at", "evidence_sha256"),
)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Ids under one key: the same text has the same id in every run, whatever column it stands in."""

    key: bytes

    @classmethod
    def read(cls, path: Path | str) -> Pseudonyms:
        """The pseudonyms under the key in a file.

        Raises UserError where the file holds no key.
        """
        try:
            key = bytes.fromhex(Path(path).read_text(encoding="ascii"))
        except (OSError, ValueError):
            key = b""
        if len(key) != 32:
            raise UserError(
                Problem(
                    where=KEY_FILE,
                    what="it is missing, or is not a key of 64 hexadecimal digits.",
                    do="put back the key of this audit; or remove the file, and the next pseudonymous run makes "
                    "another, with other ids.",
                )
            )
        return cls(key)

    def __call__(self, text: str) -> str:
        """The id that stands for a text; nothing for nothing, and of several with semicolons between one for each.

        >>> Pseudonyms(bytes(32))("E1042"), Pseudonyms(bytes(32))("E1042;E1043")
        ('ufu3rwhrn46eeaaj', 'ufu3rwhrn46eeaaj;y7erphi7fsjhsfpc')
        """
        return ";".join(self._one(part) for part in text.split(";"))

    def _one(self, text: str) -> str:
        digest = hmac.digest(self.key, text.encode(), "sha256")[:BYTES]
        return base64.b32encode(digest).decode().lower() if text else ""

    # what a workpaper is made of

    def hide(self, engine: Engine) -> None:
        """Replace every person in every relation of the engine; what was judged stays as it is."""
        engine.load(
            "pseudonym", {"known": "VARCHAR", "id": "VARCHAR"}, ((text, self(text)) for text in known_texts(engine))
        )
        for relation, columns in engine.text_columns().items():
            hidden = {column: expression for column in columns if (expression := _hidden(column))}
            if relation != "pseudonym" and hidden:
                engine.rewrite(relation, hidden)
        engine.drop("pseudonym")

    def audit(self, audit: Audit) -> Audit:
        """The description of the audit, without who owns and approved the programme."""
        if not audit.programme:
            return audit
        names = {"owner": self(audit.programme.owner), "approved_by": self(audit.programme.approved_by)}
        return audit.model_copy(update={"programme": audit.programme.model_copy(update=names)})

    def files(self, files: Iterable[FileAccount]) -> tuple[FileAccount, ...]:
        """The accounts of the files, without who drew them and what was written of that. Our ledgers stay."""
        return tuple(
            replace(
                file,
                extracted_by=self(file.extracted_by),
                report=file.report and WITHHELD,
                parameters=file.parameters and WITHHELD,
            )
            if file.mapping
            else file
            for file in files
        )

    def quarantine(self, rows: Iterable[Quarantined]) -> tuple[Quarantined, ...]:
        """The quarantined rows by place and reason, without their text; a reason that the format states stays."""
        return tuple(
            replace(
                row,
                value="",
                raw="",
                subject=self(row.subject),
                message=row.message if row.by_rule else f"{_words(row.code)}; the text of the row is {WITHHELD}.",
            )
            for row in rows
        )

    def findings(self, findings: Iterable[Finding], files: Sequence[FileAccount]) -> tuple[Finding, ...]:
        """Remarks on exports and decisions, which quote them, by place and kind; the others are drawn anew."""
        public = {name for file in files for name in (file.file, Path(file.file).name)}
        return tuple(
            replace(
                item,
                subject=item.subject if item.subject in public else self(item.subject),
                text=f"{_words(item.code)}; the sentence quotes the exports and is {WITHHELD}.",
            )
            for item in findings
        )


def known_texts(engine: Engine) -> Iterator[str]:
    """Every text of a keyed column, once, in order."""
    queries = [
        f'SELECT "{column}" AS known FROM {relation}'
        for relation, columns in engine.text_columns().items()
        for column in columns
        if column in KEYED
    ]
    union = " UNION ".join(queries)
    return (
        text for (text,) in engine.rows(f"SELECT known FROM ({union}) texts WHERE known IS NOT NULL ORDER BY known")
    )


def _hidden(column: str) -> str:
    """What stands in a column instead, as SQL; nothing where it stays."""
    if column in KEYED:
        return f'(SELECT id FROM pseudonym WHERE known = "{column}")'
    if column in EMPTIED:
        return "CAST(NULL AS VARCHAR)"
    if column in OFFERED:
        codes = ", ".join(literal(code) for codes in REASONS.values() for code in codes)
        return f'CASE WHEN "{column}" NOT IN ({codes}) THEN \'{WITHHELD}\' ELSE "{column}" END'
    return "" if column in PUBLIC else f"CASE WHEN \"{column}\" IS NOT NULL THEN '{WITHHELD}' END"


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()
