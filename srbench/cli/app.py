"""The verbs, and how their errors end."""

import atexit
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer

from srbench import __version__
from srbench.cli import console, renamed, streams
from srbench.cli.claims import claims
from srbench.cli.compare import compare
from srbench.cli.datasets import datasets
from srbench.cli.degrade import degrade
from srbench.cli.explain import explain
from srbench.cli.export import export
from srbench.cli.fetch import fetch
from srbench.cli.figure import figure
from srbench.cli.interpolate import interpolate
from srbench.cli.listing import protocols
from srbench.cli.merge import merge
from srbench.cli.metrics import metrics
from srbench.cli.models import models
from srbench.cli.report import report
from srbench.cli.run import run
from srbench.cli.score import score
from srbench.cli.show import show
from srbench.cli.stored_models import rename, rm
from srbench.cli.survey.app import survey
from srbench.cli.table import table
from srbench.cli.throughput import throughput
from srbench.cli.train import recipes, train
from srbench.cli.upscale import upscale
from srbench.cli.verify import verify
from srbench.core.files import refusal
from srbench.core.passwords import hidden
from srbench.core.wording import plain
from srbench.errors import UserError

_PROGRAM = "srbench"
_INTERRUPTED = 130
"""Exit code after Ctrl-C; typer answers it too."""

_EXIT_CODES = (
    "Exit codes: 0 complete; 1 a bug of srbench, with a traceback; 2 something to mend, with one line that says what; "
    "3 finished, but some rows failed; 130 stopped by Ctrl-C."
)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_EVALUATE, _RATINGS = "Evaluate", "Human ratings"
_VERBS: Mapping[str, tuple[Callable[..., None], ...]] = {
    _EVALUATE: (
        run,
        show,
        report,
        compare,
        table,
        figure,
        explain,
        claims,
        merge,
        verify,
        rename,
        rm,
        score,
        fetch,
        metrics,
        protocols,
    ),
    "Models": (models, upscale, throughput, interpolate, export),
    "Training": (train, recipes, degrade),
}
app.add_typer(datasets, name="datasets", rich_help_panel=_EVALUATE)
for panel, verbs in _VERBS.items():
    for verb in verbs:
        app.command(verb.__name__, rich_help_panel=panel)(verb)
app.add_typer(survey, name="survey", rich_help_panel=_RATINGS)


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
    atexit.register(gc.freeze)  # else Python ends by searching all of torch for cycles of references: 0.3 to 0.7 s
    try:
        streams.prepare()
        if sentence := renamed.answer(sys.argv[1:]):
            _refuse(sentence)
        code = app(sys.argv[1:] or ["--help"], prog_name=_PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        _refuse(str(error))
    except typer.TyperException as error:
        if error.format_message():
            _refuse(_usage(error))
        code = 0  # `srbench survey` alone, which has printed its help
    except (typer.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except BrokenPipeError:  # as in `srbench models | head`
        streams.give_up()
        code = 0
    except OSError as error:
        _refuse(refusal(error))
    except RuntimeError as error:
        if not str(error).startswith("Symlink loop"):  # so pathlib says it before Python 3.13
            raise
        _refuse(f"{error}: links lead back to themselves; mend them, or give another path")
    if code == _INTERRUPTED:
        streams.say("Stopped.")
    sys.exit(code)


def _usage(error: typer.TyperException) -> str:
    """Say what is wrong with a command line, what a missing word would be, and whose help has more."""
    param: Any = getattr(error, "param", None)
    text = error.format_message()
    if text.startswith("Missing ") and param and param.help:
        is_option = param.param_type_name == "option"
        name = max(param.opts, key=len) if is_option else param.metavar or param.name.upper()
        text = f"{name} is missing. Expected: {param.help}"
    elif text.startswith("Invalid value"):
        what, sign, why = text.partition("': ")
        text = f"{what}{sign}{plain(why)}"
    return f"{text} (see: {_command(sys.argv[1:])} --help)"


def _command(arguments: Sequence[str]) -> str:
    """Return the command that a command line means, as far as it goes, as in "srbench survey create"."""
    words, commands = [_PROGRAM], getattr(typer.main.get_command(app), "commands", {})
    for argument in arguments:
        if argument not in commands:
            break
        words.append(argument)
        commands = getattr(commands[argument], "commands", {})
    return " ".join(words)


def _refuse(line: str) -> NoReturn:
    streams.say(f"Error: {hidden(' '.join(line.split()))}")
    sys.exit(2)
