"""A file that holds a key: written whole or not at all, never over another one, and readable by its owner only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_key(path: Path, content: bytes) -> None:
    """Raises FileExistsError where there is such a file, and OSError where it cannot be written."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _give_name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _give_name(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)  # which fails where the name is taken
    except FileExistsError:
        raise
    except OSError:  # a file system without such links
        if path.exists():
            raise FileExistsError(path) from None
        draft.replace(path)
