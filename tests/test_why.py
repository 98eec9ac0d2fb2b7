"""The sentence beside each verdict, in exact words: one example for each way in which a verdict comes about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from companies import Company
from test_oracle import CAMPAIGN, ENGINEERS, ONCE, YEARLY, away, hired, trained
from test_oracle import small as company_of
from test_rare import performed

#: Requirement and facts, then the sentence beside the one verdict of 2025.
SENTENCES: dict[str, tuple[tuple[Any, ...], str]] = {
    "undetermined": (
        (YEARLY, hired("2025-03-01"), hired("2025-07-01", "31/02/2025"), trained("2025-03-02")),
        "A row of this person in the people export cannot be read; no verdict is given (C12).",
    ),
    "never": ((YEARLY, hired("2025-03-01")), "Not covered on 276 required days between 2025-03-31 and 2025-12-31; no valid record by the end of the judged period."),
    "missing on one day": (
        (YEARLY, hired("2025-12-01")),
        "Not covered on 1 required day, 2025-12-31; no valid record by the end of the judged period.",
    ),
    "done too late, for the first time": (
        (YEARLY, hired("2025-12-01"), trained("2026-01-01")),
        "Not covered on 1 required day, 2025-12-31; completed on 2026-01-01, after the judged days; before that no valid "
        "record.",
    ),
    "done too late, once more": (
        (YEARLY, hired("2020-01-01"), trained("2024-11-30"), trained("2026-01-05"), trained("2026-01-09")),
        "Not covered on 32 required days between 2025-11-30 and 2025-12-31; completed on 2026-01-05, after the judged days; "
        "before that on 2024-11-30.",
    ),
    "missing, then away": (
        (YEARLY, hired("2025-03-01"), away("2025-06-01", "")),
        "Not covered on 62 required days between 2025-03-31 and 2025-05-31, and on no required day after that; no valid "
        "record by the end of the judged period.",
    ),
    # Required again from 3 March 2026; of that the sentence of 2025 says nothing.
    "missing, then in another role": (
        (
            ENGINEERS,
            hired("2025-03-01", "2025-05-31", role="Engineer"),
            hired("2025-06-01", "2026-01-31", role="Sales"),
            hired("2026-02-01", role="Engineer"),
        ),
        "Not covered on 62 required days between 2025-03-31 and 2025-05-31; no valid record by the end of the judged period.",
    ),
    # 10 days to 9 November, and 22 from 10 December; what closed the first gap lies in the judged days.
    "late, then missing": (
        (YEARLY | {"renewal": {"every_months": 1}}, hired("2025-10-01"), trained("2025-11-10")),
        "Not covered on 32 required days between 2025-10-31 and 2025-12-31; last completed on 2025-11-10.",
    ),
    # 151 days to 31 May; 92 from 1 October, since after three months the clock starts again on 1 September.
    "missing twice": (
        (ENGINEERS, hired("2024-06-01", "2025-05-31", role="Engineer"), hired("2025-09-01", role="Engineer"), trained("2026-01-02")),
        "Not covered on 243 required days between 2025-01-01 and 2025-12-31; completed on 2026-01-02, after the judged days; "
        "before that no valid record.",
    ),
    "late": (
        (YEARLY, hired("2025-03-01"), trained("2025-04-10"), trained("2025-06-01")),
        "Not covered on 10 required days between 2025-03-31 and 2025-04-09, then covered again; last completed on 2025-06-01.",
    ),
    "late by a day": (
        (YEARLY, hired("2025-03-01"), trained("2025-04-01")),
        "Not covered on 1 required day, 2025-03-31, then covered again; last completed on 2025-04-01.",
    ),
    "excused": (
        (YEARLY, hired("2020-01-01"), trained("2023-05-05"), away("2024-12-24", "")),
        "Excused on every required day that was not covered; last completed on 2023-05-05.",
    ),
    "met before anything was due": (
        (ONCE, hired("2025-12-20"), trained("2025-12-24")),
        "Covered before anything was due; last completed on 2025-12-24.",
    ),
    "met": (
        (CAMPAIGN, hired("2020-01-01"), trained("2024-09-15"), trained("2025-09-01")),
        "Covered on every required day since 2025-01-01; last completed on 2025-09-01.",
    ),
    # 10 June is the renewal day, and 9 July, the last day that the leave excuses, 30 days after it.
    "met, but for a leave": (
        (YEARLY, hired("2020-01-01"), trained("2024-06-10"), trained("2025-07-10"), away("2025-05-27", "2025-06-09")),
        "Covered on every required day, but for 30 excused days; last completed on 2025-07-10.",
    ),
    "met, but for a day of leave": (
        (YEARLY, hired("2020-01-01"), trained("2024-07-09"), trained("2025-07-10"), away("2025-05-27", "2025-06-09")),
        "Covered on every required day, but for 1 excused day; last completed on 2025-07-10.",
    ),
    # Due on 31 March; the leave excuses until 19 April.
    "met, but for a leave that began before anything was due": (
        (YEARLY, hired("2025-03-01"), trained("2025-04-10"), away("2025-03-05", "2025-03-20")),
        "Covered on every required day, but for 10 excused days; last completed on 2025-04-10.",
    ),
    # 20 November to 14 December 2024 are before the judged days; then 15 to 31 December, the last twelve of two leaves.
    "met, but for two leaves": (
        (
            *(YEARLY, hired("2020-01-01"), trained("2023-11-20"), trained("2024-12-15"), trained("2026-02-01")),
            *(away("2024-11-10", "2024-11-30"), away("2025-11-27", "2025-12-10"), away("2025-12-20", "2026-01-05")),
        ),
        "Covered on every required day, but for 17 excused days; last completed on 2024-12-15.",
    ),
    # Back on 20 December, with a new clock: nothing is due before 19 January.
    "missing, then back before anything was due": (
        (YEARLY, hired("2025-01-01", "2025-03-31"), hired("2025-12-20")),
        "Not covered on 60 required days between 2025-01-31 and 2025-03-31; no valid record by the end of the judged period.",
    ),
    "pending": ((YEARLY, hired("2025-12-20")), "Nothing was due by the end of the judged period; next due on 2026-01-19."),
    "pending, and will leave": (
        (YEARLY, hired("2025-12-20", "2026-01-10")),
        "Nothing was due by the end of the judged period.",
    ),
    "left": ((YEARLY, hired("2025-12-01", "2025-12-15")), "The requirement stopped applying before anything was due."),
    "a row that cannot be used": (
        (YEARLY, hired("2025-12-20"), trained("2025-02-31")),
        "Nothing was due by the end of the judged period; next due on 2026-01-19. A row that seems to be about this person could "
        "not be used: exports/02_completions.csv, row 2.",
    ),
    "rows that cannot be used": (
        (YEARLY, hired("2025-12-01", "2025-12-15"), away("2025-12-01", "2025-11-01"), trained("2025-02-31"), trained("2025-02-30")),
        "The requirement stopped applying before anything was due. 3 rows that seem to be about this person could not be "
        "used, among them exports/02_leave.csv, row 2.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES)
def test_sentence_by_hand(name: str, tmp_path: Path) -> None:
    facts, sentence = SENTENCES[name]
    (verdict,) = performed(company_of(*(dict(fact) for fact in facts)), tmp_path / "company").verdicts
    assert verdict["why"] == sentence


#: Facts of two people or two requirements, then whose sentence is whose.
SEVERAL: dict[str, tuple[tuple[Any, ...], list[tuple[str, str, str]]]] = {
    "a row that cannot be used is told to nobody else": (
        (
            *(YEARLY, hired("2025-12-20"), hired("2025-12-20", person_id="Q")),
            *(trained("2025-02-31"), trained("2025-02-01", "failed", account="Q")),
        ),
        [
            ("P", "R", "Nothing was due by the end of the judged period; next due on 2026-01-19. A row that seems to be about "
             "this person could not be used: exports/02_completions.csv, row 2."),
            ("P", "S", "Nothing was due by the end of the judged period; next due on 2026-01-19. A row that seems to be about "
             "this person could not be used: exports/02_completions.csv, row 2."),
            ("Q", "R", "Nothing was due by the end of the judged period; next due on 2026-01-19."),
            ("Q", "S", "Nothing was due by the end of the judged period; next due on 2026-01-19."),
        ],
    ),
    "a completion after the judged days is told of its requirement alone": (
        (YEARLY, hired("2025-12-01"), trained("2026-01-02")),
        [
            ("P", "R", "Not covered on 1 required day, 2025-12-31; completed on 2026-01-02, after the judged days; before "
             "that no valid record."),
            ("P", "S", "Not covered on 1 required day, 2025-12-31; no valid record by the end of the judged period."),
        ],
    ),
}  # fmt: skip


def several(*facts: Any) -> Company:
    """A company with a second requirement, of another module."""
    company = company_of(*(dict(fact) for fact in facts))
    company.requirements.append(YEARLY | {"id": "S", "satisfied_by": ["N"]})
    return company


@pytest.mark.parametrize("name", SEVERAL)
def test_sentences_of_several_by_hand(name: str, tmp_path: Path) -> None:
    facts, sentences = SEVERAL[name]
    verdicts = performed(several(*facts), tmp_path / "company").verdicts
    assert [(row["person_id"], row["requirement_id"], row["why"]) for row in verdicts] == sentences
