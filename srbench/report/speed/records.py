"""The rows of a session as flat records, the lines of speed.csv."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from srbench.core.comma_separated import comma_separated
from srbench.speed.records import PsnrDrop, SpeedRow, Work


def table_csv(rows: Iterable[SpeedRow], device: Mapping[str, Any]) -> str:
    """Write a line for each row: all fields in full precision; empty where there is no value.

    Quartiles are `q1_ms` and `q3_ms`; fields of `work` and `psnr_drop` begin with these names. The last columns say
    where it was measured, so that lines of several files can stand in one.
    """
    where = {name: device.get(name) for name in MACHINE} | {"torch": (device.get("packages") or {}).get("torch")}
    return comma_separated([*_HEADS, *MACHINE], (_flat(row) | where for row in rows))


MACHINE = ("machine", "cpu", "threads", "driver", "power_limit_w", "most_clock_mhz", "torch", "commit")
"""Columns that say where a line was measured."""
_PARTS: dict[str, list[str]] = {
    "iqr_ms": ["q1_ms", "q3_ms"],
    "work": [f"work_{field.name}" for field in fields(Work)],
    "psnr_drop": [*(f"psnr_drop_{field.name}" for field in fields(PsnrDrop)), "psnr_drop_exceeds_limit"],
}
_HEADS = [head for field in fields(SpeedRow) for head in _PARTS.get(field.name, [field.name])]


def _flat(row: SpeedRow) -> dict[str, Any]:
    record = {name: value for name, value in row.as_dict().items() if name not in _PARTS}
    record |= dict(zip(_PARTS["iqr_ms"], row.iqr_ms, strict=True))
    for name, part in (("work", row.work), ("psnr_drop", row.psnr_drop)):
        record |= {f"{name}_{field}": _said(value) for field, value in asdict(part).items()} if part else {}
    return record | ({"psnr_drop_exceeds_limit": row.psnr_drop.exceeds_limit} if row.psnr_drop else {})


def _said(value: Any) -> Any:
    """Join names, and names with their numbers, in one cell."""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={number}" for name, number in value.items())
    return " ".join(value) if isinstance(value, tuple) else value
