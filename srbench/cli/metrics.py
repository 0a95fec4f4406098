"""`srbench metrics`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import console, names, options
from srbench.core import plugins
from srbench.metrics import card
from srbench.report.table import Page, Section, Table, text_column, text_rows

if TYPE_CHECKING:
    from srbench.metrics.card import Card

_READS = {"protocol": "the protocol's channel", "rgb": "RGB", "y": "luma", "grey": "grey (MATLAB's rgb2gray)"}
_SHORT = {"protocol": "protocol", "rgb": "RGB", "y": "Y", "grey": "grey"}
_NOT_OFFERED = (
    "MUSIQ, MANIQA, CLIPIQA, TOPIQ, LIQE, Q-Align: weights in no package index.",
    "PieAPP, NRQM/PI: weights in no package index.",
    "MATLAB's own NIQE: not the authors' model; its parameters are not free.",
)


def metrics(
    metric: Annotated[str | None, typer.Argument(help="Name of a metric of which to print all that is known.")] = None,
    json: options.Json = False,
) -> None:
    """List the metrics: range, direction, what they read and need; or print all that is known of one."""
    if metric is not None:
        names.refuse_unknown(metrics=[metric])
    records = _records()
    if metric is not None:
        record = _find(records, metric)
        console.print_json(record) if json else _show(record)
        return
    if json:
        console.print_json(list(records.values()))
    else:
        console.show(_page(records))
    console.print_failures(plugins.load(plugins.METRICS).failures)


def _records() -> dict[str, dict[str, Any]]:
    """Describe all metrics; torch is loaded only where another package registers some."""
    if not plugins.points(plugins.METRICS):
        return {name: _record(known, "") for name, known in card.own().items()}
    from srbench.metrics.catalogue import catalogue, origin

    return {name: _record(known, origin(known)) for name, known in catalogue().items()}


def _record(known: "Card", origin: str) -> dict[str, Any]:
    facts = {key: value for key, value in vars(known).items() if key != "open"}
    return facts | {"range": known.range, "needs": known.needs, "origin": origin}


def _find(records: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name.lower() in ("ssim", "lpips"):  # the protocols' own flavours
        name = {"ssim": "ssim.wang", "lpips": "lpips.alex"}[name.lower()]
    known = {each.lower(): record for each, record in records.items()}
    if name.lower() not in known:
        from srbench.metrics.catalogue import find

        find(name)  # refuses it, with what could not be loaded
    return known[name.lower()]


def _page(records: dict[str, dict[str, Any]]) -> Page:
    columns = [text_column(head) for head in ("name", "unit", "better", "range", "reads", "needs", "px")]
    others = any(record["origin"] for record in records.values())
    rows = text_rows(
        (
            *(record["name"], record["unit"], "higher" if record["higher_is_better"] else "lower", record["range"]),
            *(_SHORT[record["reads"]], record["needs"], str(record["smallest_px"])),
            *([record["origin"]] if others else []),
        )
        for record in records.values()
    )
    columns += [text_column("from")] if others else []
    more = ("px: shortest side that it takes. Source, licence, traps: srbench metrics NAME",)
    sections = (Section("Not offered", _NOT_OFFERED, "list", "dim"), Section("More", more, tone="dim"))
    return Page("", tables=(Table("metrics", "", tuple(columns), rows),), sections=sections)


def _show(record: dict[str, Any]) -> None:
    border = record["border"] or record["reads"] == "protocol"
    facts = {
        "title": record["title"] + (f" [{record['unit']}]" if record["unit"] else ""),
        "better": "higher" if record["higher_is_better"] else "lower",
        "range": record["range"],
        "reads": f"{_READS[record['reads']]}, " + ("inside the protocol's border" if border else "the whole image"),
        "needs": record["needs"],
        "smallest image": f"{record['smallest_px']} px",
        "source": record["reference"],
        "licence": record["licence"],
        "weights": record["weights"],
        "version": record["version"],
        "from": record["origin"],
        "spread": record["spread"] or "none: equal bits at any number of threads",
    }
    lines = [record["name"], *(f"  {name}: {text}" for name, text in facts.items() if text)]
    if record["golden"]:
        values = ", ".join(f"{pair} {value}" for pair, value in zip(card.PAIRS, record["golden"], strict=True))
        lines.append(f"  golden values on pairs of TID2013: {values} ({record['golden_source']})")
    if record["golden_gaps"]:
        off = [f"{pair} {gap:g}" for pair, gap in zip(card.PAIRS, record["golden_gaps"], strict=True) if gap]
        lines.append(f"  ours lie off by up to: {', '.join(off)}")
    lines += [f"  trap: {text}" for text in record["traps"]]
    console.print_text("\n".join(lines) + "\n")
