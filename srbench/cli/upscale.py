"""`srbench upscale`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, names, options
from srbench.core import files
from srbench.core.paths import weights_roots
from srbench.core.progress import Progress, track
from srbench.errors import BadData, BadOutput, ShapeError, UserError, reason
from srbench.models.mode import parse as parse_mode

if TYPE_CHECKING:
    from srbench.models.mode import Mode as ModeOfModel
    from srbench.models.model import Model
    from srbench.models.upscaler import Upscaler

_BYTES_A_SAMPLE = 4
"""Memory that an output takes while it is put together and written, for each pixel and channel."""


def upscale(
    source: Annotated[Path, typer.Argument(metavar="IN", help="An image, or a folder of them at any depth.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .png file, or a folder for a folder.")],
    model: Annotated[str, typer.Option(help="One model, named as for `srbench run`.")] = "srresnet",
    mode: options.Mode = "fp32",
    scale: options.Scale = None,
    device: options.Device = "auto",
    memory_mib: Annotated[
        int, typer.Option(min=0, help="Memory in MiB that a tile may take; 0: all that is free.")
    ] = 0,
    force: options.Replace = False,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Upscale an image, or every image of a folder.

    Large images go through in tiles with enough overlap that no seam is seen. Of a folder, what OUT holds already is
    kept unless its source changed, so the same command goes on where it was stopped. Images are 8-bit grey or RGB; OUT
    is PNG, and each file says of which model, weights, scale, mode, version and source it is. Of an output with NaN or
    of another range than 0 to 1 no picture is made.
    """
    names.refuse_unknown(models=[model])
    mode, auto = options.checked_mode(mode)
    from srbench.core import allocator
    from srbench.core.assets import AssetStore
    from srbench.core.device import pick_device
    from srbench.models import image_marks
    from srbench.models.memory import free_budget_mib
    from srbench.models.select import select_one
    from srbench.speed import split
    from srbench.speed.psnr_drop import PsnrReference

    allocator.keep_freed_memory()
    pairs, left_out = _pairs(source, out)
    if source.is_file() and not force and next(iter(pairs)).exists():
        raise BadData(f"{next(iter(pairs))} is there already; --force replaces it")
    for folder in {target.parent for target in pairs}:
        files.require_folder(folder)
    if source.is_file():
        files.require_place(next(iter(pairs)))
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    with console.fetching(store):
        chosen = select_one(model, store, scale)
    computing = pick_device(device)
    used = parse_mode(mode, str(computing), memory_mib or free_budget_mib(computing))
    why = ""
    if auto:
        choice = options.fastest([chosen], used, store)[chosen.id]
        used, why = choice.mode, choice.reason
    elif used.split:
        used, _ = split.find(chosen, used, PsnrReference(chosen.scale, store))
    marks = image_marks.marks(chosen, used)
    if out.is_dir() and not force:
        image_marks.require_same(out, pairs.values(), marks)
    todo = {target: path for target, path in pairs.items() if force or image_marks.is_due(target, path)}
    start = time.perf_counter()
    failed = _all(chosen, used, todo, marks) if todo else {}
    if failed and source.is_file():
        raise UserError(next(iter(failed.values())))
    written = [target for target in todo if target not in failed]
    seconds = time.perf_counter() - start
    said = {"model": chosen.id, "scale": chosen.scale, "mode": used.name, "device": used.device}
    if json:
        console.print_json(
            {
                **said,
                "made": [str(path) for path in written],
                "kept": len(pairs) - len(todo),
                "seconds": round(seconds, 3),
            }
            | {"failed": [{"out": str(path), "reason": why_not} for path, why_not in failed.items()]}
            | ({"left_out": left_out} if left_out else {})
            | ({"mode_reason": why} if why else {})
        )
    else:
        kept = f", {len(pairs) - len(todo)} there already" if len(todo) < len(pairs) else ""
        images = f"{len(written)} image{'' if len(written) == 1 else 's'}"
        console.out.print(
            f"{images} x{chosen.scale} by {chosen.id} in {seconds:.1f} s{kept}: {out}{f' ({why})' if why else ''}",
            soft_wrap=True,
        )
    for line in left_out:
        console.err.print(line, soft_wrap=True, markup=False)
    for why_not in failed.values():
        console.err.print(f"failed: {why_not}", soft_wrap=True, markup=False)
    if failed:
        raise typer.Exit(3)


def _pairs(source: Path, out: Path) -> tuple[dict[Path, Path], list[str]]:
    """Return each file to write with the image to read, and what a folder holds beside images.

    Raises:
        UserError: There is no image, or IN and OUT are not both files or both folders.
        BadData: Two images would be written to one file.
    """
    from srbench.core.image_file import EXTENSIONS

    if source.is_file():
        if out.is_dir():
            return {out / f"{source.stem}.png": source}, []
        if out.suffix.lower() != ".png":
            raise UserError(f"{out} does not end in .png; outputs are written as PNG")
        return {out: source}, []
    if out.resolve() == source.resolve():
        raise UserError(f"{out} is IN itself; give another folder to write to")
    files, left_out = options.images_at_any_depth(source)
    files = [path for path in files if out.resolve() not in path.resolve().parents]
    if not files:
        raise UserError(f"{source} holds no images other than those in {out}")
    if out.is_file() or out.suffix.lower() in EXTENSIONS:
        raise UserError(f"{out} is the name of a file, but {source} is a folder; give a folder to write to")
    pairs: dict[Path, Path] = {}
    for path in files:
        target = (out / path.relative_to(source)).with_suffix(".png")
        if target in pairs:
            raise BadData(f"{pairs[target]} and {path} would both become {target}; rename one")
        pairs[target] = path
    return pairs, left_out


def _all(model: "Model", mode: "ModeOfModel", todo: dict[Path, Path], marks: dict[str, str]) -> dict[Path, str]:
    """Upscale each image, and return the reason for each that failed; the others are upscaled nevertheless."""
    from srbench.models.memory import ran_out
    from srbench.models.user_code import contained

    with contained(model.id):
        upscaler = model.upscaler(mode)
    failed: dict[Path, str] = {}
    with console.bars() as progress:
        turns = track(progress, todo.items(), "images") if len(todo) > 1 else todo.items()
        for target, path in turns:
            try:
                with contained(model.id):
                    _one(upscaler, path, target, marks, progress)
            except (BadOutput, ShapeError) as error:
                failed[target] = f"{path}: {error}"
            except UserError as error:
                failed[target] = f"{type(error).__name__}: {error}"
            except Exception as error:
                if ran_out(error):
                    failed[target] = f"memory ran out at {path}; give a smaller --memory-mib"
                elif model.card is None and not isinstance(error, OSError):
                    failed[target] = f"{path}: the model {model.id} failed ({reason(error)})"
                else:
                    raise
    return failed


def _one(upscaler: "Upscaler", path: Path, target: Path, marks: dict[str, str], progress: Progress) -> None:
    from srbench.core import image, image_file, memory
    from srbench.models import image_marks

    content = image_file.content(path)
    pixels, colour = image_file.read_shown(path, content)
    lr = image.to_tensor(pixels)
    height, width = (side * upscaler.scale for side in pixels.shape[:2])
    needed = height * width * (pixels.size // (pixels.shape[0] * pixels.shape[1])) * _BYTES_A_SAMPLE
    memory.require(needed, f"{target} ({width} x {height} px)", "cut the image into parts, or give a smaller --scale")
    if warning := upscaler.tile_warning(lr):
        console.err.print(f"{path}: {warning}", soft_wrap=True, markup=False)
    with progress.task(path.name, upscaler.count_tiles(lr)) as task:
        sr = upscaler.upscale_uint8(lr, task)
        image_file.write(target, image.to_array(sr), colour, marks | image_marks.of_source(content))
