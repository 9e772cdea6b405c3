"""Which column of a file holds which field of a record."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gateways.errors import FeedMalformed
from gateways.replay._description import Kind
from gateways.replay._loading import nearest
from gateways.replay._plan import FilePlan
from gateways.replay._records import PRICES, SIDES, SIZES, TEXTS, RecordPlan

TIME_NAMES = ("time", "date", "timestamp", "datetime")
"""A column of one of these names holds the time, where the description does not say which does."""


def fields_of(kind: Kind) -> tuple[str, ...]:
    """Every field that a column may be given for."""
    sides = SIDES if kind is Kind.BAR else ()
    return ("time", "symbol", *PRICES[kind], *sides, *SIZES[kind], *TEXTS[kind])


def resolve_columns(record: RecordPlan, plan: FilePlan, header: Sequence[str] | None) -> RecordPlan:
    """The plan with a column for each field; without a header, what is not told has the field's own name.

    Raises FeedMalformed for a column that the file does not have.
    """
    told = record.columns
    required = _required(record, header)
    optional = [*SIZES[record.kind], *TEXTS[record.kind]]
    columns = {}
    for field in (*required, *optional):
        column = told[field] if field in told else _of_same_name(field, header)
        if column is None and field in required:
            column = field
        if column is not None and (field in told or field in required or header is not None):
            columns[field] = _present(field, column, plan=plan, header=header)
    return msgspec.structs.replace(record, columns=columns)


def _required(record: RecordPlan, header: Sequence[str] | None) -> list[str]:
    sided = "bid_open" in record.columns
    if record.kind is Kind.BAR and header is not None and _of_same_name("open", header) is None:
        sided = sided or ("open" not in record.columns and _of_same_name("bid_open", header) is not None)
    prices = SIDES if sided else PRICES[record.kind]
    return ["time", *(["symbol"] if record.symbol is None else []), *prices]


def _of_same_name(field: str, header: Sequence[str] | None) -> str | None:
    """The column named like the field, whatever its case."""
    names = TIME_NAMES if field == "time" else (field,)
    for column in header or ():
        if column.lower() in names:
            return column
    return None


def _present(field: str, column: str, *, plan: FilePlan, header: Sequence[str] | None) -> str:
    if header is not None and column not in header:
        hint = nearest(column, header) or f" It has: {', '.join(map(repr, header))}."
        where = f" Correct columns.{field} in {plan.description}." if plan.description else ""
        raise FeedMalformed(f"{plan.path}:1: there is no column {column!r} for {field}.{hint}{where}")
    return column
