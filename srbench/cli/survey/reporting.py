"""From ratings to the report: analysed, joined with metrics, printed and written."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.core.files import require_folder
from srbench.core.wording import counted
from srbench.errors import UserError
from srbench.report.table import Section

if TYPE_CHECKING:
    from srbench.evaluation.results import RunFolder
    from srbench.evaluation.row import Row
    from srbench.ratings.analysis import Analysis
    from srbench.ratings.files import Ratings
    from srbench.ratings.join import Joined
    from srbench.ratings.options import Options
    from srbench.ratings.pair_study import PairAnalysis
    from srbench.ratings.triplet_study import TripletAnalysis
    from srbench.report.table import Page

_BRIEF = ("models", "side-by-side", "metrics", "differences", "as-good-as", "mixed", "pairs")
"""Beginnings of the keys of the tables that are printed without --full."""

Full = Annotated[bool, typer.Option("--full", help="Print all tables and the methods too.")]


def finish(
    read: "Ratings",
    chosen: "Options",
    metrics: Path | None,
    run: Path | None,
    out: Path | None,
    *,
    full: bool,
    json: bool,
    jod: bool = False,
) -> None:
    """From ratings to what is printed and written.

    Raises:
        UserError: A run is given beside paired comparisons, which have no MOS that could join it.
    """
    if run and (read.pairs or read.triplets):
        held = "triplets" if read.triplets else "paired comparisons"
        raise UserError(f"{read.name} holds {held}; --run needs single votes on a scale")
    from srbench.ratings import analysis
    from srbench.report.ratings import publish

    folder = out or Path("runs") / "survey" / read.name
    require_folder(folder)
    made = _analysis(read, chosen, jod=jod)
    beside = _Beside()
    if isinstance(made, analysis.Analysis):
        made, beside = _with_metrics(made, metrics, run)
    with console.err.status("drawing figures"):
        ready = publish.report(made, beside.joined, read.asked)
        publish.write(ready, folder)
    beside.join()
    if json:
        lines = {"reading": list(read.reading)} if read.reading else {}
        console.print_json(ready.content | lines | {"report": str(folder / publish.HTML)})
    else:
        for line in read.reading:
            console.out.print(line, soft_wrap=True, markup=False, highlight=False)
        console.show(ready.page if full else _brief(ready.page), most_rows=20, folder=str(folder))
        console.out.print(f"\nReport with figures: {folder / publish.HTML}", soft_wrap=True)


def _brief(page: "Page") -> "Page":
    """Return the scores of models, their differences and the notes of a report."""
    wanted = tuple(table for table in page.tables if table.key.startswith(_BRIEF))
    left_out = [table.title for table in page.tables if table not in wanted]
    more = (Section("More", (f"More tables with --full, and in the report: {', '.join(left_out)}.",), tone="dim"),)
    return replace(page, tables=wanted or page.tables, sections=more if wanted and left_out else ())


def _analysis(read: "Ratings", chosen: "Options", *, jod: bool) -> "Analysis | PairAnalysis | TripletAnalysis":
    from srbench.ratings import analysis, pair_study, triplet_study

    if read.triplets:
        return triplet_study.analyse_triplets(read.name, read.triplets, read.notes, read.screening)
    if read.pairs:
        wanted = pair_study.PairOptions(jod, "pool" if chosen.repetitions == "pool" else "first", chosen.seed)
        return pair_study.analyse_pairs(read.name, read.pairs, read.notes, wanted, read.screening)
    if read.means is not None:
        return analysis.analyse_means(read.name, read.means, chosen, read.notes)
    assert read.votes is not None
    with console.bars() as progress:
        return analysis.analyse(read.name, read.votes, chosen, read.notes, progress)


@dataclass(frozen=True)
class _Beside:
    """A run beside the ratings: its rows, those of rated images, and those that are to join them."""

    folder: "RunFolder | None" = None
    rows: "list[Row]" = field(default_factory=list)
    joined: "Joined | None" = None
    joining: "list[Row]" = field(default_factory=list)

    def join(self) -> None:
        """Append what is not there yet."""
        if self.folder and self.joining:
            there = {row.key: row.value for row in self.rows}
            self.folder.append([row for row in self.joining if there.get(row.key) != row.value])


def _of_parts(joined: "Joined", made: "Analysis", folder: "RunFolder") -> "Joined":
    """Values of the parts of images that were rated, in place of those of the whole images."""
    from srbench.core.assets import AssetStore
    from srbench.core.paths import weights_roots
    from srbench.ratings.crop_metrics import CropMetrics

    with console.err.status("computing metrics of the parts that were rated"):
        return CropMetrics(folder, AssetStore(weights_roots(None))).of(joined, made.scores.stimuli)


def _with_metrics(made: "Analysis", metrics: Path | None, run: Path | None) -> "tuple[Analysis, _Beside]":
    from srbench.evaluation.results import RunFolder
    from srbench.evaluation.shown import shown
    from srbench.ratings import analysis, join, metric_table

    values: dict[str, dict[str, float]] = {}
    notes: list[str] = []
    beside = _Beside()
    if metrics:
        values, said = metric_table.read_metrics(metrics, made.scores)
        notes += said
    if run:
        folder = RunFolder(run)
        rows = folder.rows()
        joined = join.join(made.scores, rows, shown(folder).rows)
        if any(stimulus.crop for stimulus in made.scores.stimuli):
            joined = _of_parts(joined, made, folder)
        found = joined.metric_values()
        twice = sorted(values.keys() & found.keys())
        if twice:
            raise UserError(f"{metrics} and {run} both have {', '.join(twice)}; rename the column of the file")
        values |= found
        plain = made.options.estimator == "mos" and not made.options.remove_bias
        joining = join.mos_rows(made.scores, joined, made.name) if plain and not joined.parts else []
        beside = _Beside(folder, rows, joined, joining)
        stored = f"{counted(len(beside.joining), 'MOS row')} added to {run}; print them with: srbench show {run}"
        if not plain:
            stored = f"no MOS rows added to {run}: it takes plain MOS, which these scores are not"
        elif joined.parts:
            stored = f"no MOS rows added to {run}: its rows are of whole images, and parts of them were rated"
        notes += [*joined.notes, stored]
    return (analysis.with_metrics(made, values, notes) if values else made), beside
