"""`srbench degrade`."""

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from srbench import protocol as protocols
from srbench.cli import console, options
from srbench.core.progress import track
from srbench.errors import BadData, MissingData, UserError

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
    from srbench.core import image, stored_json
    from srbench.degradation import catalogue, sampling
    from srbench.degradation.steps import to_uint8
    from srbench.evaluation import pairing

    conventions = protocols.find(protocol)
    degradation = catalogue.find(model)
    images = _list_images(source)
    single = _is_file(source, out)
    records = out.with_suffix(".jsonl") if single else out / _RECORDS
    _refuse_to_overwrite(*((out, records) if single else (out,)))
    records.parent.mkdir(parents=True, exist_ok=True)
    with records.open("w", encoding="utf-8") as lines, console.bars() as progress:
        for name, path in track(progress, images.items(), model):
            hr = pairing.original(path, conventions)
            lr, drawn = degradation.apply(hr, conventions, sampling.image_generator(seed, name))
            image.write(out if single else out / f"{name}.png", image.to_array(to_uint8(lr)))
            if not single:
                image.write(out / "HR" / f"{name}.png", image.to_array(hr))
            line = {"name": name, "seed": seed, "model": model, "protocol": conventions.name, "parameters": drawn}
            lines.write(json_format.dumps(stored_json.marked("degradation", _VERSION, line)) + "\n")
    _report({"model": model, "seed": seed, "protocol": conventions.name, "images": len(images)}, out, records, json)


def _list_images(source: Path) -> dict[str, Path]:
    """Return the images by their names in OUT, in order."""
    from srbench.core import image

    if source.is_file():
        return {source.stem: source}
    files = [path for path in source.rglob("*") if path.suffix.lower() in image.EXTENSIONS and path.is_file()]
    if not files:
        raise MissingData(f"{source} is no image and no folder that holds images ({', '.join(image.EXTENSIONS)})")
    by_name: dict[str, Path] = {}
    for path in sorted(files):
        name = "_".join(path.relative_to(source).with_suffix("").parts)
        if name in by_name:
            raise BadData(f"{by_name[name]} and {path} would both become {name}.png; rename one")
        by_name[name] = path
    return by_name


def _is_file(source: Path, out: Path) -> bool:
    """Say whether OUT is the file of the LR image itself."""
    if out.suffix.lower() != ".png":
        return False
    if source.is_dir():
        raise UserError(f"{out} is a file, but {source} is a folder; give a folder to write to")
    return True


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
    console.out.print(f"{content['images']} LR image(s) in {out}, their parameters in {records}", soft_wrap=True)
    if not single:
        console.out.print(
            f"To compare models: srbench run --datasets {out / 'HR'} --lr {out} --protocol {content['protocol']}",
            soft_wrap=True,
        )
