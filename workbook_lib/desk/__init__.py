"""The desk at which exceptions are explained and accounts find their people; and a view of a part of the duties.

`queues` says what waits, `forms` what a decision must say, `session` joins both to the register; all three without a
browser. `widgets` is what the analyst sees. The register can be filled from a file just as well (`workbook decide`).
`view` chooses what the readiness notebook shows, and `filters` are its lists.
"""

from __future__ import annotations

from workbook_lib.desk.session import Session, open_session
from workbook_lib.desk.shown import Shown, open_desk
from workbook_lib.desk.view import View, open_view

__all__ = ["Session", "Shown", "View", "open_desk", "open_session", "open_view"]
