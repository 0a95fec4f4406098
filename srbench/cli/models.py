"""`srbench models`."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import console, names, options
from srbench.core import plugins
from srbench.errors import UserError
from srbench.report.table import Column, Page, Section, Table, text_column, text_rows

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from srbench.core.assets import AssetStore
    from srbench.models.card import Card

_FP32_BYTES = 4
_MEANINGS = {
    "none needed": "the model has no weights",
    "at hand": "the weights are on this machine",
    "can be fetched": "srbench downloads the weights when they are first used, or by: srbench fetch ID",
    "by hand": "no program can fetch the weights; `srbench models ID` says where they are",
    "not pinned": "no SHA-256 of the weights is known; srbench run --trust-unpinned uses them all the same",
}


def models(
    model: Annotated[
        str | None,
        typer.Argument(help="Id of a model, or of a family, or openmodeldb:ID, of which to print all that is known."),
    ] = None,
    openmodeldb: Annotated[
        str | None,
        typer.Option(
            help="Search OpenModelDB, the catalogue of a community, for records with all of these words, as in "
            "'4x photo'; srbench run takes them as openmodeldb:ID."
        ),
    ] = None,
    json: options.Json = False,
    weights_root: options.WeightsRoot = None,
) -> None:
    """List the models and which of them are at hand; or print all that is known of one."""
    if openmodeldb is not None:
        if model is not None:
            raise UserError(f"'{model}' and --openmodeldb ask for two things; give one of them")
        _search(openmodeldb, weights_root, json=json)
        return
    names.refuse_unknown(models=[model] if model else [])
    if model is not None and model.lower().startswith("openmodeldb:"):
        _show_record(model.partition(":")[2], weights_root, json=json)
        return
    from srbench.core.assets import AssetStore
    from srbench.core.paths import weights_roots
    from srbench.models import registry

    store = AssetStore(weights_roots(weights_root))
    if model is not None:
        builder = registry.builder(model)
        _show(_built(builder) if builder else _record(registry.find(model), store), json=json)
        return
    records = [_record(card, store) for card in registry.cards().values()]
    records += [_built(point) for point in registry.builders().values()]
    if json:
        console.print_json(records)
    else:
        console.show(_page(records))
    console.print_failures(registry.failures())


def _search(words: str, weights_root: Path | None, *, json: bool) -> None:
    """Print the records of OpenModelDB that hold all words."""
    from srbench.core.assets import AssetStore
    from srbench.core.paths import weights_roots
    from srbench.models import openmodeldb

    store = AssetStore(weights_roots(weights_root))
    with console.fetching(store):
        found, known = openmodeldb.search(words, store)
    if json:
        console.print_json([record.as_dict() for record in found])
        return
    columns = (*map(text_column, ("id", "scale", "network", "licence", "file")), text_column("author", rank=1))
    rows = text_rows(
        (f.id, str(f.scale), f.architecture, f.licence or "not stated", f.obtainable, f.author) for f in found
    )
    said = (
        f"{len(found)} of {known} records. srbench run --models openmodeldb:ID takes one; its author and licence stand "
        "under the table.",
        *(["NC in a licence: not for commercial use."] if any(record.non_commercial for record in found) else []),
    )
    table = Table("openmodeldb", "", columns, rows)
    console.show(Page("", tables=(table,) if found else (), sections=(Section("OpenModelDB", said, tone="dim"),)))


def _show_record(id_: str, weights_root: Path | None, *, json: bool) -> None:
    """Print what OpenModelDB says of one model."""
    from srbench.core.assets import AssetStore
    from srbench.core.paths import weights_roots
    from srbench.models import openmodeldb

    record = openmodeldb.fetch_record(id_, AssetStore(weights_roots(weights_root)))
    if json:
        console.print_json(record.as_dict())
        return
    facts = {
        "architecture": record.architecture,
        "scale": str(record.scale),
        "status": record.hindrance() or record.obtainable,
        "licence": record.licence or "not stated",
        "author": record.author,
    }
    lines = [f"{openmodeldb.PREFIX}{record.id}", *(f"  {name}: {text}" for name, text in facts.items())]
    lines += [f"  file: {url}, sha256 {file.sha256 or 'not stated'}" for file in record.resources for url in file.urls]
    console.print_text("\n".join(lines) + "\n")


def _record(card: "Card", store: "AssetStore") -> dict[str, Any]:
    from srbench.models import registry

    return asdict(card) | {
        "settings": dict(card.settings),
        "family": card.family,
        "paper": registry.archs()[card.arch].paper,
        "pinned": all(file.sha256 for file in card.files),
        "at_hand": all(file.sha256 and store.at_hand(file) is not None for file in card.files),
        "origin": registry.origin_of_card(card),
    }


def _built(point: "EntryPoint") -> dict[str, Any]:
    from srbench.models.card import Card

    unknown = asdict(Card(point.name, point.value, 0, "", "")) | {"settings": {}, "parameters": None, "scales": ()}
    known = {"family": point.name, "paper": "", "pinned": True, "at_hand": True, "origin": plugins.origin(point)}
    return unknown | known


def _page(records: list[dict[str, Any]]) -> Page:
    columns = [
        text_column("id"),
        text_column("scale"),
        Column("parameters"),
        Column("size"),
        text_column("status"),
        text_column("from", rank=1),
    ]
    rows = text_rows(
        (record["id"], _scales(record), _parameters(record), _size(record), status(record), record["origin"])
        for record in records
    )
    found = {status(record) for record in records}
    meanings = tuple(f"{name}: {meaning}" for name, meaning in _MEANINGS.items() if name in found)
    rest = ("~: estimated, 4 bytes a parameter.", "Licence, source, scores and files of a model: srbench models ID")
    sections = (Section("Status", meanings, "list", "dim"), Section("More", rest, tone="dim"))
    return Page("", tables=(Table("models", "", tuple(columns), rows),), sections=sections)


def status(record: Mapping[str, Any]) -> str:
    """Return in two or three words whether the weights of a record can be had."""
    if not record["files"]:
        return "none needed"
    if record["at_hand"]:
        return "at hand"
    if not record["pinned"]:
        return "not pinned"
    return "can be fetched" if all(file["url"] for file in record["files"]) else "by hand"


def _scales(record: Mapping[str, Any]) -> str:
    return ",".join(map(str, record["scales"])) or "any"


def _parameters(record: Mapping[str, Any]) -> str:
    return "" if record["parameters"] is None else f"{record['parameters']:,}"


def _size(record: Mapping[str, Any]) -> str:
    """Size of the weight files together; ~ before an estimate."""
    sizes = [file["size_bytes"] for file in record["files"]]
    if not sizes:
        return ""
    return "~" + _bytes(_FP32_BYTES * record["parameters"], 1) if None in sizes else _bytes(sum(sizes))


def _bytes(count: int, decimals: int = 2) -> str:
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.{decimals if count < 1e7 else 0}f} MB"


def _show(record: dict[str, Any], *, json: bool) -> None:
    if json:
        console.print_json(record)
        return
    facts = {
        "architecture": record["arch"] + "".join(f", {name} {value}" for name, value in record["settings"].items()),
        "scale": _scales(record),
        "parameters": _parameters(record),
        "status": f"{status(record)} ({_MEANINGS[status(record)].replace('ID', record['id'])})",
        "licence": record["licence"],
        "source": record["source"],
        "paper": record["paper"],
        "from": record["origin"],
        "weights are at": record["where"],
        "trained on": ", ".join(record["trained_on"]),
        "training": _training(record["training"]),
        "PSNR partner": record["psnr_partner"],
        "note": record["note"],
    }
    lines = [record["id"], *(f"  {name}: {text}" for name, text in facts.items() if text)]
    lines += [f"  claimed: {_claim(claim)}" for claim in record["claims"]]
    lines += [f"  file: {_file(file)}" for file in record["files"]]
    console.print_text("\n".join(lines) + "\n")


def _training(training: Mapping[str, Any] | None) -> str:
    if training is None:
        return ""
    return "recipe {recipe}, {steps:,} steps, seed {seed}, {hours} h on {device}; {images}".format(**training)


def _claim(claim: Mapping[str, Any]) -> str:
    scores = f"{claim['psnr']:.2f} dB"
    scores += f", SSIM {claim['ssim']:.4f}" if claim["ssim"] is not None else ""
    scores += f", LPIPS {claim['lpips']:.4f}" if claim["lpips"] is not None else ""
    return f"{claim['dataset']}, {claim['protocol']}: {scores} ({claim['source']})"


def _file(file: Mapping[str, Any]) -> str:
    size = _bytes(file["size_bytes"]) if file["size_bytes"] else ""
    hash_ = f"sha256 {file['sha256']}" if file["sha256"] else "no SHA-256 known"
    parts = [file["path"].removeprefix("weights/"), size, hash_, file["url"] or ""]
    return ", ".join(part for part in parts if part)
