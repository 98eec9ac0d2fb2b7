"""How many cases Hypothesis tries: a few hundred in each run, ten thousand with HYPOTHESIS_PROFILE=release.

The engine works on one thread in the tests' own process: their tables are small, and the tests share the processors already.
"""

import os
import sys

import duckdb
import pytest
from hypothesis import settings

# Compiled for a second by whoever imports nbformat; `publish.execute` does the same.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

settings.register_profile("default", max_examples=200, deadline=None)
settings.register_profile("release", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

CONNECT = duckdb.connect


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    duckdb.connect = lambda database=":memory:": CONNECT(database, config={"threads": 1})
