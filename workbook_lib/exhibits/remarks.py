"""What the reader should know about the data, and what each remark means for the verdicts."""

from __future__ import annotations

from workbook_lib.engine import quoted
from workbook_lib.exhibits.exhibit import Exhibit, Table, cut_short, framed
from workbook_lib.tables import Finding, count, folded
from workbook_lib.workpaper import Workpaper

#: Remarks that the page shows; the pack has all.
SHOWN = 40

#: Code of a remark → what it does to the verdicts. Any other one concerns the files alone, and does nothing.
EFFECTS: dict[str, str] = {
    "account_of_several": "Its records cover nobody.",
    "after_export": "The records count where their day is not after the as-of day.",
    "dated_back": "It counts from the day that it states.",
    "decision_fits_nothing": "The decision has no effect.",
    "early_extract": "What happened after that extract is not in the verdicts.",
    "exchanged_dates": "Their rows were not used, so they cover nothing.",
    "id_of_several": "They are judged as one person; a record of one covers the other, too.",
    "identical_rows": "None: a day is covered once, however often it is recorded.",
    "leave_of_nobody": "These absences excuse nobody.",
    "link_to_several": "Its records cover nobody.",
    "look_alike_account": "Its records cover nobody.",
    "look_alike_people": "They are judged apart; records of one do not cover the other.",
    "manager_cycle": "None: managers are only reminded.",
    "matched_without_case": "Their records count for the person with that address.",
    "module_of_nobody": "Nobody is covered by that module.",
    "modules_not_listed": "Records of these modules count only where a requirement names them.",
    "no_end_dates": "Whoever left is judged as if still here.",
    "no_leavers": "Whoever left, and is not in the export, is not judged.",
    "no_source_of_records": "Nobody can be covered.",
    "nothing_required": "These people have no verdict.",
    "open_leave_with_records": "Every day since is excused; days without cover are no exceptions.",
    "overlapping_rows": "None: both rows count, and a day counts once.",
    "records_begin_late": "None: they stay exceptions; it may be that an older record is missing.",
    "records_lost": "Verdicts rest on the newer export alone.",
    "register_altered": "Decisions count as they stand now.",
    "roles_without_history": "Who changed role is judged by today's role on every day.",
    "shared_email": "Records under the address cover one of them at most.",
    "takes_back_nothing": "The record, if it stands elsewhere, still counts.",
    "too_early_for_campaign": "Not covered by that record after the campaign's due day.",
    "unknown_version": "The acknowledgement covers nothing.",
    "unnamed_column": "What stands there is in no verdict.",
    "value_of_nobody": "The requirement applies to nobody by that value.",
    "zone_in_header": "Records made near midnight may count on another day.",
}
NONE = "None."

#: Whom a remark is about: a person by id, the owner of an account, everybody with an e-mail address.
ABOUT = """
SELECT person_no FROM person WHERE person_id = {subject} OR email = {email}
UNION SELECT person_no FROM account_person WHERE account = {subject} AND person_no IS NOT NULL"""

#: Whom a remark on a whole people export is about, for all requirements or for those that ask for a role.
OF_FILE = """
SELECT DISTINCT person.person_no FROM people JOIN person ON person.person_id = people.person_id
WHERE people.source_no = {source_no}"""

DUTIES = """
SELECT COUNT(DISTINCT person_no), COUNT(*), SUM(CASE WHEN verdict IN ('late', 'missing') THEN 1 ELSE 0 END)
FROM verdict WHERE person_no IN ({about}) AND requirement_no IN ({requirements})"""


def findings(wp: Workpaper) -> Exhibit:
    """What the reader should know about the data, which changes no verdict by itself; and whom it concerns."""
    found = wp.findings
    if not found:
        return Exhibit(key="findings", title="Remarks on the data", says=("0 remarks on the data.",))
    rows = [(item.subject, item.text, EFFECTS.get(item.code, NONE), _concerned(wp, item)) for item in found[:SHOWN]]
    idle = sum(EFFECTS.get(item.code, NONE).startswith("None") for item in found)
    return Exhibit(
        key="findings",
        title="Remarks on the data",
        says=(
            f"{count(len(found), 'remark')} on the data; {idle:,} of them {'has' if idle == 1 else 'have'} no effect "
            "on a verdict. The verdicts were made by the rules all the same; each may need a look.",
        ),
        tables=(
            Table(
                frame=framed(rows, ("About", "Remark", "Effect on the verdicts", "Concerns")),
                caption="Remarks, what each does to the verdicts, and whose duties it concerns",
                note=cut_short(SHOWN, len(found), "discovery", "findings") if len(found) > SHOWN else "",
            ),
        ),
    )


def _concerned(wp: Workpaper, item: Finding) -> str | None:
    """The people and duties that a remark is about; nothing where it is about no person."""
    about = ABOUT.format(subject=quoted(item.subject), email=quoted(folded(item.subject)))
    wanted = [no for no, _ in enumerate(wp.audit.requirements, 1)]
    if item.code in OF_PEOPLE_EXPORTS and item.source_no:
        about = OF_FILE.format(source_no=item.source_no)
    if item.code == "roles_without_history":
        wanted = [no for no in wanted if {"role", "department"} & set(wp.audit.requirements[no - 1].applies_to)]
    [(people, duties, deviations)] = wp.rows(
        DUTIES.format(about=about, requirements=", ".join(map(str, wanted)) or "NULL")
    )
    if not people or item.code in SEVERAL:
        return "nobody" if item.code in OF_PEOPLE_EXPORTS else None
    return (
        f"{count(people, 'person', 'people')}, {count(duties, 'duty', 'duties')}, {int(deviations):,} of them late or "
        "missing"
    )


#: Remarks that count many rows and name one as an example.
SEVERAL = frozenset({"identical_rows", "matched_without_case"})
OF_PEOPLE_EXPORTS = frozenset({"no_leavers", "no_end_dates", "roles_without_history"})
