"""`srbench survey demo`: a small study, made and opened at once."""

import shutil
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.run import run
from srbench.cli.survey.collected import open_votes
from srbench.cli.survey.create import Method, create
from srbench.cli.survey.serve import Place, listening_socket, run_server, socket_url
from srbench.core.files import remove_litter

_MODELS = "nearest,bicubic,srresnet"


def demo(
    method: Method = "acr",
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Folder for run and study, used again where they exist; runs/survey-demo-<method> by default."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes any free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the study in the browser.")] = True,
) -> None:
    """Make a small study of the builtin photographs, and open it in the browser as a rater sees it. Ctrl-C ends it."""
    from srbench.survey.study_folder import STUDY_FILE

    folder = folder or Path("runs") / f"survey-demo-{method}"
    study = folder / "study"
    if not (study / STUDY_FILE).exists():
        _clear(study)
        run([_MODELS], ["builtin"], metrics=["psnr"], out=folder / "run", save_images=True)
        create(study, folder / "run", method=method, raters=3, title="Which picture looks best?", seed=1)
    with open_votes(study, "") as store, listening_socket("127.0.0.1", port) as listener:
        link = f"{socket_url(listener)}/i/{store.invite()}"
        console.out.print(f"Rate: {link}", soft_wrap=True)
        console.out.print(f"Then: srbench survey report {study} --run {folder / 'run'}", soft_wrap=True)
        if browser:
            webbrowser.open(link)
        run_server(store, listener, Place())


def _clear(study: Path) -> None:
    """Remove what an interrupted demo left: pictures without a plan. Other files are not the demo's."""
    from srbench.survey.study_folder import PICTURES_FOLDER

    shutil.rmtree(study / PICTURES_FOLDER, ignore_errors=True)
    remove_litter(study)
