"""What a run was asked for, in words that another process can read; each process makes its own plan of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from srbench.core.assets import AssetStore
from srbench.core.names import split_label
from srbench.core.paths import weights_roots
from srbench.datasets.locate import ImageSet, locate
from srbench.evaluation import caveats, scoring, set_names
from srbench.evaluation.plan import Plan, names_given
from srbench.evaluation.results import RunFolder
from srbench.models import naming
from srbench.models.mode import Mode
from srbench.models.select import select
from srbench.protocol import Protocol


@dataclass(frozen=True)
class Request:
    """A run as it was typed.

    Attributes:
        models: Names as for `srbench.models.select.select`.
        datasets: Ids of data sets, or folders; NAME=FOLDER gives one a name.
        metrics: Names of metrics.
        protocol: Conventions of LR and metrics.
        mode: Mode in which networks run.
        modes: Modes by model id, of models that run in another one.
        lr: Folder of given LR images.
        pairs: How their files are named.
        limit: Number of images of each data set; None for all.
        data_root: Folder with copies of data sets.
        weights_root: Folder searched for weight files.
        trust_unpinned: Whether weights may be loaded that no hash is known for.
        save_images: Whether outputs are kept.
        force: Whether values that are there are computed again.
    """

    models: tuple[str, ...]
    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    protocol: Protocol
    mode: Mode
    modes: Mapping[str, Mode] = field(default_factory=dict)
    lr: Path | None = None
    pairs: str = ""
    limit: int | None = None
    data_root: Path | None = None
    weights_root: Path | None = None
    trust_unpinned: bool = False
    save_images: bool = False
    force: bool = False

    def store(self) -> AssetStore:
        """Return where files come from."""
        return AssetStore(weights_roots(self.weights_root), trust_unpinned=self.trust_unpinned)

    def locate(self, name: str, store: AssetStore) -> ImageSet:
        """Find a data set."""
        found = partial(locate, scale=self.protocol.scale, data_root=self.data_root, lr_dir=self.lr, limit=self.limit)
        return found(name, store=store, pairs=self.pairs)

    def plan(self, folder: RunFolder, store: AssetStore) -> Plan:
        """Find models, data sets and metrics, fetching what is missing.

        Args:
            folder: Folder of the run, which has given names in earlier calls.
            store: Where files come from.

        Raises:
            UserError: What was asked for cannot be had.
        """
        scorers = scoring.scorers(list(self.metrics), self.protocol, store)
        labelled = [split_label(typed) for typed in self.datasets]
        found = [replace(self.locate(name, store), label=label) for label, name in labelled]
        sets = set_names.named(found, names_given(folder, "datasets", set_names.reserved()))
        given = names_given(folder, "models", naming.reserved())
        selection = select(self.models, self.protocol.scale, store, given, keep_failed=True)
        return Plan(
            models=selection.models,
            sets=sets,
            protocol=self.protocol,
            scorers=scorers,
            mode=self.mode,
            modes=self.modes,
            save_images=self.save_images,
            force=self.force,
            caveats=caveats.collect(selection.models, sets, self.protocol, [one.metric for one in scorers]),
            unavailable=selection.unavailable,
            failed=selection.failed,
        )
