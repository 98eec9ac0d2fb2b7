"""Who is reminded on which day, what the message says, and that nobody gets the same one twice."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest
from folders import AUDIT, SOUND, make
from icalendar import Calendar
from small import PAYLOADS
from typer.testing import CliRunner

from workbook_lib import reminders
from workbook_lib.audit import Audit, load_audit
from workbook_lib.cli import app, reminding
from workbook_lib.reminders.mail_server import RefusedError, UncertainError
from workbook_lib.schedule import FATES, Audience, Fate, Reminders
from workbook_lib.tables import UserError

SCHEDULE = """
[reminders]
from = "training@acme.example"
smtp = "127.0.0.1:1"
link = "https://training.acme.example/?a=1&b=2"
owner = "ciso@acme.example"
"""
#: Bo's awareness training is due on 20 March 2026, Cy's on 10 May, Ada's two on 20 and 21 November.
PEOPLE = """person_id,name,email,worker_type,role,manager_email,start_date,end_date
E1,Ada,ada@acme.example,employee,Engineer,cleo@acme.example,2023-01-09,
E2,Bo,bo@acme.example,employee,Sales,ada@acme.example,2025-03-03,
C1,Cy,cy@agency.example,contractor,Sales,bo@acme.example,2024-05-01,
E9,Di,di@acme.example,employee,Sales,ada@acme.example,2023-01-09,2025-06-30
"""
BO_DUE = date(2026, 3, 20)
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


def company(folder: Path, changes: dict[str, str | None] | None = None, schedule: str = SCHEDULE) -> Audit:
    return load_audit(make(folder, {"people": PEOPLE} | (changes or {}), AUDIT + schedule))


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return company(tmp_path_factory.mktemp("acme"))


def bo_without_address(address: str) -> dict[str, str | None]:
    """Exports in which Bo has another address, or none, and an account that is no address."""
    tables = ("accounts", "completions", "acknowledgements")
    changes: dict[str, str | None] = {name: SOUND[name].replace("bo@acme.example", "bo-login") for name in tables}
    return changes | {"people": PEOPLE.replace(",bo@acme.example,employee", f",{address},employee")}


@cache
def judged(folder: Path, on: date) -> reminders.Company:
    return reminders.company_on(load_audit(folder), on)


def planned(audit: Audit, on: date, log: tuple[object, ...] = ()) -> reminders.Plan:
    assert audit.reminders
    return reminders.plan(judged(audit.folder, on), audit.reminders, log)  # type: ignore[arg-type]


def told(plan: reminders.Plan) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """Audience, address, and the claims: requirement and step."""
    return [(m.audience, m.to, [(c.requirement_id, c.step) for c in m.claims]) for m in plan.messages]


class Box:
    """A courier that keeps what it gets, unless told to fail for an address."""

    def __init__(self, **fails: Exception) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.fails = {address.replace("_at_", "@").replace("_", "."): error for address, error in fails.items()}

    def deliver(self, to: str, mail: EmailMessage) -> None:
        if error := self.fails.get(to):
            raise error
        self.mails.append((to, mail))


def sent(audit: Audit, on: date, log_file: Path, box: Box, now: datetime = NOON) -> reminders.Sent:
    """Plan a day with what the log says, and send."""
    assert audit.reminders
    found = judged(audit.folder, on)
    plan = reminders.plan(found, audit.reminders, reminders.history(log_file))
    letterhead = reminders.Letterhead(audit=audit, schedule=audit.reminders, on=on, as_of=found.as_of)
    return reminders.send(
        log_file, plan.messages, lambda m: letterhead.write(m, now), box, on=on, now=lambda: now  # type: ignore[arg-type]
    )  # fmt: skip


class TestSchedule:
    @pytest.mark.parametrize(
        ("days", "step"), [(-15, None), (-14, -14), (-4, -14), (-3, -3), (0, -3), (1, 1), (29, 7), (30, 30)]
    )
    def test_the_last_step_that_has_come_is_due(self, acme: Audit, days: int, step: int | None) -> None:
        on = BO_DUE + timedelta(days)
        steps = [m.claims[0].step for m in planned(acme, on).messages if m.audience is Audience.PERSON]
        assert steps == ([step] if step is not None else [])

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ('from = "x"', "audit.toml, reminders.from: 'x' is not an e-mail address"),
            ('from = "a@b.example"\nsmtp = "smtp://b"', "audit.toml, reminders.smtp: 'smtp://b' is not a host"),
            ('from = "a@b.example"\nsmtp = "b:99999"', "audit.toml, reminders.smtp: 'b:99999' is not a host"),
            ('from = "a@b.example"\nsmtp = "b:0"', "audit.toml, reminders.smtp: 'b:0' is not a host"),
            ('from = "a@b.example"\nsmtp = "mail..b"', "audit.toml, reminders.smtp: 'mail..b' is not a host"),
            ('from = "a@b.example"\nsmtp = ".b:25"', "audit.toml, reminders.smtp: '.b:25' is not a host"),
            (f'from = "a@b.example"\nsmtp = "{"b" * 64}"', "bbb' is not a host"),
            ('from = "a@b.example"\nlink = "javascript:x"', "'javascript:x' is not a link that begins with https://"),
            ('from = "a@b.example"\nafter_days = [0]', "reminders.after_days[1]: 0: input should be greater than"),
            ('from = "a@b.example"\nafter_day = [1]', "the key 'after_day' is unknown; did you mean 'after_days'?"),
            ('form = "a@b.example"', "the key 'form' is unknown; did you mean 'from'?"),
        ],
    )
    def test_a_wrong_section_is_refused(self, tmp_path: Path, line: str, says: str) -> None:
        with pytest.raises(UserError) as error:
            company(tmp_path, schedule=f"\n[reminders]\n{line}\n")
        assert says in str(error.value)

    def test_the_port_is_that_for_submission(self) -> None:
        assert Reminders.model_validate({"from": "a@b.example", "smtp": "mail.b.example"}).server == (
            "mail.b.example",
            587,
        )

    @pytest.mark.parametrize(
        "text", ["localhost", "127.0.0.1:1", "smtps://mail.b.example:65535", f"{'b' * 63}.example:25"]
    )
    def test_a_server_is_a_host_and_a_port(self, text: str) -> None:
        host, port = Reminders.model_validate({"from": "a@b.example", "smtp": text}).server
        assert f"{host}:{port}".startswith(text.removeprefix("smtps://"))
        assert host.encode("idna")


class TestPlan:
    def test_person_manager_and_who_stands_above(self, acme: Audit) -> None:
        assert told(planned(acme, date(2026, 4, 10))) == [
            ("person", "bo@acme.example", [("awareness", 7)]),
            ("digest", "ada@acme.example", [("awareness", 21)]),
            ("escalation", "cleo@acme.example", [("awareness", 21)]),
        ]

    def test_a_contractors_sponsor_has_the_digest(self, acme: Audit) -> None:
        assert told(planned(acme, date(2026, 5, 7)))[1:3] == [
            ("person", "bo@acme.example", [("awareness", 30)]),
            ("digest", "ada@acme.example", [("awareness", 48)]),
        ]
        assert ("digest", "bo@acme.example", [("awareness", -3)]) in told(planned(acme, date(2026, 5, 7)))

    def test_several_duties_are_one_message(self, acme: Audit) -> None:
        (ada,) = [m for m in told(planned(acme, date(2026, 11, 20))) if m[1] == "ada@acme.example" and m[0] == "person"]
        assert ada[2] == [("awareness", -3), ("coding", -3)]

    def test_whoever_has_no_manager_is_in_the_owners_digest(self, tmp_path: Path) -> None:
        audit = company(tmp_path, {"people": PEOPLE.replace("Sales,bo@acme", "Sales,nobody at acme")})
        assert told(planned(audit, date(2026, 5, 9)))[-3:-1] == [
            ("digest", "ada@acme.example", [("awareness", 50)]),
            ("digest", "ciso@acme.example", [("awareness", -1)]),
        ]

    @pytest.mark.parametrize(
        "rows",
        [
            {
                "people": PEOPLE.replace(
                    "Engineer,cleo@acme.example,2023-01-09,", "Engineer,cleo@acme.example,2023-01-09,2026-02-28"
                )
            },
            {"leave": "person_id,start_date,end_date,kind\nE1,2026-03-01,2026-04-30,parental\n"},
        ],
        ids=["left", "on leave"],
    )
    def test_a_manager_who_is_away_is_passed_over_for_theirs(self, tmp_path: Path, rows: dict[str, str | None]) -> None:
        audit = company(tmp_path, rows)
        assert told(planned(audit, BO_DUE))[1] == ("digest", "cleo@acme.example", [("awareness", 0)])

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            ({"leave": "person_id,start_date,end_date,kind\nE2,2026-03-01,,sick\n"}, []),
            ({"people": PEOPLE.replace("2025-03-03,", "2025-03-03,2026-03-10")}, []),
            (
                {"people": PEOPLE + "E2,Bo,bo@acme.example,employee,Sales,,,\n"},
                ["a row of theirs in the people export cannot be read"],
            ),
        ],
        ids=["excused", "left", "unreadable"],
    )
    def test_nobody_is_told_of_them(self, tmp_path: Path, rows: dict[str, str | None], why: list[str]) -> None:
        plan = planned(company(tmp_path, rows), BO_DUE)
        assert told(plan) == []
        assert [said for _, said in plan.unwritten] == why

    def test_on_leave_with_no_days_to_return_is_not_written_to_yet(self, tmp_path: Path) -> None:
        leave = "person_id,start_date,end_date,kind\nE2,2026-03-01,2026-03-25,sick\n"
        audit = company(tmp_path, {"leave": leave}, SCHEDULE + "\n[leave]\nreturn_days = 0\n")
        plan = planned(audit, BO_DUE)
        assert (told(plan), [why for _, why in plan.unwritten]) == ([], ["on leave"])
        assert told(planned(audit, date(2026, 3, 26)))[0] == ("person", "bo@acme.example", [("awareness", -3)])

    @pytest.mark.parametrize(
        ("address", "why"),
        [("", "no e-mail address"), ("bo at acme", "'bo at acme' is not an e-mail address")],
    )
    def test_whoever_cannot_be_written_to_is_in_the_managers_digest(
        self, tmp_path: Path, address: str, why: str
    ) -> None:
        audit = company(tmp_path, bo_without_address(address))
        plan = planned(audit, BO_DUE)
        assert told(plan) == [("digest", "ada@acme.example", [("awareness", 0)])]
        assert [said for _, said in plan.unwritten] == [f"{why}; in the digest to ada@acme.example"]

    def test_whoever_has_nobody_to_answer_for_them_is_in_no_digest_and_is_written_to_all_the_same(
        self, tmp_path: Path
    ) -> None:
        rows: dict[str, str | None] = {
            "people": PEOPLE.replace("Sales,ada@acme.example,2025-03-03", "Sales,,2025-03-03")
        }
        plan = planned(company(tmp_path, rows, SCHEDULE.replace('owner = "ciso@acme.example"\n', "")), BO_DUE)
        assert told(plan) == [("person", "bo@acme.example", [("awareness", -3)])]
        assert (plan.unwritten, [person.person_id for person in plan.alone]) == ((), ["E2"])
        done = CliRunner().invoke(app, ["remind", str(tmp_path), "--on", str(BO_DUE), "--out", str(tmp_path / "out")])
        assert (
            "in no digest: E2 Bo: they have no manager, and no owner of the programme has an address\n" in done.stdout
        )
        assert "not written to" not in done.stdout

    def test_an_address_that_only_the_list_of_users_has_is_used(self, tmp_path: Path) -> None:
        audit = company(tmp_path, {"people": PEOPLE.replace(",bo@acme.example,employee", ",,employee")})
        assert told(planned(audit, BO_DUE))[0] == ("person", "bo@acme.example", [("awareness", -3)])

    def test_managers_in_a_ring_end_with_the_owner(self, tmp_path: Path) -> None:
        people = PEOPLE.replace("cleo@acme", "bo@acme").replace("2023-01-09,\n", "2023-01-09,2026-01-31\n")
        assert told(planned(company(tmp_path, {"people": people}), BO_DUE))[1][1] == "ciso@acme.example"

    def test_an_earlier_day_is_judged_as_it_was_known_then(self, acme: Audit) -> None:
        # Cy's second training, of 10 May 2025, was not done on that morning, and due on 20 May.
        cy = [m for m in told(planned(acme, date(2025, 5, 10))) if m[1] == "cy@agency.example"]
        assert cy == [("person", "cy@agency.example", [("awareness", -14)])]
        assert told(planned(acme, date(2025, 5, 12))) == []


class TestOnce:
    def test_what_was_sent_is_not_sent_again(self, acme: Audit, tmp_path: Path) -> None:
        log, box = tmp_path / "reminders.sqlite", Box()
        assert sent(acme, date(2026, 3, 6), log, box).sent == 2
        assert sent(acme, date(2026, 3, 6), log, box) == reminders.Sent(
            sent=0, refused=(), uncertain=(), skipped=0, left=0
        )
        assert [to for to, _ in box.mails] == ["bo@acme.example", "ada@acme.example"]

    def test_missed_days_are_caught_up_once_and_the_digest_comes_weekly(self, acme: Audit, tmp_path: Path) -> None:
        log, counts = tmp_path / "reminders.sqlite", []
        for day in (-14, -13, 10, 11, 14, 17, 30):  # no cron between the second and the third
            plan = planned(acme, BO_DUE + timedelta(day), reminders.history(log))
            counts.append((day, [(m.audience, m.claims[0].step) for m in plan.messages]))
            sent(acme, BO_DUE + timedelta(day), log, Box())
        assert counts == [
            (-14, [("person", -14), ("digest", -14)]),
            (-13, []),
            (10, [("person", 7), ("digest", 10)]),
            (11, []),
            (14, [("escalation", 14)]),
            (17, [("digest", 17)]),
            (30, [("person", 30), ("digest", 30)]),
        ]

    def test_what_was_refused_is_sent_with_the_next_run(self, acme: Audit, tmp_path: Path) -> None:
        log, box = tmp_path / "reminders.sqlite", Box(bo_at_acme_example=RefusedError("550 unknown"))
        done = sent(acme, date(2026, 3, 6), log, box)
        assert (done.sent, [answer for _, answer in done.refused], done.left) == (1, ["550 unknown"], 0)
        again = Box()
        assert sent(acme, date(2026, 3, 6), log, again).sent == 1
        assert [to for to, _ in again.mails] == ["bo@acme.example"]
        assert sent(acme, date(2026, 3, 6), log, Box()).sent == 0

    def test_a_lost_connection_stops_and_loses_nothing(self, acme: Audit, tmp_path: Path) -> None:
        log, box = tmp_path / "reminders.sqlite", Box(bo_at_acme_example=RefusedError("421 closing", ends=True))
        assert (done := sent(acme, date(2026, 3, 6), log, box)).left == 1
        assert not done.is_whole
        assert sent(acme, date(2026, 3, 6), log, Box()).sent == 2

    def test_what_is_uncertain_is_not_sent_again_until_somebody_says_so(self, acme: Audit, tmp_path: Path) -> None:
        log, box = tmp_path / "reminders.sqlite", Box(bo_at_acme_example=UncertainError())
        (lost,) = sent(acme, date(2026, 3, 6), log, box).uncertain
        assert [to for to, _ in box.mails] == ["ada@acme.example"]  # the digest, which is sent nevertheless
        assert sent(acme, date(2026, 3, 6), log, box) == reminders.Sent(
            sent=0, refused=(), uncertain=(), skipped=0, left=0
        )
        assert [one.fate for one in reminders.history(log)] == [Fate.UNCERTAIN, Fate.SENT]
        assert reminders.give_up(log, reminders.history(log), NOON + timedelta(minutes=59)) == 0
        assert reminders.give_up(log, reminders.history(log), NOON + timedelta(minutes=61)) == 1
        again = Box()
        assert sent(acme, date(2026, 3, 6), log, again).sent == 1
        assert again.mails[0][1]["Message-ID"] == f"<{lost.message_id}@acme.example>"
        assert [one.fate for one in reminders.history(log)] == [Fate.GIVEN_UP, Fate.SENT, Fate.SENT]

    def test_a_digest_that_is_sent_on_another_day_is_another_message(self, acme: Audit, tmp_path: Path) -> None:
        log, days = tmp_path / "reminders.sqlite", (date(2026, 3, 6), date(2026, 3, 7))
        box = Box(ada_at_acme_example=UncertainError())
        ids = []
        for on in days:
            (lost,) = sent(acme, on, log, box).uncertain
            ids.append(lost.message_id)
            assert reminders.give_up(log, reminders.history(log), NOON + timedelta(hours=2)) == 1
        assert ids[0] != ids[1]
        assert "a digest or an escalation of another day is another message" in FATES[Fate.GIVEN_UP]

    def test_of_two_runs_at_one_time_one_sends(self, acme: Audit, tmp_path: Path) -> None:
        assert acme.reminders
        log, box = tmp_path / "reminders.sqlite", Box()
        plan = planned(acme, date(2026, 3, 6))
        letterhead = reminders.Letterhead(audit=acme, schedule=acme.reminders, on=NOON.date(), as_of=NOON.date())
        other = tuple(replace(m, to="other@acme.example") for m in plan.messages)  # from exports of another hour
        for messages, expected in ((plan.messages, (2, 0)), (plan.messages, (0, 2)), (other, (0, 2))):
            done = reminders.send(
                log, messages, lambda m: letterhead.write(m, NOON), box, on=NOON.date(), now=lambda: NOON  # type: ignore[arg-type]
            )  # fmt: skip
            assert (done.sent, done.skipped) == expected
        assert len(box.mails) == 2


def message_to_bo(audit: Audit, on: date) -> reminders.Message:
    (message,) = [m for m in planned(audit, on).messages if m.audience is Audience.PERSON]
    return message


def as_read(audit: Audit, message: reminders.Message) -> EmailMessage:
    """The message as a mail program reads it."""
    assert audit.reminders
    letterhead = reminders.Letterhead(audit=audit, schedule=audit.reminders, on=NOON.date(), as_of=NOON.date())
    written = letterhead.write(message, NOON).as_bytes()
    assert written == letterhead.write(message, NOON).as_bytes()
    read = email.message_from_bytes(written, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part
    return str(part.get_content()).replace("\r\n", "\n")


class TestMail:
    def test_it_says_what_is_due_and_brings_the_day(self, acme: Audit) -> None:
        mail = as_read(acme, message_to_bo(acme, date(2026, 3, 6)))
        assert (mail["Subject"], mail["From"], mail["To"]) == (
            "Security training: 1 due soon",
            "Acme <training@acme.example>",
            "Bo <bo@acme.example>",
        )
        assert mail["Auto-Submitted"] == "auto-generated"
        assert "  - awareness: due on 2026-03-20\n" in body(mail)
        assert "https://training.acme.example/?a=1&b=2" in body(mail)
        assert 'href="https://training.acme.example/?a=1&amp;b=2"' in body(mail, "html")
        (attached,) = mail.iter_attachments()
        (event,) = Calendar.from_ical(attached.get_content()).walk("VEVENT")
        assert (event.decoded("dtstart"), event.decoded("dtend")) == (BO_DUE, BO_DUE + timedelta(1))
        assert event["summary"] == "Due: awareness"

    def test_what_is_overdue_brings_no_calendar(self, acme: Audit) -> None:
        mail = as_read(acme, message_to_bo(acme, date(2026, 3, 21)))
        assert mail["Subject"] == "Security training: 1 overdue"
        assert [*mail.iter_attachments()] == []

    @pytest.mark.parametrize("payload", [*PAYLOADS, "Bo\r\nBcc: all@acme.example\r\n\r\nHi", 'Bo" <x@y.example>, "'])
    def test_names_and_titles_stay_text(self, acme: Audit, payload: str) -> None:
        message = message_to_bo(acme, date(2026, 3, 6))
        (bo,) = message.about
        bo = replace(bo, name=payload, duties=(replace(bo.duties[0], title=payload),))
        mail = as_read(acme, replace(message, name=payload, about=(bo,)))
        assert [address.addr_spec for address in mail["To"].addresses] == ["bo@acme.example"]
        assert mail["Bcc"] is None
        assert len(mail.keys()) == 8
        html = body(mail, "html")
        for tag in ("<script", "<img", "<svg", "<iframe", "<style", "javascript:", "onmouseover=window.fired=1>x"):
            allowed = payload.count("javascript:") * 2 if tag == "javascript:" else 0
            assert html.count(tag) <= allowed
        assert "<bdi onmouseover" not in html

    def test_the_audit_folder_may_have_its_own_words(self, acme: Audit, tmp_path: Path) -> None:
        audit = company(tmp_path)
        (tmp_path / "reminders").mkdir()
        (tmp_path / "reminders" / "person.txt").write_text(
            "Subject: Hei {{ name }}\n\n{{ upcoming[0].due_on.day }}. mars\n"
        )
        mail = as_read(audit, message_to_bo(acme, date(2026, 3, 6)))
        assert mail["Subject"] == "Hei Bo"
        assert body(mail) == "20. mars\n"

    @pytest.mark.parametrize(
        ("template", "why"),
        [
            ("Hello", "its first line does not begin with 'Subject:'"),
            ("Subject: x\n{{ nobody }}", "'nobody' is undefined"),
            ("Subject: x\n\n{% for x in", "line 3: "),
            ("Subject: {{ name.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe"),
        ],
    )
    def test_a_template_that_fails_sends_nothing(self, acme: Audit, tmp_path: Path, template: str, why: str) -> None:
        (tmp_path / "reminders").mkdir()
        (tmp_path / "reminders" / "person.txt").write_text(template)
        assert acme.reminders
        audit, log, box = acme.model_copy(update={"folder": tmp_path}), tmp_path / "reminders.sqlite", Box()
        letterhead = reminders.Letterhead(audit=audit, schedule=acme.reminders, on=NOON.date(), as_of=NOON.date())
        messages = [message_to_bo(acme, date(2026, 3, 6))]
        with pytest.raises(UserError) as error:
            reminders.send(log, messages, lambda m: letterhead.write(m, NOON), box, on=NOON.date(), now=lambda: NOON)  # type: ignore[arg-type]
        assert f"reminders/person.txt: the template cannot be used: {why}" in str(error.value)
        assert (box.mails, log.exists()) == ([], False)

    def test_managers_see_whom_they_must_tell_themselves(self, tmp_path: Path) -> None:
        audit = company(tmp_path, bo_without_address(""))
        box = Box()
        sent(audit, date(2026, 4, 10), tmp_path / "reminders.sqlite", box)
        (to, digest), (above, escalation) = box.mails
        assert (to, digest["Subject"]) == (
            "ada@acme.example",
            "Security training of your people: 1 overdue",
        )
        assert "Bo (E2), please tell them yourself: no e-mail address\n  - awareness: overdue for 21 days" in body(
            digest
        )
        for mail in (digest, escalation):
            assert "If the list is wrong, write to ciso@acme.example.\n" in body(mail)
            assert "mailto:ciso@acme.example" in body(mail, "html")
        assert (above, escalation["Subject"]) == (
            "cleo@acme.example",
            "Security training overdue for 14 days and more: 1 person",
        )


class TestCommand:
    """`workbook remind` without --send."""

    @staticmethod
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["remind", *arguments])
        return (2, str(done.exception)) if isinstance(done.exception, UserError) else (done.exit_code, done.output)

    def test_a_dry_run_writes_mails_and_sends_nothing(self, acme: Audit, tmp_path: Path) -> None:
        out = tmp_path / "out"
        code, said = self.run(str(acme.folder), "--on", "2026-04-10", "--out", str(out))
        assert code == 0
        assert "2026-04-10, as known on 2026-01-04: 1 person due or overdue, 1 of them overdue." in said
        assert "warning: the exports cover days up to 2026-01-04, and are 95 days old on 2026-04-10" in said
        assert sorted(path.name.partition("-")[0] for path in out.iterdir()) == ["digest", "escalation", "person"]
        listed = [line for line in said.splitlines() if line.startswith("  ")]
        assert listed == [
            "  person to bo@acme.example: awareness due 2026-03-20",
            "  digest to ada@acme.example: 1 duty of 1 person",
            "  escalation to cleo@acme.example: 1 duty of 1 person",
        ], "the names of the files do not say to whom"
        (out / "mine.eml").write_text("kept")
        code, _ = self.run(str(acme.folder), "--on", "2026-03-06", "--out", str(out))
        assert sorted(path.name.partition("-")[0] for path in out.iterdir()) == ["digest", "mine.eml", "person"]
        assert not (acme.folder / "reminders.sqlite").exists()

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (["--send"], "are 95 days old on 2026-04-10: people may have completed since."),
            (["--send", "--on", "2026-04-11"], "--on 2026-04-11: it is 2026-04-10, and what is sent is sent today."),
            (["--send", "--stale-exports"], "the mail server cannot be reached"),
        ],
    )
    def test_sending_is_refused(
        self, acme: Audit, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
    ) -> None:
        monkeypatch.setattr(reminding, "today_in", lambda zone: date(2026, 4, 10))
        code, said = self.run(str(acme.folder), *options)
        assert code == 2
        assert says in said
        assert "nothing was sent" in said

    @pytest.mark.parametrize(
        ("schedule", "lacking"), [("", "[reminders]"), ('\n[reminders]\nfrom = "a@b.example"\n', "smtp")]
    )
    def test_without_a_schedule_or_a_server_it_says_what_to_add(
        self, tmp_path: Path, schedule: str, lacking: str
    ) -> None:
        company(tmp_path, schedule=schedule)
        code, said = self.run(str(tmp_path), "--send")
        assert (code, said.startswith(f"audit.toml, reminders: {lacking} is missing.")) == (2, True)
