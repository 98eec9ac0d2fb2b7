"""Packs made by the workers of a Dask cluster. Nothing else imports distributed.

The workers need this library in the same version, and the folders of the audits and of the packs under the same names:
what is sent is names, and no data; a key that signs is read by the worker from its file. A pack whose worker is lost is
made by another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbook_lib.batch.tasks import Entry, Task, lost, make
from workbook_lib.tables import Problem, UserError

if TYPE_CHECKING:
    from distributed import Client

SCHEME = "dask://"
#: Seconds in which a scheduler must answer.
PATIENCE = 15


def make_all(tasks: Sequence[Task], address: str) -> Iterator[tuple[Task, Entry]]:
    """Make the packs on the cluster whose scheduler is at `dask://host:port`, and tell of each when it is finished.

    Raises UserError where nobody answers there. If the caller ends before, what waits is taken back; a pack that a
    worker has begun is finished by it.
    """
    from distributed import as_completed

    with _client(address) as client:
        sent = {client.submit(make, task, pure=False): task for task in tasks}
        try:
            for future in as_completed(list(sent)):  # type: ignore[no-untyped-call]
                yield sent[future], _entry(sent[future], future)
        finally:
            client.cancel(list(sent))


def _entry(task: Task, future: Any) -> Entry:
    """What a worker answers, or why none did: several were lost with it, say."""
    if future.status == "finished":
        entry: Entry = future.result()
        return entry
    error = future.exception()
    return lost(task, f"no worker of the cluster has finished it: {type(error).__name__}: {error}")


def _client(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise _refused(
            address, "Dask is not installed.", "install the extra: pip install 'audit-workbook[dask]'."
        ) from None
    try:
        return Client(f"tcp://{address.removeprefix(SCHEME)}", timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        do = "start `dask scheduler` there, or correct host and port."
        raise _refused(address, f"no scheduler answers: {error}.", do) from error


def _refused(address: str, what: str, do: str) -> UserError:
    where = f"--executor {address}"
    return UserError(Problem(where=where, what=what, effect="no pack was made.", do=do, code="no_cluster"))
