"""Packs made by processes of this machine. One that is killed takes its own pack with it and no other."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from os import _exit

from workbook_lib.batch.tasks import Entry, Task, lost, make

LOST = "the process that made it has ended. Was the memory enough? Run the batch again: the other packs stand."
#: Seconds in which a process that is told to end can tidy up.
PATIENCE = 30


def make_all(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Entry]]:
    """Make the packs, so many at once, and tell of each when it is finished.

    Each worker is a pool of one process: a pool whose process is killed gives up all that waits in it. However the
    caller ends, no process is left, and no half pack.
    """
    waiting = iter(tasks)
    others = set(multiprocessing.active_children())
    running: dict[Future[Entry], tuple[Task, ProcessPoolExecutor]] = {}

    def start(pool: ProcessPoolExecutor) -> None:
        if task := next(waiting, None):
            try:
                future = pool.submit(_made, task)
            except BrokenProcessPool:  # its process ended while it had nothing to do
                pool = _worker()
                future = pool.submit(_made, task)
            running[future] = task, pool
        else:
            pool.shutdown(wait=False)

    try:
        for _ in range(min(workers, len(tasks))):
            start(_worker())
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                task, pool = running.pop(future)
                try:
                    entry = future.result()
                except BrokenProcessPool:
                    entry, pool = lost(task, LOST), _worker()
                yield task, entry
                start(pool)
    finally:
        for _, pool in running.values():
            pool.shutdown(wait=False, cancel_futures=True)
        _end(set(multiprocessing.active_children()) - others)


def _worker() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=_obey)


def _obey() -> None:
    """In a worker: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _made(task: Task) -> Entry:
    """In a worker: make a pack; when told to end, tidy up first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        return make(task)
    except SystemExit:  # as a result it would end the whole batch
        _exit(1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _follow() -> None:
    if parent := multiprocessing.parent_process():
        connection.wait([parent.sentinel])
        _exit(1)


def _end(processes: set[multiprocessing.process.BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(PATIENCE)
        process.kill()
