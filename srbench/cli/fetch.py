"""`srbench fetch`."""

from typing import Annotated

import typer

from srbench.cli import console, names, options
from srbench.core.paths import weights_roots
from srbench.core.wording import counted
from srbench.datasets import catalogue
from srbench.errors import UserError


def fetch(
    ids: Annotated[
        list[str],
        typer.Argument(
            help="Ids of data sets, models or metrics; 'esrgan*' stands for all models that begin so; "
            "openmodeldb:ID; hf:ORG/REPO@REVISION/FILE."
        ),
    ],
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
) -> None:
    """Download data sets and weights of models and metrics into the cache, and check their hashes."""
    measured = [name for name in ids if name.lower() in names.metric_names()]
    names.refuse_unknown(models=[name for name in ids if name.lower() not in (*catalogue.catalogue(), *measured)])
    from srbench.core.assets import AssetStore
    from srbench.datasets.locate import locate
    from srbench.metrics.catalogue import find
    from srbench.models import doors, registry
    from srbench.models.availability import fetch_model

    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    missing: list[str] = []
    with console.fetching(store):
        for name in ids:
            if name.lower() in catalogue.catalogue():
                images = locate(name, store, scale=4)
                console.err.print(f"{images.id}: {counted(len(images.items), 'image')}, checked")
                continue
            if name in measured:
                find(name).open(store)
                console.err.print(f"{name}: weights checked")
                continue
            if doors.leads_to(name):
                console.err.print(f"{doors.open_door(name, None, store).origin}: checked")
                continue
            for card in registry.matching(name):
                try:
                    fetch_model(card, card.usual_scale, store)
                    console.err.print(f"{card.id}: weights checked")
                except UserError as error:
                    missing.append(f"{card.id}: {error}")
    if missing:
        raise UserError("not fetched: " + "; ".join(missing))
