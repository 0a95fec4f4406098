"""`srbench datasets | metrics | protocols`."""

from dataclasses import asdict
from typing import Any

from srbench import protocol as conventions
from srbench.cli import console, options
from srbench.core import plugins
from srbench.datasets import catalogue as datasets_catalogue
from srbench.report.table import Table, text_column, text_rows


def _without(columns: dict[str, Any], head: str) -> dict[str, Any]:
    return {name: column for name, column in columns.items() if name != head}


def datasets(json: options.Json = False) -> None:
    """List the data sets: images, licences, where they come from."""
    records = [asdict(dataset) for dataset in datasets_catalogue.catalogue().values()]
    for record, dataset in zip(records, datasets_catalogue.catalogue().values(), strict=True):
        record["origin"] = datasets_catalogue.origin(dataset)
    columns = {
        "id": lambda r: r["id"],
        "images": lambda r: str(r["count"]),
        "pinned": lambda r: "yes" if r["manifest"] else "no",
        "licence": lambda r: r["licence"],
        "where": lambda r: r["where"],
        "from": lambda r: r["origin"],
    }
    _print(records, columns if any(record["origin"] for record in records) else _without(columns, "from"), json)
    console.print_failures(plugins.load(plugins.DATASETS).failures)


def protocols(json: options.Json = False) -> None:
    """List the protocols: how LR is made and what metrics see."""
    records = [protocol.as_dict() for protocol in conventions.PROTOCOLS.values()]
    described = {name: protocol.describe() for name, protocol in conventions.PROTOCOLS.items()}
    columns = {
        "name": lambda r: r["name"],
        "conventions": lambda r: described[r["name"]].partition(": ")[2],
        "source": lambda r: r["source"],
    }
    _print(records, columns, json)


def _print(records: list[dict[str, Any]], columns: dict[str, Any], json: bool) -> None:
    if json:
        console.print_json(records)
        return
    rows = text_rows((column(record) for column in columns.values()) for record in records)
    console.show_table(Table("list", "", tuple(map(text_column, columns)), rows))
