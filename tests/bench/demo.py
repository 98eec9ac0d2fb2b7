"""How long the demo takes: exports to sealed pack, against an empty notebook through the stock tools, in one run.

python tests/bench/demo.py [rounds]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[2]
EMPTY = {
    "cells": [],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
STOCK = "empty papermill + stock nbconvert"


def seconds(*commands: list[str]) -> float:
    """Wall time of some commands, one after the other."""
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main(rounds: int) -> None:
    """Take turns, so that a busy moment of the machine hits all."""
    with tempfile.TemporaryDirectory() as folder:
        empty, done = Path(folder) / "empty.ipynb", Path(folder) / "done.ipynb"
        empty.write_text(json.dumps(EMPTY))
        northwind = str(PROJECT / "data_samples/northwind")
        run = [sys.executable, "-m", "workbook_lib.cli", "run", northwind, "--out", folder]
        papermill = [sys.executable, "-m", "papermill", "-k", "python3", str(empty), str(done)]
        nbconvert = [sys.executable, "-m", "nbconvert", "--to", "html", str(done)]
        measured = {
            STOCK: [papermill, nbconvert],
            "run northwind --no-pdf": [[*run, "--no-pdf"]],
            "run northwind": [run],
        }
        times: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, commands in measured.items():
                times[name].append(seconds(*commands))
    for name, taken in times.items():
        least, middle = min(taken) / min(times[STOCK]), statistics.median(taken) / statistics.median(times[STOCK])
        print(
            f"{name:36}min {min(taken):5.2f} s ({least:.2f} x)  median {statistics.median(taken):5.2f} s ({middle:.2f} x)"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
