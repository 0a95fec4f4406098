"""What a run would do and fetch, found without writing anything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from srbench.core.assets import DryStore, PinnedFile
from srbench.core.names import fits, split_label
from srbench.datasets.locate import ImageSet
from srbench.errors import DownloadError, MissingData, MissingWeights, UserError
from srbench.evaluation import scoring, set_names
from srbench.evaluation.expected import Expected, expect
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.plan import Plan, names_given
from srbench.evaluation.results import RunFolder
from srbench.models import naming, registry
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.select import select
from srbench.protocol import Protocol

_Found = TypeVar("_Found")


@dataclass
class Forecast:
    """What a run would do.

    Attributes:
        models: Ids of models that would run, those whose weights are to be fetched among them.
        datasets: Numbers of images of the data sets by their ids; None where the images are to be fetched.
        kept: Number of values that are there already.
        fetched: Files that would be fetched.
        unavailable: Reasons by id of models that could not run.
        expected: What the models and images that are at hand would take.
    """

    models: list[str] = field(default_factory=list)
    datasets: dict[str, int | None] = field(default_factory=dict)
    kept: int = 0
    fetched: list[PinnedFile] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)


def foresee(
    models: Sequence[str],
    datasets: Sequence[str],
    metrics: Sequence[str],
    protocol: Protocol,
    folder: RunFolder,
    store: DryStore,
    locate: Callable[[str], ImageSet],
    mode: Mode,
    *,
    save_images: bool = False,
    force: bool = False,
) -> Forecast:
    """Find what a run would do.

    Args:
        models: Names as for `srbench.models.select.select`.
        datasets: Ids of data sets, or folders.
        metrics: Names of metrics.
        protocol: Conventions of the run.
        folder: Folder of the run, which need not exist.
        store: Store that downloads nothing.
        locate: Function that finds a data set with this store.
        mode: Mode in which networks run.
        save_images: Whether outputs are kept.
        force: Whether values that are there are computed again.

    Raises:
        UserError: The run would be refused.
    """
    forecast = Forecast()
    opened = [_tried(store, partial(scoring.scorers, [name], protocol, store)) for name in metrics]
    scorers = [scorer for found in opened if found for scorer in found]
    sets: list[ImageSet] = []
    for typed in datasets:
        label, name = split_label(typed)
        images = _tried(store, partial(locate, name))
        if images is None:
            forecast.datasets[label or name] = None
        else:
            sets.append(replace(images, label=label))
    sets = set_names.named(sets, names_given(folder, "datasets", set_names.reserved()))
    forecast.datasets |= {images.id: len(images.items) for images in sets}
    chosen = _models(models, protocol, folder, store, forecast)
    forecast.kept = _kept(folder, chosen, sets)
    plan = Plan(chosen, sets, protocol, scorers, mode, save_images=save_images, force=force)
    forecast.expected = expect(plan, folder)
    forecast.fetched = list(dict.fromkeys(store.wanted))
    return forecast


def _tried(store: DryStore, find: Callable[[], _Found]) -> _Found | None:
    """Return what is found; None where files would be fetched for it."""
    before = len(store.wanted)
    try:
        return find()
    except (MissingWeights, MissingData, DownloadError):
        if len(store.wanted) == before:
            raise
        return None


def _models(
    names: Sequence[str], protocol: Protocol, folder: RunFolder, store: DryStore, forecast: Forecast
) -> list[Model]:
    given = names_given(folder, "models", naming.reserved())
    chosen: list[Model] = []
    for alternatives, asked in _alternatives(names):
        for name in alternatives:
            try:
                selection = _tried(store, partial(select, [name], protocol.scale, store, given))
            except UserError as error:
                if asked:
                    raise
                forecast.unavailable[name] = str(error)
                continue
            chosen += selection.models if selection else []
            forecast.unavailable |= selection.unavailable if selection else {}
            forecast.models += [model.id for model in selection.models] if selection else [name]
            break
    return chosen


def _alternatives(names: Sequence[str]) -> list[tuple[list[str], bool]]:
    """Return for each model the names to try in turn, and whether it was asked for by its own name."""
    cards = registry.cards().values()
    found: list[tuple[list[str], bool]] = []
    for name in names:
        if matching := [card.id for card in cards if set(name) & set("*?[") and fits(card.id, name)]:
            found += [([id_], False) for id_ in matching]
        else:
            found.append(([name], True))
    return found


def _kept(folder: RunFolder, models: Sequence[Model], sets: Sequence[ImageSet]) -> int:
    """Count the values of these models on these images that are there already."""
    fingerprints = {model.id: model.fingerprint for model in models}
    contents = {(images.id, item.name): (item.hr_sha256, item.lr_sha256) for images in sets for item in images.items}
    return sum(
        row.pipeline == PIPELINE
        and fingerprints.get(row.model) == row.identity
        and contents.get((row.dataset, row.image)) == (row.hr, row.lr)
        for row in folder.rows()
    )
