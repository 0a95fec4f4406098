"""Options that several verbs share."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.core.paths import cache_folder
from srbench.core.progress import track
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.core.assets import AssetStore
    from srbench.models.mode import Mode
    from srbench.models.model import Model
    from srbench.speed.fastest import Choice

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")]
ProtocolName = Annotated[
    str,
    typer.Option(
        "--protocol", help="Conventions of LR and metrics; a variant is NAME+field=value. See: srbench protocols."
    ),
]
Metrics = Annotated[
    str, typer.Option(help="Comma-separated. psnr, ssim and lpips in the protocol's flavour, or as 'ssim.daala'.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1.")]
DataRoot = Annotated[
    Path | None, typer.Option(help="Folder with copies of data sets, as <Set>/HR/<name>.png or <Set>/<name>.png.")
]
WeightsRoot = Annotated[
    Path | None,
    typer.Option(help="Folder searched for weight files by content, before SRBENCH_WEIGHTS and any download."),
]
TrustUnpinned = Annotated[bool, typer.Option("--trust-unpinned", help="Load weights for which no hash is known.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Use only the first N images of each data set.")]
Scale = Annotated[
    int | None, typer.Option(min=1, help="Upscaling factor; by default the model's own, or the largest of several.")
]
Half = Annotated[bool, typer.Option("--half", help="Round weights to fp16: half the size (.safetensors only).")]
Replace = Annotated[bool, typer.Option("--force", help="Replace OUT where it is there already.")]


def split(text: str) -> list[str]:
    """The parts of a comma-separated list.

    Raises:
        UserError: There is none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise UserError(f"'{text}' names nothing; expected one or more names, separated by commas")
    return parts


def fastest(models: "Sequence[Model]", base: "Mode", store: "AssetStore") -> "dict[str, Choice]":
    """The fast mode of each model, measured where it is not remembered."""
    from srbench.speed import fastest

    memory = fastest.Memory(cache_folder() / "fastest.json")
    with console.bars() as progress:
        turns = track(progress, models, "finding the fastest modes")
        return {model.id: fastest.choose(model, base, store, memory) for model in turns}
