"""All data sets: every module of `records`, and those that other packages register. No torch is needed to list them."""

from functools import cache
from pathlib import Path

from srbench.core import bibliography, plugins
from srbench.core.bibliography import Entry
from srbench.core.plugins import Plugin
from srbench.datasets import manifest
from srbench.datasets.dataset import Dataset, Image
from srbench.errors import UnknownName, UserError

_MANIFESTS = Path(__file__).parent / "manifests"


@cache
def catalogue() -> dict[str, Dataset]:
    """Every data set by id.

    Raises:
        NameClash: Two data sets have one id.
    """
    return plugins.by_name("data sets", [(dataset.id, dataset, plugin.address) for dataset, plugin in _listed()])


def find(name: str) -> Dataset:
    """Look up a data set by id, in any case.

    Raises:
        UnknownName: No such data set.
    """
    try:
        return catalogue()[name.lower()]
    except KeyError:
        unknown = UnknownName.closest("data set", name, catalogue(), "srbench datasets, or give a folder")
        raise UnknownName(f"{unknown}{plugins.load(plugins.DATASETS).hint()}") from None


def origin(dataset: Dataset) -> str:
    """The package that registers a data set, as in "package superres 1.2"; empty for this project's own."""
    return _plugin(dataset).origin


def images(dataset: Dataset) -> list[Image]:
    """The pinned images of a data set, in the order of its manifest; empty where none are pinned.

    Raises:
        BadData: The manifest cannot be read.
    """
    if dataset.manifest is None:
        return []
    return manifest.read(_folder(dataset) / dataset.manifest, dataset.folder)


@cache
def references() -> tuple[Entry, ...]:
    """Return the publications of data sets, about their ids."""
    return bibliography.beside(plugin.module for _, plugin in _listed())


def _folder(dataset: Dataset) -> Path:
    """Folder of a data set's manifest: that of its module, for those of other packages."""
    plugin = _plugin(dataset)
    return Path(plugin.module.__file__ or "").parent if plugin.origin else _MANIFESTS


def _plugin(dataset: Dataset) -> Plugin:
    return next(plugin for other, plugin in _listed() if other is dataset)


@cache
def _listed() -> tuple[tuple[Dataset, Plugin], ...]:
    own = plugins.walk("srbench.datasets.records")
    others = [plugin for plugin in plugins.load(plugins.DATASETS).plugins if hasattr(plugin.module, "DATASET")]
    for plugin in others:
        dataset = plugin.module.DATASET
        if not isinstance(dataset, Dataset) or dataset.id != dataset.id.lower():
            raise UserError(
                f"DATASET of {plugin.address} is {dataset!r:.80}; expected a srbench.datasets.dataset.Dataset with an "
                "id in lower case"
            )
    return tuple((plugin.module.DATASET, plugin) for plugin in (*own, *others))
