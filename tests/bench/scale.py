"""What a company of 1,000, 10,000 … people costs: time, CPU and memory of the workbook, and of others that do less.

python tests/bench/scale.py [--in FOLDER] [--only "NAME;NAME"] PEOPLE...

Each measurement is a process of its own: wall time, CPU time with its children, the largest resident memory among them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
WORKBOOK = [sys.executable, "-m", "workbook_lib.cli"]


def commands(folder: Path, scratch: Path) -> dict[str, list[list[str]]]:
    """What is measured → its commands, one after the other."""
    parquet, csv, out = folder / "parquet", folder / "csv", str(scratch / "out")
    notebook, done = scratch / "plain.ipynb", scratch / "done.ipynb"
    code = f"import sys\nsys.path.insert(0, {str(HERE)!r})\nfrom pathlib import Path\nfrom plain_pandas import main\n"
    cells = [{"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "id": "a", "source": source}
             for source in (code + f"main(Path({str(parquet)!r}))",)]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    return {
        "floor": [[sys.executable, str(HERE / "floor.py"), str(parquet)]],
        "judge, Parquet": [[*WORKBOOK, "judge", str(parquet), "--out", out]],
        "pandas script": [[sys.executable, str(HERE / "plain_pandas.py"), str(parquet), str(scratch / "plain.csv")]],
        "stock tools": [
            [sys.executable, "-m", "papermill", "-k", "python3", str(notebook), str(done)],
            [sys.executable, "-m", "nbconvert", "--to", "html", str(done)],
        ],
        "judge, CSV": [[*WORKBOOK, "judge", str(csv), "--out", out]],
        "run, CSV": [[*WORKBOOK, "run", str(csv), "--out", out, "--no-pdf"]],
    }


def measure(steps: list[list[str]]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, and peak memory in MB."""
    wall = cpu = peak = 0.0
    for step in steps:
        start = time.perf_counter()
        process = subprocess.Popen(step, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = process.stderr.read() if process.stderr else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(step)} failed:\n{said[-2000:]}")
        wall += time.perf_counter() - start
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss / 1024)
    return wall, cpu, peak


def company(folder: Path, people: int) -> Path:
    """The exports of so many people, made once."""
    place = folder / f"{people}"
    for kind in ("parquet", "csv"):
        if not (place / kind / "audit.toml").exists():
            subprocess.run([sys.executable, HERE / "company.py", place / kind, str(people), kind], check=True)
    return place


def main(sizes: list[int], folder: Path, only: set[str]) -> None:
    """Print one table; the last column says how much dearer in CPU ten times as many people were."""
    before: dict[str, float] = {}
    print("| people | what | wall s | CPU s | peak MB | CPU × |\n|---|---|---|---|---|---|", flush=True)
    for people in sizes:
        place = company(folder, people)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            for name, steps in commands(place, Path(scratch)).items():
                if only and name not in only:
                    continue
                wall, cpu, peak = measure(steps)
                growth = f"{cpu / before[name]:.1f}" if name in before else ""
                before[name] = cpu
                print(f"| {people:,} | {name} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} | {growth} |", flush=True)
                shutil.rmtree(Path(scratch) / "out", ignore_errors=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("people", nargs="*", type=int, default=[1_000, 10_000, 100_000, 1_000_000])
    options.add_argument("--in", dest="folder", type=Path, default=Path(tempfile.gettempdir()) / "workbook-bench")
    options.add_argument("--only", default="")
    given = options.parse_args()
    main(given.people, given.folder, set(filter(None, given.only.split(";"))))
