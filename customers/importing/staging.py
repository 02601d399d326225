"""From the file into tables of its own: COPY of canonical columns, then set-based typing and uniqueness.

Every import works in a schema `import_<id>` with unlogged copies of the shapes migration 0002 made; inside
`workroom` these come first on the search path, so the statements in customers/sql name them plainly.
"""

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import connection, transaction
from django.db.models import F
from psycopg2 import sql as names
from psycopg2.extras import execute_values

from accounts.models import Installation, Tax
from common import sql

from ..models import Import, ImportReject
from . import columns, granting, judging, money, normalising, people, reading, recognising
from .columns import Mapping
from .reading import Chunk, Layout

SHARED_TABLES = ("import_staged", "import_codes", "import_owners")
WHOLE_CURRENCIES = frozenset({"JPY", "KRW", "VND"})
# Kinds whose rows say what has happened: the day, and the field it is read from.
_HAPPENED = {
    "purchases": ("purchased_on", "purchased_at"),
    "logins": ("logged_in_on", "logged_in_at"),
}


def layout_and_mapping(imported: Import) -> tuple[Layout, Mapping]:
    """How the file is read, with what the whole of it says (kept in `imported.mapping`). Raises RefusedError."""
    layout = reading.layout_of(path_of(imported), imported.kind, imported.mapping)
    given = recognising.completed(imported.kind, layout.header, imported.mapping)
    mapping = columns.guess(imported.kind, layout.header, given, titles=layout.titles, samples=layout.samples)
    mapping = judging.settle(mapping, _judged(imported, layout, mapping))
    return layout, money.settle(recognising.settle(mapping), Tax(Installation.get().tax).value)


def given_by_people(mapping: dict[str, Any]) -> dict[str, Any]:
    """Mapping JSON without what we found in the file ourselves."""
    return {name: value for name, value in mapping.items() if name != "judged"}


def _judged(imported: Import, layout: Layout, mapping: Mapping) -> dict[str, Any]:
    """What the whole file says, found once. Records of a program are judged one by one instead."""
    if imported.source == Import.Source.API:
        return {}
    judged = imported.mapping.get("judged")
    if judged is None or judged["of"] != judging.looked_at(mapping):
        judged = judging.judge(path_of(imported), layout, mapping)
        imported.mapping = given_by_people(imported.mapping) | ({"judged": judged} if judged else {})
    return judged


def path_of(imported: Import) -> Path:
    return Path(imported.file.path)


@contextmanager
def workroom(imported: Import) -> Iterator[None]:
    """A transaction in which the import's own tables are found first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('search_path', %s, true)", [f"{_schema(imported)}, public"])
        yield
        cursor.execute("SELECT set_config('search_path', %s, true)", [before])


def build(imported: Import) -> None:
    """Make the import's tables anew, empty."""
    tables = (*SHARED_TABLES, f"import_ready_{imported.kind}", f"import_chunk_{imported.kind}")
    schema = names.Identifier(_schema(imported))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(names.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
        cursor.execute(names.SQL("CREATE SCHEMA {}").format(schema))
        for table in tables:
            statement = names.SQL("CREATE UNLOGGED TABLE {}.{} (LIKE public.{} INCLUDING ALL)")
            cursor.execute(statement.format(schema, names.Identifier(table), names.Identifier(table)))


def tear_down(imported: Import) -> None:
    """Remove the import's tables."""
    with connection.cursor() as cursor:
        cursor.execute(names.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(names.Identifier(_schema(imported))))


def is_built(imported: Import) -> bool:
    """Whether prepared rows are there. They may not be: a crash of the server empties unlogged tables."""
    with connection.cursor() as cursor:
        table = f"{_schema(imported)}.import_ready_{imported.kind}"
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        if not cursor.fetchone()[0]:
            return False
        query = names.SQL("SELECT EXISTS (SELECT FROM {})").format(names.Identifier(*table.split(".")))
        cursor.execute(query)
        return cursor.fetchone()[0]


def stage(imported: Import, layout: Layout, mapping: Mapping, first: int | None = None) -> bool:
    """COPY the whole file (or about its `first` rows), chunk by chunk, each in a transaction with its progress.

    False where rows may be left.
    """
    ImportReject.objects.filter(imported=imported).delete()
    Import.objects.filter(pk=imported.pk).update(rows=0, rejected=0, skipped=0, staged_to=0)
    company = Installation.get()
    seen = 0
    for chunk in reading.chunks(path_of(imported), layout):
        with workroom(imported):
            _stage_chunk(imported, layout, mapping, _rows_of_the_kind(chunk, mapping), company)
        seen += len(chunk.table) + len(chunk.odd)
        if first and seen >= first:
            return False
    return True


def _rows_of_the_kind(chunk: Chunk, mapping: Mapping) -> Chunk:
    """The chunk without rows the mapping passes over; they count as skipped."""
    if not mapping.skip:
        return chunk
    kept = normalising.is_of_the_kind(chunk.table, mapping)
    table, passed = chunk.table[kept].reset_index(drop=True), int((~kept).sum())
    return replace(chunk, table=table, lines=chunk.lines[kept], skipped=chunk.skipped + passed)


def _stage_chunk(imported: Import, layout: Layout, mapping: Mapping, chunk: Chunk, company: Installation) -> None:
    frame = normalising.clean(
        chunk.table,
        layout.header,
        mapping,
        currency=company.currency,
        zone=company.zone,
        clear_empty=bool(imported.options.get("clear_empty")),
    )
    frame.insert(0, "line", chunk.lines)
    _copy(pa.Table.from_pandas(frame.rename(columns={"column": "col"}), preserve_index=False))
    is_bad = frame["code"].notna().to_numpy(bool)
    cells = chunk.table[is_bad].to_numpy().tolist()
    bad = frame.loc[is_bad, ["line", "code", "column"]].to_numpy().tolist()
    rejects = [(line, code, column, row) for (line, code, column), row in zip(bad, cells, strict=True)]
    rejects += [(row.line, row.code, "", row.cells) for row in chunk.odd]
    save_rejects(imported, rejects)
    Import.objects.filter(pk=imported.pk).update(
        rows=F("rows") + len(frame) + len(chunk.odd),
        rejected=F("rejected") + len(rejects),
        skipped=F("skipped") + chunk.skipped,
        staged_to=F("staged_to") + len(frame) + len(chunk.odd) + chunk.skipped,
    )


def _copy(table: pa.Table) -> None:
    """Null as nothing, every text in quotes: what COPY takes for NULL and for text."""
    out = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pyarrow.csv.write_csv(table, out, options)
    out.seek(0)
    fields = names.SQL(", ").join(map(names.Identifier, table.column_names))
    with connection.cursor() as cursor:
        statement = names.SQL("COPY import_staged ({}) FROM STDIN (FORMAT csv)").format(fields)
        cursor.copy_expert(statement.as_string(cursor.cursor), out)


def save_rejects(imported: Import, rejects: list[tuple[int, str, str, list[str]]]) -> None:
    """Keep rows that stay out: (line, code, column, cells)."""
    rows = [(imported.pk, line, code, column[:200], cells) for line, code, column, cells in rejects]
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            'INSERT INTO customers_importreject (imported_id, line, code, "column", cells) VALUES %s'
            " ON CONFLICT (imported_id, line) DO NOTHING",
            rows,
            template="(%s, %s, %s, %s, %s::text[])",
        )


def prepare(
    imported: Import, layout: Layout, mapping: Mapping, now: dt.datetime | None = None, *, is_whole: bool = True
) -> None:
    """Type the staged rows and make them unique; rows that cannot stand are kept as rejects. Inside a workroom.

    `now` tells what is still to come; without it, the moment the import was asked for. `is_whole`: every row is staged.
    """
    company = Installation.get()
    create = imported.kind == Import.Kind.CUSTOMERS or bool(imported.options.get("create_customers"))
    places = 0 if company.currency in WHOLE_CURRENCIES else 2
    if mapping.once_per_order:
        sql.run("customers/sql/import_purchases_shared.sql")
    sql.run("customers/sql/import_by_contract.sql")
    sql.run("customers/sql/import_codes.sql")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE import_codes")  # else the planner takes it for a handful of rows
    renames, source = imported.kind == Import.Kind.CUSTOMERS, people.source_of(imported)
    sql.run("customers/sql/import_codes_judge.sql", {"create": create, "renames": renames, "source": source})
    _name_others(imported, mapping)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [company.time_zone])
        parameters = {"basis": Tax(company.tax).value, "places": places, "zone": company.time_zone}
        parameters["today"] = company.day_of(now or imported.created_at)
        parameters |= granting.parameters(imported) | {"source": source}
        sql.run(f"customers/sql/import_{imported.kind}_prepare.sql", parameters)
        cursor.execute("SELECT set_config('TimeZone', 'UTC', true)")
        _name_parents(mapping, parameters, is_whole)
        if mapping.totals_once:
            sql.run("customers/sql/import_purchases_totals.sql")
        if mapping.spreads:
            sql.run("customers/sql/import_purchases_spread.sql", parameters)
        _refuse_the_future(imported, company.day_of(now or imported.created_at))
        cursor.execute(names.SQL("ANALYZE {}").format(names.Identifier(f"import_ready_{imported.kind}")))
        cursor.execute("ANALYZE import_codes")
    _keep_set_apart(imported, layout, mapping)


def _name_others(imported: Import, mapping: Mapping) -> None:
    """Who the contracts, members of staff and contacts are that the rows name beside their customer."""
    if imported.kind != Import.Kind.CONTRACTS and {"customer_id", "contract_id"} <= mapping.filled:
        sql.run("customers/sql/import_by_contract_judge.sql")
    if imported.kind in {Import.Kind.CUSTOMERS, Import.Kind.INTERACTIONS}:
        sql.run("customers/sql/import_owners.sql")
    if imported.kind in {Import.Kind.INTERACTIONS, Import.Kind.USAGE} and "contact_id" in mapping.filled:
        sql.run("customers/sql/import_contact_of.sql")


def _name_parents(mapping: Mapping, parameters: dict[str, Any], is_whole: bool) -> None:
    """Who the parents are; rows with one nobody knows, or that lead round in a circle, stay out.

    While rows are left to read, nobody is unknown yet.
    """
    if mapping.kind == Import.Kind.CUSTOMERS and "parent" in mapping.filled:
        sql.run("customers/sql/import_parents.sql", parameters)
        for rule in (
            ("loops", "unknown", "loops") if is_whole else ("loops",)
        ):  # what an earlier row of a customer says may count by now
            sql.run(f"customers/sql/import_parents_{rule}.sql")


def _refuse_the_future(imported: Import, today: dt.date) -> None:
    """What is said to have been bought or used after tomorrow did not happen. (Tomorrow: clocks and zones differ.)"""
    day, said = _HAPPENED.get(imported.kind, ("", ""))
    if not day:
        return
    query = names.SQL("UPDATE {} SET reject = 'future_date', field = %s WHERE reject IS NULL AND {} > %s")
    with connection.cursor() as cursor:
        ready = names.Identifier(f"import_ready_{imported.kind}")
        cursor.execute(query.format(ready, names.Identifier(day)), [said, today + dt.timedelta(days=1)])


def _keep_set_apart(imported: Import, layout: Layout, mapping: Mapping) -> None:
    """Rejects and superseded rows of the prepared table, with their cells read again from the file."""
    # A login or a consent said twice is one; equal purchases each count.
    has_last = imported.kind not in {Import.Kind.PURCHASES, Import.Kind.CONSENTS, Import.Kind.LOGINS}
    query = names.SQL(
        "SELECT line, coalesce(reject, 'superseded'), coalesce(field, '') FROM {} WHERE reject IS NOT NULL OR {}"
    )
    superseded = names.SQL("NOT is_last" if has_last else "false")
    with connection.cursor() as cursor:
        cursor.execute(query.format(names.Identifier(f"import_ready_{imported.kind}"), superseded))
        apart = {line: (code, field) for line, code, field in cursor.fetchall()}
    if not apart:
        return
    header = {mapping_field: layout.header[index] for index, mapping_field in mapping.fields.items()}
    for lines, cells in _reread(imported, layout, apart):
        rows = [
            (line, apart[line][0], header.get(apart[line][1], apart[line][1]), row)
            for line, row in zip(lines, cells, strict=True)
        ]
        save_rejects(imported, rows)
    rejected = sum(1 for code, _field in apart.values() if code != "superseded")
    Import.objects.filter(pk=imported.pk).update(rejected=F("rejected") + rejected)


def _reread(imported: Import, layout: Layout, wanted: dict) -> Iterator[tuple[list[int], list[list[str]]]]:
    lines = np.array(sorted(wanted), np.int64)
    for chunk in reading.chunks(path_of(imported), layout):
        found = np.isin(chunk.lines, lines)
        if found.any():
            yield chunk.lines[found].tolist(), chunk.table[found].to_numpy().tolist()
        if len(chunk.lines) and chunk.lines[-1] > lines[-1]:
            return


def _schema(imported: Import) -> str:
    return f"import_{imported.pk}"
