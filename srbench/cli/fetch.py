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
    from zoo import registry
    from zoo.select import available

    store = Store(weights_roots(weights_root))
    missing: list[str] = []
    with console.fetching(store):
        for name in ids:
            if name.lower() in catalogue.catalogue():
                images = locate(name, store, scale=4)
                console.err.print(f"{images.id}: {len(images.items)} images, checked")
                continue
            for card in registry.matching(name):
                try:
                    available(card, card.usual_scale, store, trust_unpinned)
                    console.err.print(f"{card.id}: weights checked")
                except UserError as error:
                    missing.append(f"{card.id}: {error}")
    if missing:
        raise UserError("not fetched: " + "; ".join(missing))
