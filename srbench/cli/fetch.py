"""`srbench fetch`."""

from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.errors import UserError
from srbench.places import weights_roots


def fetch(
    ids: Annotated[list[str], typer.Argument(help="Ids of data sets and models, or globs over model ids.")],
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
) -> None:
    """Download data sets and weights into the cache, and check what is there."""
    from srbench.datasets import catalogue
    from srbench.datasets.locate import locate
    from srbench.pinned import Store
    from zoo.select import select

    store = Store(weights_roots(weights_root))
    missing: list[str] = []
    with console.fetching(store):
        for name in ids:
            if name.lower() in catalogue.catalogue():
                images = locate(name, store, scale=4)
                console.err.print(f"{images.id}: {len(images.items)} images, checked")
                continue
            selection = select([name], _scale(name), store, trust_unpinned=trust_unpinned)
            for model in selection.models:
                console.err.print(f"{model.id}: weights checked")
            missing += [f"{model}: {reason}" for model, reason in selection.unavailable.items()]
    if missing:
        raise UserError("not fetched: " + "; ".join(missing))


def _scale(name: str) -> int:
    """A scale the model has; its files are the same for each."""
    from zoo import registry

    card = registry.cards().get(name)
    return card.scales[-1] if card and card.scales else 4
