"""Options that several verbs share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.core.files import absent_or
from srbench.core.paths import cache_folder
from srbench.core.progress import track
from srbench.errors import MissingData, UserError, closest, reason
from srbench.models import mode

if TYPE_CHECKING:
    from srbench.core.assets import AssetStore
    from srbench.models.model import Model
    from srbench.speed.choices import Choice

Mode = Annotated[str, typer.Option("--mode", help=f"{mode.HELP} {mode.AUTO_HELP}")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")]
ProtocolName = Annotated[
    str,
    typer.Option(
        "--protocol", help="Conventions of LR and metrics; a variant is NAME+field=value. See: srbench protocols."
    ),
]
Metrics = Annotated[
    list[str],
    typer.Option(
        help="Comma-separated, or repeated. psnr, ssim and lpips in the protocol's flavour, or as 'ssim.daala'; "
        "my.py:f is a function of yours, f(sr, hr), f(sr) or f(sr, lr), of RGB images (1, 3, H, W) in levels 0..255."
    ),
]
USUAL_METRICS = ["psnr,ssim,lpips"]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps (Apple's GPU), xpu (Intel's).")]
DataRoot = Annotated[
    Path | None, typer.Option(help="Folder with copies of data sets, as <Set>/HR/<name>.png or <Set>/<name>.png.")
]
WeightsRoot = Annotated[
    Path | None,
    typer.Option(help="Folder searched for weight files by content, before SRBENCH_WEIGHTS and any download."),
]
TrustUnpinned = Annotated[bool, typer.Option("--trust-unpinned", help="Load weights for which no hash is known.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Use only the first N images of each data set.")]
Pairs = Annotated[
    str,
    typer.Option(
        "--pairs",
        help="How the other files are named, {name} standing for the original's name, as '{name}_SwinIR'; found "
        "from the names by default.",
    ),
]
Scale = Annotated[
    int | None, typer.Option(min=1, help="Upscaling factor; by default the model's own, or the largest of several.")
]
Half = Annotated[bool, typer.Option("--half", help="Round weights to fp16: half the size (.safetensors only).")]
Replace = Annotated[bool, typer.Option("--force", help="Replace OUT where it is there already.")]

Format = Annotated[
    str,
    typer.Option(
        "--format",
        help="Print the report as md (markdown), latex (tex), csv or html instead of tables for a terminal.",
    ),
]
_FORMATS: Mapping[str, str] = {
    **{name: name for name in ("terminal", "md", "latex", "csv", "html")},
    **{"markdown": "md", "tex": "latex", "text": "terminal", "txt": "terminal", "htm": "html"},
}
"""Formats by the names that are understood, in any case."""


def format_of(text: str) -> str:
    """Return the format that a text names.

    Raises:
        UserError: There is none of that name.
    """
    if text.lower() not in _FORMATS:
        near = closest(text.lower(), _FORMATS)
        raise UserError(f"--format '{text}' is no format.{near} Formats: {', '.join(_FORMATS)}")
    return _FORMATS[text.lower()]


def split(texts: str | Sequence[str]) -> list[str]:
    """Return the parts of a comma-separated list, or of several: an option may be repeated.

    Raises:
        UserError: A list has none.
    """
    parts: list[str] = []
    for text in [texts] if isinstance(texts, str) else texts:
        named = [part.strip() for part in text.split(",") if part.strip()]
        if not named:
            raise UserError(f"'{text}' names nothing; expected one or more names, separated by commas")
        parts += named
    return parts


def checked_mode(text: str) -> tuple[str, bool]:
    """Return the words of a mode without "auto", and whether it was among them.

    Raises:
        UserError: The words are no mode.
    """
    words, auto = mode.without_auto(text)
    mode.parse(words)
    return words, auto


def fastest(models: "Sequence[Model]", base: mode.Mode, store: "AssetStore") -> "dict[str, Choice]":
    """Return the fastest mode of each model, measured where it is not remembered.

    Raises:
        UserError: The base names what is chosen here.
    """
    from srbench.models.user_code import contained
    from srbench.speed import fastest
    from srbench.speed.choices import ChoiceCache

    plain = mode.Mode(base.device, memory_mib=base.memory_mib, tile_px=base.tile_px, self_ensemble=base.self_ensemble)
    if base != plain:
        raise UserError(
            f"--mode auto chooses precision, format and engine itself; it goes with x8 and tile=N, not with {base.name}"
        )
    cache = ChoiceCache(cache_folder() / "fastest.json")
    with console.bars() as progress:
        chosen = {}
        for model in track(progress, models, "finding the fastest modes"):
            with contained(model.id):
                chosen[model.id] = fastest.choose(model, base, store, cache)
        return chosen


def choose_layers(
    models: "Sequence[Model]", base: mode.Mode, store: "AssetStore"
) -> tuple[dict[str, mode.Mode], dict[str, str]]:
    """Return the mode of each model with its fp32 layers chosen, and for the others the reason why it cannot run."""
    from srbench.models.user_code import contained
    from srbench.speed import split
    from srbench.speed.psnr_drop import PsnrReference

    chosen: dict[str, mode.Mode] = {}
    unavailable: dict[str, str] = {}
    with console.bars() as progress:
        for model in track(progress, models, "choosing the layers that stay in fp32"):
            try:
                with contained(model.id):
                    chosen[model.id], _ = split.find(model, base, PsnrReference(model.scale, store))
            except UserError as error:
                unavailable[model.id] = reason(error)
    return chosen, unavailable


def images_at_any_depth(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the images of a folder and its folders, and lines that count what else they hold.

    Raises:
        MissingData: There is no image.
    """
    from srbench.core import image_file, image_folder

    left_out: list[str] = []
    if folder.is_dir():
        listing = image_folder.find(folder, deep=True)
        left_out = listing.describe()
        if listing.images:
            return list(listing.images), left_out
    more = f". {'; '.join(left_out)}" if left_out else ""
    kinds, what = ", ".join(image_file.EXTENSIONS), absent_or(folder, "is no image and no folder that holds images")
    raise MissingData(f"{folder} {what}; expected an image or a folder of images ({kinds}){more}")
