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


def seconds(*commands: list[str]) -> float:
    """Wall time of some commands, one after the other."""
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main(rounds: int) -> None:
    """Take turns, so that a busy moment of the machine hits both."""
    ours, stock = [], []
    with tempfile.TemporaryDirectory() as folder:
        empty, done = Path(folder) / "empty.ipynb", Path(folder) / "done.ipynb"
        empty.write_text(json.dumps(EMPTY))
        run = [
            sys.executable,
            "-m",
            "workbook_lib.cli",
            "run",
            str(PROJECT / "data_samples/northwind"),
            "--out",
            folder,
        ]
        papermill = [sys.executable, "-m", "papermill", "-k", "python3", str(empty), str(done)]
        nbconvert = [sys.executable, "-m", "nbconvert", "--to", "html", str(done)]
        for _ in range(rounds):
            ours.append(seconds(run))
            stock.append(seconds(papermill, nbconvert))
    for name, times in (("workbook run northwind", ours), ("empty papermill + stock nbconvert", stock)):
        print(f"{name:36}min {min(times):5.2f} s  median {statistics.median(times):5.2f} s")
    print(
        f"{'ratio':36}min {min(ours) / min(stock):5.2f}    median {statistics.median(ours) / statistics.median(stock):5.2f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
