"""All data sets: every module of `records` is one. No torch is needed to list them."""

import importlib
import json
import pkgutil
from functools import cache
from pathlib import Path

from srbench.datasets.dataset import Dataset, Image
from srbench.errors import UnknownName

_HERE = Path(__file__).parent


@cache
def catalogue() -> dict[str, Dataset]:
    """Every data set by id."""
    names = [info.name for info in pkgutil.iter_modules([str(_HERE / "records")])]
    sets = [importlib.import_module(f"srbench.datasets.records.{name}").DATASET for name in names]
    return {dataset.id: dataset for dataset in sets}


def find(name: str) -> Dataset:
    """Look up a data set by id, in any case.

    Raises:
        UnknownName: No such data set.
    """
    try:
        return catalogue()[name.lower()]
    except KeyError:
        raise UnknownName.closest("data set", name, catalogue(), "srbench datasets, or give a folder") from None


def images(dataset: Dataset) -> list[Image]:
    """The pinned images of a data set, in the order of its manifest; empty where none are pinned."""
    if dataset.manifest is None:
        return []
    records = json.loads((_HERE / "manifests" / dataset.manifest).read_text(encoding="utf-8"))
    return [_image(dataset, record) for record in records]


def _image(dataset: Dataset, record: dict[str, str]) -> Image:
    url = record.get("url")
    extension = Path(url or record["file"]).suffix
    return Image(
        name=record["name"],
        path=f"{dataset.folder}/HR/{record['name']}{extension}",
        pixels_sha256=record["pixels_sha256"],
        sha256=record.get("sha256", ""),
        size_bytes=int(record["bytes"]) if "bytes" in record else None,
        url=url,
    )
