"""`srbench show`."""

import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options, report
from srbench.errors import BadRun, UserError
from srbench.evaluation.results import RunFolder


def show(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or of `srbench throughput` (also with --compare).")],
    form: options.Format = "terminal",
    json: options.Json = False,
    in_browser: Annotated[
        bool, typer.Option("--open", help="Write the report of `srbench report` to a temporary folder and open it.")
    ] = False,
    methods: Annotated[
        bool, typer.Option("--methods", help="Print a methods paragraph for a paper, and BibTeX of all that it names.")
    ] = False,
) -> None:
    """Print the report of everything that the folder of a run holds.

    Where a session of `srbench throughput` was killed, its tables and plots are written too.
    """
    form = options.format_of(form)
    if in_browser:
        _open(run)
    elif methods:
        _methods(run, form, json)
    elif (run / "speed.json").exists():
        _speed(run, form, json)
    elif (run / "ab_comparison.json").exists() or (run / "duel.json").exists():
        _ab_comparison(run, form, json)
    else:
        _run(run, form, json)


def _open(run: Path) -> None:
    """Write a report to a temporary folder, which stays, and open it in the browser."""
    page = report.write([run], Path(tempfile.mkdtemp(prefix="srbench-report-")))
    console.out.print(f"Open in a browser: {page}", soft_wrap=True, markup=False)
    webbrowser.open(page.as_uri())


def _methods(run: Path, form: str, json: bool) -> None:
    folder = RunFolder(run)
    folder.head()  # a wrong folder is told before anything loads
    if form == "csv":
        raise UserError("a paragraph has no CSV; expected --format terminal, md, latex or html, or --json")
    from srbench.paper.methods import methods
    from srbench.report.publish import PAGES

    text = methods(folder)
    if json:
        console.print_json(text.as_dict())
    elif form == "terminal":
        console.show(text.page())
    else:
        console.print_text(text.latex() if form == "latex" else PAGES[form](text.page()))


def _speed(folder: Path, form: str, json: bool) -> None:
    from srbench.report.speed import page, publish

    session = publish.read(folder)
    if not (folder / publish.MARKDOWN).exists():
        publish.write(session, folder)
    report = page.build(session)
    if json:
        console.print_json(publish.content(session))
    elif form == "terminal":
        console.show(report.page)
    else:
        console.print_text(publish.text(report, form))


def _ab_comparison(folder: Path, form: str, json: bool) -> None:
    from srbench.report.publish import PAGES
    from srbench.report.speed import ab_comparison, publish

    comparison, device = publish.read_ab_comparison(folder)
    if json:
        console.print_json(publish.ab_content(comparison, device))
    elif form == "terminal":
        console.show(ab_comparison.page(comparison))
    elif form == "csv":
        raise BadRun("an A/B comparison has no CSV; expected --format terminal, md, latex or html, or --json")
    else:
        console.print_text(PAGES[form](ab_comparison.page(comparison, device)))


def _run(run: Path, form: str, json: bool) -> None:
    folder = RunFolder(run)
    folder.head()  # a wrong folder is told before anything loads
    from srbench.report.runs import publish

    report = publish.of_folder(folder)
    if json:
        console.print_json(report.as_dict(str(run)))
    elif form == "terminal":
        console.show(report.page)
    else:
        console.print_text(report.text(form))
