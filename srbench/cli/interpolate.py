"""`srbench interpolate`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, names, options
from srbench.cli.export import check_free, report
from srbench.core.files import require_place
from srbench.core.paths import weights_roots


def interpolate(
    psnr: Annotated[str, typer.Argument(help="Id or weight file of the model that was trained for PSNR.")],
    gan: Annotated[str, typer.Argument(help="Id or weight file of the model that was fine-tuned from it with a GAN.")],
    alpha: Annotated[
        float,
        typer.Option(help="Weight of GAN, from 0 (only PSNR) to 1 (only GAN); the authors of ESRGAN show 0.8."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, .safetensors or .onnx; by default GAN@ALPHA.safetensors."),
    ] = None,
    scale: options.Scale = None,
    half: options.Half = False,
    force: options.Replace = False,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Interpolate between the weights of two models with the same network (ESRGAN, section 3.4)."""
    names.refuse_unknown(models=[psnr, gan])
    from srbench.core.assets import AssetStore
    from srbench.models.export import write
    from srbench.models.interpolation import SIGN, between
    from srbench.models.select import select_one

    if out:
        require_place(out)
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    with console.fetching(store):
        first, second = (select_one(name, store, scale) for name in (psnr, gan))
    id_ = f"{second.id}{SIGN}{alpha:g}"
    target = out or Path(f"{id_}.safetensors")
    check_free(target, force)
    report(write(between(first, second, alpha, id_), target, half=half), json=json)
