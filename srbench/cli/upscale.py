"""`srbench upscale`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.cli.run import pick_device
from srbench.errors import BadData, UserError
from srbench.places import weights_roots

if TYPE_CHECKING:
    from rich.progress import Progress

    from zoo.upscaler import Upscaler


def upscale(
    source: Annotated[Path, typer.Argument(metavar="IN", help="An image, or a folder of them at any depth.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .png file, or a folder for a folder.")],
    model: Annotated[str, typer.Option(help="As for `srbench run`, but one.")] = "srresnet",
    fast: Annotated[
        bool, typer.Option("--fast", help="In the fastest mode that costs at most 0.01 dB; measured once.")
    ] = False,
    self_ensemble: Annotated[bool, typer.Option("--self-ensemble", help="Average over 8 flips and rotations.")] = False,
    scale: options.Scale = None,
    device: options.Device = "auto",
    tile: Annotated[int, typer.Option(min=0, help="Side of tiles in pixels of IN; 0: as memory allows.")] = 0,
    memory_mib: Annotated[int, typer.Option(min=0, help="What a tile may take; 0: by the device.")] = 0,
    force: options.Replace = False,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Upscale an image, or every image of a folder.

    Large images go through in tiles with enough overlap that no seam is seen. Of a folder, what OUT holds already is
    kept, so the same command goes on where it was stopped. Images are 8-bit grey or RGB; OUT is PNG.
    """
    from srbench import heap
    from srbench.pinned import Store
    from zoo.mode import Mode
    from zoo.select import one

    heap.keep_freed()
    pairs = _pairs(source, out)
    todo = {target: path for target, path in pairs.items() if force or not target.exists()}
    if source.is_file() and not todo:
        raise BadData(f"{out} is there already; --force replaces it")
    store = Store(weights_roots(weights_root))
    with console.fetching(store):
        chosen = one(model, store, scale, trust_unpinned=trust_unpinned)
    mode = Mode(pick_device(device), tile_px=tile, memory_mib=memory_mib, self_ensemble=self_ensemble)
    why = ""
    if fast:
        choice = options.fastest([chosen], mode, store)[chosen.id]
        mode, why = choice.mode, f" ({choice.why})"
    start = time.perf_counter()
    if todo:
        upscaler = chosen.upscaler(mode)
        with console.bars() as progress:
            for target, path in todo.items():
                _one(upscaler, path, target, progress)
    seconds = time.perf_counter() - start
    said = {"model": chosen.id, "scale": chosen.scale, "mode": mode.describe(), "device": mode.device}
    if json:
        console.print_json(
            {**said, "made": [str(path) for path in todo], "kept": len(pairs) - len(todo), "seconds": round(seconds, 3)}
        )
        return
    kept = f", {len(pairs) - len(todo)} were there" if len(todo) < len(pairs) else ""
    console.out.print(
        f"{len(todo)} image{'' if len(todo) == 1 else 's'} x{chosen.scale} by {chosen.id} in {seconds:.1f} s{kept}: "
        f"{out}{why}",
        soft_wrap=True,
    )


def _pairs(source: Path, out: Path) -> dict[Path, Path]:
    """Each target with its source.

    Raises:
        UserError: There is none, or IN and OUT are not of one kind.
        BadData: Two would have one name.
    """
    from srbench import image

    if source.is_file():
        if out.is_dir():
            return {out / f"{source.stem}.png": source}
        if out.suffix.lower() != ".png":
            raise UserError(f"{out} does not end in .png; outputs are written as PNG")
        return {out: source}
    files = [path for path in source.rglob("*") if path.suffix.lower() in image.EXTENSIONS and path.is_file()]
    files = [path for path in files if out not in path.parents]
    if not files:
        raise UserError(f"{source} is no image and no folder that holds images ({', '.join(image.EXTENSIONS)})")
    if out.is_file() or out.suffix.lower() == ".png":
        raise UserError(f"{out} is a file, but {source} is a folder; give a folder to write to")
    pairs: dict[Path, Path] = {}
    for path in sorted(files):
        target = (out / path.relative_to(source)).with_suffix(".png")
        if target in pairs:
            raise BadData(f"{pairs[target]} and {path} would both become {target}; rename one")
        pairs[target] = path
    return pairs


def _one(upscaler: "Upscaler", path: Path, target: Path, progress: "Progress") -> None:
    from srbench import image

    lr = image.to_tensor(image.read(path))
    task = progress.add_task(path.name, total=upscaler.pieces(lr))
    sr = upscaler.levels(lr, lambda: progress.advance(task))
    image.write(target, image.to_array(sr))
    progress.remove_task(task)
