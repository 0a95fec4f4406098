"""`srbench survey demo`: a small study, made and opened at once."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.run import run
from srbench.cli.survey.collected import opened
from srbench.cli.survey.create import Method, create
from srbench.cli.survey.serve import address, listening, serve

_MODELS = "nearest,bicubic,srresnet"


def demo(
    method: Method = "acr",
    folder: Annotated[
        Path | None, typer.Option(help="Of run and study; runs/survey-demo-<method> by default. Used again if there.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open it.")] = True,
) -> None:
    """Make a small study of the builtin photographs, and open it in the browser as a rater sees it. Ctrl-C ends it."""
    folder = folder or Path("runs") / f"survey-demo-{method}"
    study = folder / "study"
    if not study.exists():
        run(_MODELS, "builtin", metrics="psnr", out=folder / "run", save_images=True)
        create(study, folder / "run", method=method, raters=3, title="Which picture looks best?", seed=1)
    with opened(study, "") as store:
        token = store.invite()
    with listening("127.0.0.1", port) as door:
        root = address(door)
    console.out.print(f"Rate: {root}/i/{token}", soft_wrap=True)
    console.out.print(f"Then: srbench survey report {study} --run {folder / 'run'}", soft_wrap=True)
    if browser:
        webbrowser.open(f"{root}/i/{token}")
    serve(study, port=int(root.rpartition(":")[2]))
