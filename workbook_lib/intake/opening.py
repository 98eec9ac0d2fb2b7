"""Which layout of its profile fits a file, and the file opened by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from workbook_lib.intake import spreadsheet
from workbook_lib.intake.cancelling import cancelling
from workbook_lib.intake.columns import Columns
from workbook_lib.intake.csv_records import open_csv
from workbook_lib.intake.files import BadFileError, Digest, Opened, digest, kind_of, normal
from workbook_lib.intake.json_records import open_json
from workbook_lib.intake.mapping import DATED_BY_STATUS, Compiler, entries
from workbook_lib.intake.pairs import pair_starts, unpivoted
from workbook_lib.intake.parquet import open_parquet, refuse_types
from workbook_lib.intake.profile import Filled, Join, Layout, Of, Pairs, Profile, headers_in, headers_of
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.values import EPOCH_MILLISECONDS, EPOCH_SECONDS, quoted
from workbook_lib.source import Source
from workbook_lib.tables import TABLES, VOCABULARY, Table, listing
from workbook_lib.wording import toml_text

Groups = list[tuple[str, ...]]
HeaderTest = Callable[[Sequence[str]], bool]


def open_reading(source_no: int, source: Source, path: Path, file: str, profile: Profile, zone: ZoneInfo) -> Reading:
    """Open a file by the layout that fits it. Raises BadFileError where none does, or the file is not to be trusted."""
    table, kind = TABLES[source.table], kind_of(path)
    _check_overrides(source, kind)
    layout, content, opened, columns = _fitting(profile, source, table, path, kind)
    _refuse_doubles(opened, layout, kind)
    reader = Compiler(table, layout, source, columns, zone, kind).compile()
    if opened.types:
        refuse_types(reader.readers, opened, epochs=_has_epochs(layout))
    if layout.cancels:
        groups = needed(layout, source, table, kind)
        reader.cancelling = cancelling(
            layout.cancels, columns.at, lambda: _open(path, kind, content, layout, source, groups), file
        )
    used = {place for r in (*reader.readers, *(reader.window or ())) for place in r.places}
    used |= {rule.place for rule in reader.asides} | {demand.place for demand in reader.demands}
    used |= reader.cancelling.places if reader.cancelling else set()
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
    groups = needed(layout, source, TABLES[source.table], kind_of(Path(source.file)))
    return groups, _header_test(layout, groups)


def _has_epochs(layout: Layout) -> bool:
    """Whether whole numbers may be times."""
    formats = {*layout.reading.dates, *layout.reading.timestamps}
    formats |= {name for entry in layout.columns.values() if isinstance(entry, Of) for name in entry.formats or ()}
    return bool(formats & {EPOCH_SECONDS, EPOCH_MILLISECONDS})


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
        groups, open_ends = needed(layout, source, table, kind), left_open(layout, source, table)
        opened = _open(path, kind, content, layout, source, groups)
        columns = Columns(opened.header, strip_brackets=layout.reading.strip_brackets, exact=kind == "json")
        lacking = [] if opened.empty else columns.lacks(groups)
        if layout.pairs and layout.pairs.item not in opened.header and not pair_starts(opened.header, layout.pairs):
            lacking.append("with its date in the column beside it")
        if not lacking and not open_ends:
            return layout, content, opened, columns
        misfits.append((len(lacking), len(open_ends), lacking, opened, layout))
    *_, lacking, opened, layout = min(misfits, key=lambda misfit: misfit[:2])
    if not lacking:
        raise _unsaid(left_open(layout, source, table), table, profile)
    raise _missing(lacking, opened, layout, profile, kind)


def needed(layout: Layout, source: Source, table: Table, kind: str) -> Groups:
    """Groups of headers without which the file is not of this layout: of each group one must be there.

    In JSON a key that no record has is no sign of another layout: there is then nothing to set aside or to take back.
    """
    read = entries(layout, source)
    overridden = (layout.columns[name] for name in (*source.columns, *source.values) if name in layout.columns)
    replaced = {header for entry in overridden for header in headers_in(entry)}
    groups: Groups = [(header,) for header in layout.requires if header not in replaced]
    for name, entry in read.items():
        if name in source.columns or isinstance(entry, Filled):
            groups += [(header,) for header in headers_in(entry)]
        elif table[name].required:
            # Half of a joined text is another text: a course without its version would stand for every version.
            groups += [(h,) for h in entry.join] if isinstance(entry, Join) else [headers_in(entry)]
    groups += [(rule.where,) for rule in layout.set_aside if kind != "json"]
    groups += [(layout.window.first,), (layout.window.last,)] if layout.window else []
    if layout.cancels:
        rule = layout.cancels
        groups += [(h,) for h in (rule.where, *((rule.names, rule.record) if kind != "json" else ()))]
    made = layout.pairs.names if layout.pairs else ()
    return [group for group in dict.fromkeys(groups) if not set(group) & set(made)]


def left_open(layout: Layout, source: Source, table: Table) -> list[str]:
    """Required columns that the layout leaves to audit.toml, and that it does not give either."""
    given = (*entries(layout, source), *layout.constants, *source.values)
    names = (column.name for column in table.columns if column.required)
    return [name for name in names if name not in given and (table.name, name) not in DATED_BY_STATUS]


def _open(path: Path, kind: str, content: Digest, layout: Layout, source: Source, groups: Groups) -> Opened:
    if kind == "json":
        return _open_json(path, content, layout, source)
    is_header, reading = _header_test(layout, groups), layout.reading
    if kind == "parquet":
        opened = open_parquet(path)
    elif kind == "xlsx":
        opened = spreadsheet.open_xlsx(
            path,
            sheet=source.sheet,
            header_depth=reading.header_depth,
            is_header=is_header,
            drop_rows=reading.drop_rows,
        )
    else:
        opened = _open_csv(path, content, layout, is_header)
    if layout.pairs is None or not is_header(opened.header):
        return opened
    _refuse_one_name(opened, layout, layout.pairs, source)
    return unpivoted(opened, layout.pairs)


def _refuse_one_name(opened: Opened, layout: Layout, pairs: Pairs, source: Source) -> None:
    """One value for what tells the items of a wide report apart would make every item the same one."""
    items = len(pair_starts(opened.header, pairs))
    for name, entry in layout.columns.items():
        if items > 1 and name in source.values and pairs.item in headers_in(entry):
            raise BadFileError(
                f"audit.toml makes all its {items} items one: {name} = {quoted(source.values[name])}.",
                f"remove values.{name}, or use an export that holds this item only.",
                code="bad_override",
            )


def _open_csv(path: Path, content: Digest, layout: Layout, is_header: HeaderTest) -> Opened:
    """Open a CSV file by the first declared delimiter with which it has the header; else by that of most columns."""
    reading = layout.reading
    tries: list[Opened] = []
    refusals: list[BadFileError] = []
    for delimiter in reading.delimiter:
        try:
            opened = open_csv(
                path,
                content,
                delimiter=delimiter,
                header_depth=reading.header_depth,
                is_header=is_header,
                drop_rows=reading.drop_rows,
                paired=layout.pairs is not None,
            )
        except BadFileError as problem:
            refusals.append(problem)
            continue
        if is_header(opened.header):
            return opened
        tries.append(opened)
    if not tries:
        raise refusals[0]
    return max(tries, key=lambda opened: len(opened.header))


def _open_json(path: Path, content: Digest, layout: Layout, source: Source) -> Opened:
    read = [header for entry in entries(layout, source).values() for header in headers_in(entry)]
    wanted = tuple(dict.fromkeys((*read, *headers_of(layout))))
    try:
        return open_json(path, content, records=layout.records, explode=layout.explode, wanted=wanted)
    except ValueError as error:
        raise BadFileError(f"{error}.", "correct columns in audit.toml.", code="bad_override") from None


def _header_test(layout: Layout, groups: Groups) -> HeaderTest:
    """Whether a row is the header: it has what the layout needs."""

    def is_header(cells: Sequence[str]) -> bool:
        columns = Columns(cells, strip_brackets=layout.reading.strip_brackets, exact=False)
        return not columns.lacks(groups) and (layout.pairs is None or bool(pair_starts(cells, layout.pairs)))

    return is_header


def _missing(lacking: list[str], opened: Opened, layout: Layout, profile: Profile, kind: str) -> BadFileError:
    """The file does not have what the layout needs; perhaps another delimiter stands in its header."""
    alone, least = " ".join(opened.header), max(1, len(opened.header))
    for delimiter, name in ((";", "';'"), ("\t", "a tab"), ("|", "'|'")):
        expected = layout.reading.delimiter
        if kind == "csv" and delimiter not in expected and alone.count(delimiter) >= least:
            return BadFileError(
                f"it looks like {name} separates its columns; profile {profile.name} expects "
                f"{' or '.join(map(quoted, expected))}.",
                f"export with the expected delimiter, or declare it {profile.place}.",
                place="row 1",
                code="wrong_delimiter",
            )
    found = listing([f'"{header}"' for header in (*opened.header, *opened.others)], 40) or "none"
    do = "choose the profile that fits, or name the column in audit.toml, for example "
    do += f"{_named(lacking, opened, layout)} (profile {profile.name}, table {layout.table})."
    if kind not in ("json", "parquet"):
        do += (
            f" Where other rows stand above the header, say {profile.place} among how many rows it is found: [reading] "
            f"header_depth = {max(10, 2 * layout.reading.header_depth)}."
        )
    return BadFileError(
        f"it has no column {', '.join(lacking)}. Columns found: {found}.",
        do,
        place={"json": "records", "parquet": "columns"}.get(kind, "header"),
        code="missing_column",
    )


def _named(lacking: list[str], opened: Opened, layout: Layout) -> str:
    """The line for audit.toml that names the first column not found, with the nearest header that nothing reads."""
    read = {name: headers_in(entry) for name, entry in layout.columns.items()}
    name, wanted = next(((name, all_) for name, all_ in read.items() if " or ".join(all_) in lacking), ("…", ()))
    spare = {header.casefold(): header for header in opened.header if header not in chain(*read.values())}
    near = [found for header in wanted for found in get_close_matches(header.casefold(), spare, 1)]
    return f"columns = {{ {name} = {toml_text(spare[near[0]] if near else '…')} }}"


def _unsaid(names: list[str], table: Table, profile: Profile) -> BadFileError:
    """What every row of a table needs, and such an export does not hold, audit.toml must say."""
    words = VOCABULARY.get(table[names[0]].kind)
    return BadFileError(
        f"such an export does not say {listing(names)}, which every row of {table.name} needs.",
        f"add to this source in audit.toml what holds for all of its rows, values.{names[0]} = "
        + (f'"…", with one of these in place of …: {", ".join(words)}' if words else '"…"')
        + f', or where it stands, columns = {{ {names[0]} = "…" }} (profile {profile.name}).',
        code="unsaid_column",
    )


def _refuse_doubles(opened: Opened, layout: Layout, kind: str) -> None:
    if kind == "json":
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
