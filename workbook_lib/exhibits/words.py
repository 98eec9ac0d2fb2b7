"""What the words of the report mean. The glossary is made from here and from the enums of the library."""

from __future__ import annotations

#: The rules of coverage, by the numbers that sentences of this document cite.
RULES: dict[str, str] = {
    "C1": "The judged days run from the start of the period to its end, or to the last day that the exports cover.",
    "C2": "Engagements of one person that overlap or touch form one spell. The end date is the last day engaged.",
    "C3": "Spells with a short break between them form one tenure.",
    "C4": "A requirement applies on the days on which one row of the people export has all the attributes it names.",
    "C5": "Cover is required from some days after a requirement came to apply. A short break restarts no clock.",
    "C6": "A record counts when its module is accepted, its status says done, and it reaches the pass mark, if any.",
    "C7": "A record counts in a tenure from shortly before its first day.",
    "C8": "A record covers from its day to the day before its renewal is due: months later, or the next campaign.",
    "C9": "An acknowledgement counts until some days after a later material version took effect.",
    "C10": "A leave that is long enough excuses until some days after the return.",
    "C11": "An approved extension excuses from its approval to the new due day, or to the next record.",
    "C12": "One verdict for each person and requirement, by the first definition that fits. Nothing is guessed.",
    "C13": "Each unbroken stretch of required, unexcused, uncovered days is one exception, with its cause and its end.",
    "C14": "The next due day is the first uncovered required day after the judged days.",
    "C15": "Where the records begin, an exception that an earlier record could have prevented is marked unproven.",
}

#: C12, in the order of tables and figures; the rules look in another one.
VERDICTS: dict[str, str] = {
    "met": "Covered on every day of the period on which cover was required, other than excused days; or covered before "
    "anything was due.",
    "late": "Not covered on at least one required day, and covered again on a later required day of the period. A "
    "deviation.",
    "missing": "Not covered on at least one required day, and not covered on any required day after that. A deviation.",
    "undetermined": "A row of this person in the people export cannot be read, so no verdict is given. It counts "
    "against the on-time rate.",
    "excused": "Some required day was not covered, and each such day was excused by a leave or by an extension that "
    "was approved beforehand.",
    "pending": "The requirement applies on the last judged day, and nothing was due by then.",
    "left": "The engagement, or the requirement, ended before anything was due.",
}

CAUSES: dict[str, str] = {
    "onboarding": "The first training after joining was not done by its due day.",
    "new_duty": "The requirement came to apply later (a new role, a new requirement) and was not met by its due day.",
    "renewal": "An earlier training lapsed and was not repeated in time.",
    "relief_ended": "A leave or an extension ended, and cover was due from that day.",
    "returned": "Any other beginning: somebody came back with cover that had lapsed.",
}

ENDINGS: dict[str, str] = {
    "completion": "A valid record covers the day after.",
    "relief": "The day after is excused.",
    "scope": "The person left, or the requirement no longer applied.",
    "open": "Still not covered on the as-of day.",
}

DECISIONS: dict[str, str] = {
    "explain": "Why an exception happened. It stays an exception.",
    "extend": "A later due day, approved in advance. Days before the approval are not excused.",
    "link": "Which person an account belongs to.",
    "exclude": "An account or a person that is not part of the workforce, with the reason.",
    "withdraw": "Takes back an earlier decision, as if it had never been.",
}

STATUSES: dict[str, str] = {
    "completed": "Done. Counts; where a pass mark is set, only with a score that reaches it.",
    "passed": "Done, with an assessment that was passed. Counts, unless its score is below the mark.",
    "equivalent": "Other training accepted in its place. Counts like completed.",
    "failed": "Tried and not passed. Does not count.",
    "in_progress": "Begun. Does not count.",
    "not_started": "Assigned, not begun. Does not count.",
    "not_assigned": "Never assigned. Does not count.",
    "waived": "Let off by the training system. Does not count: an excuse needs a recorded decision.",
    "withdrawn": "Taken back by the training system. Does not count.",
    "expired": "Lapsed in the training system. Does not count; the earlier completion counts as long as the rules let "
    "it.",
}

ANSWERS: dict[str, str] = {
    "acknowledged": "Accepted. Counts, as does an acknowledgement without a status.",
    "declined": "Refused. Does not count.",
    "sent": "Put before the person, no answer yet. Does not count.",
    "viewed": "Opened and not accepted. Does not count.",
}

WORKER_TYPES: dict[str, str] = {
    "employee": "Employed by the organisation.",
    "contractor": "Works for the organisation under a contract of its own.",
    "third_party": "Staff of another firm that works for the organisation.",
    "intern": "Here to learn: interns, trainees, working students.",
    "other": "Anybody else engaged, a board member for instance.",
}

#: How an account was found to be somebody's.
MATCHES: dict[str, str] = {
    "person id": "The account, as it is written, is the person's id.",
    "list of users": "The system's own list of users names the person's id.",
    "e-mail address": "One person alone has this e-mail address in the people exports.",
    "link decision": "A recorded decision says whose account it is.",
    "excluded": "A recorded decision leaves the account or its person out.",
    "nobody": "None of these fits. Its records cover nobody.",
}

WORDS: dict[str, str] = {
    "period": "The days that the audit is about, first and last day included.",
    "as-of day": "The last full day that the exports cover.",
    "judged days": "The days from the start of the period to its end, or to the as-of day where that comes first.",
    "population": "Everybody engaged on any judged day, leavers included, and everybody with an unreadable row; "
    "unless a recorded decision excludes them.",
    "requirement": "One promise of the policy: who must be covered, by which training or policy, from when, how often.",
    "duty": "One person and one requirement that applies to them on some judged day. Each duty has one verdict.",
    "accountable": "Somebody who had to be covered on a judged day on which they were not excused; such a day.",
    "due": "The first day on which cover is missing unless there is a record; done on that day is in time.",
    "spell": "An unbroken stretch of engagement.",
    "tenure": "Spells with short breaks between them. Training done in a tenure counts to its end.",
    "covered": "A day on which a valid record counts, from the day of the record to the day before its renewal is due.",
    "excused": "A day on which cover is not asked for: during and shortly after a leave, or under an extension.",
    "deviation": "A duty whose verdict is late or missing.",
    "exception": "One unbroken stretch of days on which a person had to be covered and was not. It stays one forever.",
    "unproven": "An earlier record, from before the records begin, could still have covered the day. It stays an "
    "exception.",
    "explanation": "The documented reason for an exception. It changes no verdict.",
    "quarantined row": "A row of an export that was not used, kept with its place in the file and the reason.",
    "stratum": "A group of people from which the auditor's selection is drawn. Each person is in exactly one.",
    "on-time rate": "Duties met, divided by duties met, late, missing and undetermined.",
}

#: What each criterion is about, in our words.
CRITERIA: dict[str, str] = {
    "CC1.1": "commitment to integrity and ethical values",
    "CC1.4": "competent people: they are trained for what they are responsible for",
    "CC1.5": "people are held accountable for their part in internal control",
    "CC2.1": "information used, that produced by the entity included, is relevant, complete and accurate",
    "CC2.2": "people are told what they are responsible for, security awareness training included",
    "CC4.2": "deficiencies are communicated and corrected",
    "CC5.3": "policies are put into action, on time, by competent people",
}

#: Choices that an auditor may see differently; the first three are the last section of the coverage rules. Each is
#: printed with its number in the audit, which `reference` counts.
CHOICES: dict[str, str] = {
    "role history": "A people export that holds only today's role applies that role back to the first day.",
    "campaign": "A yearly campaign asks people who trained just before it opened to train again.",
    "short leave": "A leave shorter than the stated minimum excuses nothing.",
    "annual": "A year is counted as the audit's own renewal says. The other readings stand beside it and change no "
    "verdict.",
    "short break": "After a break in the engagement up to the stated length no clock starts again, and earlier "
    "training still counts. No standard sets that length.",
    "left": "People who left before anything was due are outside the on-time rate. They are listed one by one, with "
    "the verdict left.",
    "extension": "An extension counts from the day of its approval. Approval after the fact never turns a gap into "
    "cover.",
    "score": "A completion whose record carries no score does not count where a pass mark is set, unless its status is "
    "passed.",
    "unproven": "An exception stays one where a record from before the records begin could still have covered its due "
    "day. It is marked unproven.",
    "unreadable": "Rows that could not be used cover and excuse nothing. A person whose people row cannot be read is "
    "undetermined.",
    "timestamps": "Timestamps became dates in the audit's time zone. A record near midnight may carry another date in "
    "its own system.",
    "accounts": "An account is matched to a person by its exact id, then by the id that the system's own list of users "
    "gives, then by an e-mail address, then by a recorded link; never by a guess.",
    "whole": "The whole population was tested.",
    "effective": "This document states what the records show. Whether a control is effective is for the auditor to "
    "judge.",
}
