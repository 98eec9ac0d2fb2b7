"""Mutants of a Python module: the same text with one small mistake in it.

Not mutated: annotations, docstrings, and the wording of messages (what a Problem, a Finding or a Remark says), which the tests
of the words defend. The code of a message is mutated. Nor are frozen, slots and kw_only of a data class, and strict of zip: they
guard us while we write, and no input shows them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "startswith": "endswith",
         "endswith": "startswith", "removesuffix": "removeprefix", "removeprefix": "removesuffix", "lstrip": "rstrip",
         "rstrip": "lstrip", "search": "match", "fullmatch": "match", "partition": "rpartition", "append": "remove"}  # fmt: skip
#: Arguments that are words for people.
WORDING = {"what", "do", "where", "says", "text", "effect", "help", "title", "description", "concerns"}
MESSAGES = {"Problem", "Finding", "Remark", "UserError", "BadFileError", "Field", "ValueError", "TypeError", "_remark",
            "_wrong", "_unsafe"}  # fmt: skip

#: Messages whose first argument is their code.
CODED = {"BadValueError", "Fault"}


class Mutant(NamedTuple):
    """A module with a mistake: the line, what stands for what, and in which function (none: the module's own level).

    lines : those of the statement that is mutated, or of its head, where others stand below it.
    """

    line: int
    function: str
    before: str
    after: str
    text: str
    lines: range

    @property
    def change(self) -> str:
        """What is changed, wherever the function stands."""
        return f"({self.function or 'module'}): {self.before[:90]!r} → {self.after[:90]!r}"

    def __str__(self) -> str:
        return f"line {self.line} {self.change}"


def mutants(source: str) -> list[Mutant]:
    """All mutants of a module, each text once."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    raw = source.encode()
    found: dict[str, Mutant] = {}
    tree = ast.parse(source)
    heads = _heads(tree)
    for function, node, after in _walk(tree, "", ""):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        text = (raw[:start] + after.encode() + raw[end:]).decode()
        if text != source:
            before = " ".join(raw[start:end].decode().split())
            place = heads.get(node.lineno, range(node.lineno, node.lineno + 1))
            found.setdefault(text, Mutant(node.lineno, function, before, " ".join(after.split()), text, place))
    return list(found.values())


def _heads(tree: ast.AST) -> dict[int, range]:
    """Line → the lines of the innermost statement that it belongs to, without the statements below that one."""
    heads: dict[int, range] = {}
    for node in ast.walk(tree):  # outer ones come first
        if isinstance(node, ast.stmt):
            below = [child.lineno for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
            lines = range(node.lineno, min([(node.end_lineno or node.lineno) + 1, *below]))
            heads |= dict.fromkeys(lines or range(node.lineno, node.lineno + 1), lines)
    return heads


Edit = tuple[str, "ast.expr | ast.stmt", str]


def _walk(node: ast.AST, function: str, scope: str) -> Iterator[Edit]:
    """Every mistake below a node, with the outermost function that it is in."""
    if isinstance(node, ast.expr | ast.stmt):
        yield from ((function, node, after) for after in _mistakes(node))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") or _is_wording(node, name) or _is_guard(node, name):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            if name == "args" and _called(node) in CODED and child is not value[0]:
                continue
            inside, place = function, scope
            if name == "body" and not function and isinstance(node, ast.FunctionDef):
                inside = scope + node.name
            elif name == "body" and not function and isinstance(node, ast.ClassDef):
                place = f"{scope}{node.name}."
            if name in ("test", "ifs") and isinstance(child, ast.expr):
                yield inside, child, _shown(ast.UnaryOp(ast.Not(), child))
            yield from _walk(child, inside, place)


def _is_left_alone(node: ast.AST) -> bool:
    """Words, and what guards us while we write or only saves time."""
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or isinstance(node, ast.JoinedStr) or _called(node) in ("dataclass", "lru_cache")


def _is_wording(node: ast.AST, field: str) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in WORDING
    return _called(node) in MESSAGES and field == "args"


def _is_guard(node: ast.AST, field: str) -> bool:
    return _called(node) == "zip" and field == "keywords"


def _called(node: ast.AST) -> str:
    """The name of what is called."""
    called = node.func if isinstance(node, ast.Call) else None
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _mistakes(node: ast.expr | ast.stmt) -> Iterator[str]:
    """What may stand in the place of a node."""
    match node:
        case ast.stmt():
            yield from _of_statement(node)
        case ast.Constant(value=bool() | int() | str() as value):
            yield (
                repr("XX" + value)
                if isinstance(value, str)
                else str(not value if isinstance(value, bool) else value + 1)
            )
        case ast.Call():
            yield from _of_call(node)
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            for fewer in [ast.Slice(None, upper, step)] * bool(lower) + [ast.Slice(lower, None, step)] * bool(upper):
                yield _shown(ast.Subscript(value, fewer, ast.Load()))
        case _:
            yield from _of_condition(node)


def _of_condition(node: ast.expr) -> Iterator[str]:
    """Another comparison, another connection, a condition less; and another sum."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for no, op in enumerate(ops):
                for other in COMPARED[type(op)]:
                    yield _shown(ast.Compare(left, [*ops[:no], other(), *ops[no + 1 :]], others))
        case ast.BoolOp(op=op, values=values):
            yield _shown(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
            for no in range(len(values)):
                rest = values[:no] + values[no + 1 :]
                yield _shown(ast.BoolOp(op, rest) if len(rest) > 1 else rest[0])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield _shown(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in CALCULATED:
            yield _shown(ast.BinOp(left, CALCULATED[type(op)](), right))


def _of_statement(node: ast.stmt) -> Iterator[str]:
    """Nothing instead of a statement, or nothing returned."""
    match node:
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "return None"
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Expr():
            yield "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "pass"
        case ast.Continue():
            yield "break"
        case ast.Break():
            yield "continue"


def _of_call(node: ast.Call) -> Iterator[str]:
    """Another function that is easily taken for it; no change of the text; without a named argument."""
    match node.func:
        case ast.Name(id=name) if name in TWINS:
            yield _shown(
                ast.Call(ast.Name(TWINS[name], ast.Load()), node.args, [] if name == "sorted" else node.keywords)
            )
        case ast.Attribute(value=value, attr=name):
            if name in TWINS:
                yield _shown(ast.Call(ast.Attribute(value, TWINS[name], ast.Load()), node.args, node.keywords))
            if name in (
                "strip",
                "casefold",
                "lower",
                "upper",
                "lstrip",
                "rstrip",
                "removesuffix",
                "removeprefix",
                "replace",
            ):
                yield _shown(value)
    for no, keyword in enumerate(node.keywords):
        if keyword.arg and not _is_guard(node, "keywords"):
            yield _shown(ast.Call(node.func, node.args, node.keywords[:no] + node.keywords[no + 1 :]))


def _shown(node: ast.expr) -> str:
    return f"({ast.unparse(ast.fix_missing_locations(node))})"
