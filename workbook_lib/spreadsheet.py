"""XLSX → raw rows."""
from __future__ import annotations
from pathlib import Path
from collections.abc import Callable, Sequence
from workbook_lib.files import Opened, FileProblem

def open_xlsx(path: Path, *, sheet: str | None, header_depth: int, is_header: Callable[[Sequence[str]], bool], drop_rows: int = 0) -> Opened:
    raise FileProblem("xlsx is not read yet", "wait")
