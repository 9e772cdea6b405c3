"""Parquet and Feather files, through pyarrow, which only these need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from gateways.errors import FeedError, FeedMalformed
from gateways.replay._description import Format
from gateways.replay._plan import FilePlan

ROWS_PER_BLOCK = 2000

Rows = Iterator[list[tuple[Any, ...]]]


def arrow_table(plan: FilePlan) -> tuple[tuple[str, ...], Rows, bool]:
    """Header, rows, and whether the time stamps among their cells are instants already (nanoseconds UTC)."""
    try:
        import pyarrow as arrow  # noqa: PLC0415  (an optional extra)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise FeedError(
            f"{plan.path}: reading {plan.format.value} needs pyarrow. "
            f"Install it: pip install 'understudy[parquet]'."
        ) from None
    try:
        if plan.format is Format.PARQUET:
            table = parquet.ParquetFile(plan.path)
            schema, batches = table.schema_arrow, table.iter_batches(batch_size=ROWS_PER_BLOCK)
        else:
            file = arrow.ipc.open_file(arrow.memory_map(str(plan.path)))
            schema, batches = file.schema, map(file.get_batch, range(file.num_record_batches))
    except (arrow.ArrowInvalid, OSError) as error:
        raise _damaged(plan, error) from None
    stamps = [field.type for field in schema if arrow.types.is_timestamp(field.type)]
    are_instants = bool(stamps) and (plan.time.zone is UTC or all(stamp.tz for stamp in stamps))
    return tuple(schema.names), _rows(plan, batches, are_instants=are_instants), are_instants


def _rows(plan: FilePlan, batches: Iterator[Any], *, are_instants: bool) -> Rows:
    import pyarrow as arrow  # noqa: PLC0415

    try:
        for batch in batches:
            for begin in range(0, batch.num_rows, ROWS_PER_BLOCK):
                part = batch.slice(begin, ROWS_PER_BLOCK)
                yield list(
                    zip(*[_cells(column, are_instants=are_instants) for column in part.columns], strict=True)
                )
    except (arrow.ArrowInvalid, OSError) as error:
        raise _damaged(plan, error) from None


def _cells(column: Any, *, are_instants: bool) -> list[Any]:
    """Python values; a time stamp becomes nanoseconds UTC, or a wall time where its zone is the description's."""
    import pyarrow as arrow  # noqa: PLC0415

    if arrow.types.is_timestamp(column.type):
        zone = column.type.tz
        column = column.cast(arrow.timestamp("ns" if are_instants else "us", tz=zone))
        column = column.cast(arrow.int64()) if are_instants else column
    cells: list[Any] = column.to_pylist()
    return cells


def _damaged(plan: FilePlan, error: Exception) -> FeedMalformed:
    detail = str(error).splitlines()[0]
    return FeedMalformed(
        f"{plan.path}: not a {plan.format.value} file, or a damaged one ({detail}). "
        f"Copy it again from where it came."
    )
