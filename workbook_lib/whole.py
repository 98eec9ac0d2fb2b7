"""A file that gets its name once it is whole: what a full disk or a kill leaves is never taken for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """Where to write a file, beside its place; at the end it is moved there, over an older one. Raises OSError."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
