"""`srbench export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, names, options
from srbench.core.files import require_place
from srbench.core.paths import weights_roots
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.models.export import Exported


def export(
    model: Annotated[
        str, typer.Argument(metavar="ID", help="Model: an id, an interpolation id@alpha, or a weight file.")
    ],
    out: Annotated[Path, typer.Argument(help="File to write, which ends in .safetensors or .onnx.")],
    scale: options.Scale = None,
    half: options.Half = False,
    force: options.Replace = False,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Write a model to one file with its card: .safetensors for srbench run, .onnx for other software.

    An ONNX file is checked against torch, and the largest difference is printed.
    """
    check_free(out, force)
    names.refuse_unknown(models=[model])
    from srbench.core.assets import AssetStore
    from srbench.models.export import write
    from srbench.models.select import select_one

    require_place(out)
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    with console.fetching(store):
        chosen = select_one(model, store, scale)
    report(write(chosen, out, half=half), json=json)


def check_free(path: Path, force: bool) -> None:
    """Refuse to replace a file without --force.

    Raises:
        UserError: The file exists.
    """
    if path.exists() and not force:
        raise UserError(f"{path} is there already; replace it with --force, or choose another name")


def report(exported: "Exported", *, json: bool) -> None:
    """Print what was written."""
    if json:
        console.print_json(exported.as_dict())
        return
    facts = exported.facts
    size = f"{int(facts['parameters']):,} parameters, {exported.size_bytes / 1e6:.1f} MB"
    line = f"{exported.path}: {facts['id']}, {facts['arch']} x{facts['scale']}, {size}"
    console.out.print(line, markup=False, soft_wrap=True)  # a path may hold brackets, and is not to be broken
    if exported.max_abs_difference is not None:
        console.out.print(f"largest difference from torch on [0, 1]: {exported.max_abs_difference:.2g}")
