"""The verbs, and how their errors end."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from srbench import __version__
from srbench.cli import console
from srbench.cli.fetch import fetch
from srbench.cli.listing import datasets, list_protocols, metrics, models
from srbench.cli.run import run
from srbench.cli.score import score
from srbench.cli.show import show
from srbench.cli.train import train
from srbench.errors import UserError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
for verb in (run, show, score, train, fetch, models, datasets, metrics):
    app.command()(verb)
app.command("protocols")(list_protocols)


def _version(wanted: bool) -> None:
    if wanted:
        console.out.print(f"srbench {__version__}")
        raise typer.Exit


@app.callback()
def srbench(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark and evaluation suite for image super-resolution."""


def main() -> None:
    """Entry point: 0 complete, 1 a bug (traceback), 2 the user's mistake (one line), 3 finished with failed rows."""
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except UserError as error:
        _refuse(f"{type(error).__name__}: {error}")
    except typer.TyperException as error:
        _refuse(f"UsageError: {error.format_message()} (see: srbench --help)")
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except BrokenPipeError:  # as in `srbench models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(" ".join(line.split()) + "\n")
    sys.exit(2)
