"""Which layout of its profile fits a file, and the file opened by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from workbook_lib.audit import Source
from workbook_lib.intake import spreadsheet
from workbook_lib.intake.files import BadFileError, Digest, Opened, digest, kind_of, normal, open_csv, unpivoted
from workbook_lib.intake.json_records import open_json
from workbook_lib.intake.mapping import Columns, Compiler, entries, needed
from workbook_lib.intake.profile import Layout, Profile, headers_in, headers_of
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.values import quoted
from workbook_lib.tables import TABLES, Table, listing

Groups = list[tuple[str, ...]]


def open_reading(source_no: int, source: Source, path: Path, file: str, profile: Profile, zone: ZoneInfo) -> Reading:
    """Open a file by the layout that fits it. Raises BadFileError where none does, or the file is not to be trusted."""
    table, kind = TABLES[source.table], kind_of(path)
    _check_overrides(source, kind)
    layout, content, opened, columns = _fitting(profile, source, table, path, kind)
    _refuse_doubles(opened, layout, kind)
    reader = Compiler(table, layout, source, columns, zone, kind).compile()
    used = {place for r in (*reader.readers, *(reader.window or ())) for place in r.places}
    used |= {place for place, _, _ in reader.asides}
    ignored = [h.strip() or f"(column {n}, unnamed)" for n, h in enumerate(opened.header, 1) if n - 1 not in used]
    return Reading(
        source_no=source_no,
        source=source,
        table=table,
        file=file,
        profile=profile,
        layout=layout,
        content=content,
        opened=opened,
        kind=kind,
        reader=reader,
        ignored=(*ignored, *opened.others),
    )


def sought(layout: Layout, source: Source) -> tuple[Groups, Callable[[Sequence[str]], bool]]:
    """What a layout needs of a file: groups of headers, and whether a row is the header that has them."""
    groups = needed(layout, source, TABLES[source.table])
    return groups, _header_test(layout, groups)


def _check_overrides(source: Source, kind: str) -> None:
    """What audit.toml says of this file must make sense together."""
    both = sorted(source.columns.keys() & source.values.keys())
    if both:
        raise BadFileError(
            f"audit.toml gives {listing(both)} both a column and a value.", "keep one of the two.", code="bad_override"
        )
    if source.sheet is not None and kind != "xlsx":
        raise BadFileError(
            f"audit.toml names a sheet, but this is a {kind.upper()} file.", "remove sheet.", code="bad_override"
        )


def _fitting(
    profile: Profile, source: Source, table: Table, path: Path, kind: str
) -> tuple[Layout, Digest, Opened, Columns]:
    """The first layout whose columns the file has."""
    layouts = [layout for layout in profile.for_table(table.name) if not layout.format or kind in layout.format]
    if not layouts:
        offered = sorted(
            {f"{layout.table} ({' or '.join(layout.format) or 'any format'})" for layout in profile.layouts}
        )
        raise BadFileError(
            f"profile {profile.name} reads no {table.name} from a {kind.upper()} file; it reads {', '.join(offered)}.",
            "correct table or profile in audit.toml.",
            code="no_layout",
        )
    misfits = []
    for layout in layouts:
        content = digest(path, kind, layout.reading.encoding)
        groups = needed(layout, source, table)
        opened = _open(path, kind, content, layout, source, groups)
        columns = Columns(opened, strip_brackets=layout.reading.strip_brackets, exact=kind == "json")
        lacking = [] if opened.empty else columns.lacks(groups)
        if not lacking:
            return layout, content, opened, columns
        misfits.append((len(lacking), lacking, opened, layout))
    _, lacking, opened, layout = min(misfits, key=lambda misfit: misfit[0])
    raise _missing(lacking, opened, layout, profile, kind)


def _open(path: Path, kind: str, content: Digest, layout: Layout, source: Source, groups: Groups) -> Opened:
    if kind == "json":
        return _open_json(path, content, layout, source)
    is_header, reading = _header_test(layout, groups), layout.reading
    if kind == "xlsx":
        opened = spreadsheet.open_xlsx(
            path,
            sheet=source.sheet,
            header_depth=reading.header_depth,
            is_header=is_header,
            drop_rows=reading.drop_rows,
        )
    else:
        opened = open_csv(
            path,
            content,
            delimiter=reading.delimiter,
            header_depth=reading.header_depth,
            is_header=is_header,
            drop_rows=reading.drop_rows,
            paired=layout.pairs is not None,
        )
    if layout.pairs and is_header(opened.header):
        return unpivoted(opened, layout.pairs.fixed, layout.pairs.names)
    return opened


def _open_json(path: Path, content: Digest, layout: Layout, source: Source) -> Opened:
    read = [header for entry in entries(layout, source).values() for header in headers_in(entry)]
    wanted = tuple(dict.fromkeys((*read, *headers_of(layout))))
    try:
        return open_json(path, content, records=layout.records, explode=layout.explode, wanted=wanted)
    except ValueError as error:
        raise BadFileError(f"{error}.", "correct columns in audit.toml.", code="bad_override") from None


def _header_test(layout: Layout, groups: Groups) -> Callable[[Sequence[str]], bool]:
    """Whether a row is the header: it has what the layout needs."""
    brackets = layout.reading.strip_brackets
    forms = [{normal(header, strip_brackets=brackets) for header in group} for group in groups]

    def is_header(cells: Sequence[str]) -> bool:
        found = {normal(text, strip_brackets=brackets) for text in cells}
        return all(form & found for form in forms)

    return is_header


def _missing(lacking: list[str], opened: Opened, layout: Layout, profile: Profile, kind: str) -> BadFileError:
    """The file does not have what the layout needs; perhaps another delimiter stands in its header."""
    alone, least = " ".join(opened.header), max(1, len(opened.header))
    for delimiter, name in ((";", "';'"), ("\t", "a tab"), ("|", "'|'")):
        if kind == "csv" and delimiter != layout.reading.delimiter and alone.count(delimiter) >= least:
            return BadFileError(
                f"it looks like {name} separates its columns; profile {profile.name} expects "
                f"{quoted(layout.reading.delimiter)}.",
                f"export with the expected delimiter, or declare it in a profile that extends {profile.name}.",
                place="row 1",
                code="wrong_delimiter",
            )
    found = listing([f'"{header}"' for header in (*opened.header, *opened.others)], 40) or "none"
    do = 'choose the profile that fits, or name the column in audit.toml, for example columns = { … = "…" } '
    do += f"(profile {profile.name}, table {layout.table})."
    if kind != "json":
        do += (
            " Where other rows stand above the header, say in a profile among how many rows it is found: [reading] "
            f"header_depth = {max(10, 2 * layout.reading.header_depth)}."
        )
    return BadFileError(
        f"it has no column {', '.join(lacking)}. Columns found: {found}.",
        do,
        place="records" if kind == "json" else "header",
        code="missing_column",
    )


def _refuse_doubles(opened: Opened, layout: Layout, kind: str) -> None:
    if kind == "json" or layout.pairs:
        return
    forms = [normal(header, strip_brackets=layout.reading.strip_brackets) for header in opened.header]
    doubles = sorted({form for form in forms if form and forms.count(form) > 1})
    if doubles:
        raise BadFileError(
            f"the header has several columns {listing([quoted(d) for d in doubles])}; which is meant is not known.",
            "export again with one of them.",
            place="header",
            code="duplicate_header",
        )
