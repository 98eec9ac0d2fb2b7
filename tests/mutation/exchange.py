"""A mutant in the place of what was imported: the code of a function, or the value of a constant, exchanged in this process."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from mutation.programs import Mutant


def function_of(module: Any, name: str) -> FunctionType | None:
    """The function of that name in a module as it is now, below what is wrapped around it."""
    found = module
    for part in name.split(".") if name else ():
        found = vars(found).get(part)
        found = (
            getattr(found, "fget", None) or getattr(found, "func", None) or getattr(found, "__func__", None) or found
        )
        while hasattr(found, "__wrapped__"):
            found = found.__wrapped__
    return found if isinstance(found, FunctionType) else None


def code_of(mutant: Mutant, path: Path) -> CodeType | None:
    """The code of the mutated function."""
    codes: list[CodeType] = [compile(mutant.text, str(path), "exec", dont_inherit=True)]
    for part in mutant.function.split("."):
        codes = [c for code in codes for c in code.co_consts if isinstance(c, CodeType) and c.co_name == part]
    return codes[0] if len(codes) == 1 else None


def values_of(module: Any, path: Path, mutant: Mutant) -> dict[str, Any]:
    """The module's constants that the mutant changes, and what they become; none where it changes a class, or breaks."""
    if any(isinstance(node, ast.ClassDef) and mutant.line in _span(node) for node in ast.parse(mutant.text).body):
        return {}  # what is built from the class would be of a second one, and be noticed for that
    fresh = {"__name__": module.__name__, "__file__": str(path)}
    try:
        exec(compile(mutant.text, str(path), "exec"), fresh)
    except Exception:
        return {}
    plain = {name: new for name, new in fresh.items() if name in vars(module) and not callable(new)}
    return {name: new for name, new in plain.items() if _whole(new) != _whole(vars(module)[name])}


def _whole(value: Any) -> str:
    """A value as text; an expression prints itself cut short."""
    return f"{value.pattern!r} {value.flags}" if isinstance(value, re.Pattern) else repr(value)


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def forget() -> None:
    """Forget what functions remember from before the exchange."""
    for module in [found for name, found in sys.modules.items() if name.startswith("workbook_lib")]:
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def rebind(module: Any, values: dict[str, Any]) -> None:
    """Give constants other values, wherever they were imported, by the tests too."""
    for other in list(sys.modules.values()):
        for name, new in values.items():
            if other is not module and getattr(other, "__dict__", {}).get(name) is vars(module)[name]:
                setattr(other, name, new)
    vars(module).update(values)
