"""`srbench degrade`."""

import json as json_format
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.core import files
from srbench.core.progress import track
from srbench.core.wording import counted
from srbench.degradation import kinds
from srbench.errors import BadData, BadImage, UserError

_RECORDS, _VERSION = "degradations.jsonl", 1


def degrade(
    source: Annotated[Path, typer.Argument(metavar="IN", help="HR image, or folder of HR images at any depth.")],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="New folder to write to; for a single image also the .png file of its LR."),
    ],
    model: Annotated[str, typer.Option(help="Degradation: realesrgan, bsrgan or classical.")] = "realesrgan",
    seed: Annotated[
        int, typer.Option(min=0, max=2**64 - 1, help="Seed; with an image's name it determines the LR image.")
    ] = 1,
    protocol: options.ProtocolName = protocols.DEFAULT,
    json: options.Json = False,
) -> None:
    """Make LR images by a random degradation.

    Writes OUT/NAME.png (LR), OUT/HR/NAME.png (the original, cropped as the
    protocol says) and OUT/degradations.jsonl (all parameters of each LR image).
    To compare models on them: srbench run --datasets OUT/HR --lr OUT.

    An image in a folder of IN is written as FOLDER_NAME.png. If OUT is a .png
    file, only LR and a .jsonl of the same name are written.
    """
    kinds.require_known(model)
    conventions = protocols.find(protocol)
    from srbench.core import image, image_file, stored_json
    from srbench.degradation import catalogue, sampling
    from srbench.degradation.steps import to_uint8
    from srbench.evaluation import pairing

    images, left_out = _list_images(source)
    single = _is_file(source, out)
    records = out.with_suffix(".jsonl") if single else out / _RECORDS
    settings = {"seed": seed, "model": model, "protocol": conventions.name}
    unfinished = records.with_name(f"{records.name}.unfinished")
    done = _done(unfinished, settings)
    if not unfinished.exists():
        _refuse_to_overwrite(*((out, records) if single else (out,)))
    files.require_place(records)
    failed = _refused(images, image_file.header)
    if len(failed) == len(images):
        raise BadImage(f"no image can be used: {'; '.join(list(failed.values())[:3])}")
    records.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("ab") as lines, console.bars() as progress:
        for name, path in track(progress, images.items(), model):
            if name in failed or name in done:
                continue
            try:
                hr = pairing.original(path, conventions)
            except UserError as error:
                failed[name] = str(error)
                continue
            lr, drawn = catalogue.find(model).apply(hr, conventions, sampling.image_generator(seed, name))
            image.write(out if single else out / f"{name}.png", image.to_array(to_uint8(lr)))
            if not single:
                image.write(out / "HR" / f"{name}.png", image.to_array(hr))
            line = stored_json.marked("degradation", _VERSION, {"name": name, **settings, "parameters": drawn})
            done[name] = json_format.dumps(line)
            with files.naming(unfinished):
                lines.write(f"\n{done[name]}\n".encode())
                lines.flush()
    if len(failed) == len(images):
        unfinished.unlink()
        raise BadImage(f"no image can be used: {'; '.join(list(failed.values())[:3])}")
    files.write(records, "".join(f"{done[name]}\n" for name in images if name in done))
    if not failed:
        unfinished.unlink()
    made = {**settings, "images": len(images) - len(failed)}
    reasons = [{"image": name, "reason": reason} for name, reason in failed.items()]
    told = {"failed": reasons, "left_out": left_out}
    _report(made | {key: lines for key, lines in told.items() if lines}, out, records, json)
    for remark in (*left_out, *(f"failed: {reason}" for reason in failed.values())):
        console.err.print(remark, soft_wrap=True, markup=False)
    if failed:
        raise typer.Exit(3)


def _refused(images: dict[str, Path], read: Callable[[Path], object]) -> dict[str, str]:
    """Return the reason for each image that cannot be read."""
    refused: dict[str, str] = {}
    for name, path in images.items():
        try:
            read(path)
        except UserError as error:
            refused[name] = str(error)
    return refused


def _done(unfinished: Path, settings: dict[str, Any]) -> dict[str, str]:
    """Return the lines that an interrupted call with the same settings has written, by image; torn ones are not done.

    Raises:
        BadData: It had other settings.
    """
    done: dict[str, str] = {}
    for text in unfinished.read_text(encoding="utf-8", errors="replace").splitlines() if unfinished.exists() else ():
        try:
            line = json_format.loads(text)
            found = {key: line[key] for key in settings}
            done[line["name"]] = text
        except (ValueError, KeyError, TypeError):
            continue
        if found != settings:
            raise BadData(f"{unfinished} is of another call ({found}); give it again, or another path as OUT")
    return done


def _list_images(source: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the images by their names in OUT, in order, and what a folder holds beside them."""
    if source.is_file():
        return {source.stem: source}, []
    files, left_out = options.images_at_any_depth(source)
    by_name: dict[str, Path] = {}
    for path in files:
        name = "_".join(path.relative_to(source).with_suffix("").parts)
        if name in by_name:
            raise BadData(f"{by_name[name]} and {path} would both become {name}.png; rename one")
        by_name[name] = path
    return by_name, left_out


def _is_file(source: Path, out: Path) -> bool:
    """Say whether OUT is the file of the LR image itself."""
    from srbench.core.image_file import EXTENSIONS

    if source.is_dir() and out.suffix.lower() in EXTENSIONS:
        raise UserError(f"{out} is the name of a file, but {source} is a folder; give a folder to write to")
    return out.suffix.lower() == ".png"


def _refuse_to_overwrite(*paths: Path) -> None:
    """Refuse files and filled folders, whose images would be taken for LR of this call."""
    for path in paths:
        if path.is_file() or (path.is_dir() and any(path.iterdir())):
            raise BadData(f"{path} is there already; remove it, or give another path as OUT")


def _report(content: dict[str, Any], out: Path, records: Path, json: bool) -> None:
    single = out.is_file()
    paths = {"lr": str(out), "hr": None if single else str(out / "HR"), "records": str(records)}
    if json:
        console.print_json(content | paths)
        return
    console.out.print(
        f"{counted(content['images'], 'LR image')} in {out}, their parameters in {records}", soft_wrap=True
    )
    if not single:
        console.out.print(
            f"To compare models: srbench run --datasets {out / 'HR'} --lr {out} --protocol {content['protocol']}",
            soft_wrap=True,
        )
