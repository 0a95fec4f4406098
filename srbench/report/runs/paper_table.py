"""The table of a paper: models as rows, data sets as groups of columns, published rows of others below one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from srbench import protocol as protocols
from srbench.errors import UserError
from srbench.evaluation.comparison import Compared, Question, compare
from srbench.evaluation.matched import Matched, Matches
from srbench.evaluation.published import Published
from srbench.report.runs.tables import metric_head
from srbench.report.table import DASH, Cell, Column, Page, Row, Table, text_column
from srbench.stats.order import finite_mean

_PUBLISHED = "\u2020"
"""Mark behind the name of a model whose scores others printed."""

Place = tuple[str, str]
"""A data set and a metric."""


@dataclass(frozen=True)
class PaperTable:
    """Mean scores on several data sets in one table.

    Attributes:
        matches: The models of the runs, side by side.
        names: Names of the data sets as a paper prints them, by id; in the order of the columns.
        metrics: Metrics in the order of the columns of a data set.
        published: Scores that others printed under the same protocol.
    """

    matches: Matches
    names: Mapping[str, str]
    metrics: Sequence[str]
    published: Sequence[Published] = ()

    @cached_property
    def places(self) -> dict[Place, Matched]:
        """Data sets and metrics that have values, in the order of the columns."""
        found = {(table.dataset, table.metric): table for table in self.matches.tables if table.images}
        return {
            (dataset, metric): found[dataset, metric]
            for dataset in self.names
            for metric in self.metrics
            if (dataset, metric) in found
        }

    @cached_property
    def compared(self) -> dict[Place, Compared]:
        """Comparisons of all models in each column; none where there is one model."""
        if len({model for table in self.places.values() for model in table.values}) < 2:
            return {}
        return {(one.matched.dataset, one.matched.metric): one for one in compare(self.matches, Question())}

    def page(self) -> Page:
        """Arrange the table under the conventions that it holds for."""
        if not self.places:
            raise UserError("these runs hold no value of these data sets and metrics that every model has")
        models = dict.fromkeys(model for table in self.places.values() for model in table.values)
        others = [row for one in self.published if (row := self._published(one)) is not None]
        columns = (text_column("model"), *(self._column(place) for place in self.places))
        rows = (*((Cell(model), *(self._cell(model, place) for place in self.places)) for model in models), *others)
        conventions = protocols.read(self.matches.protocol).describe("")
        return Page(conventions, tables=(Table("scores", "", columns, rows, self.notes()),))

    def records(self) -> list[dict[str, Any]]:
        """Return a line for each score, in full precision."""
        protocol = str(self.matches.protocol["name"])
        own = [
            self._record(protocol, model, place, finite_mean(table.values[model]), len(table.images), "")
            for place, table in self.places.items()
            for model in table.values
        ]
        printed = [
            self._record(protocol, one.model, place, one.scores[place], None, one.source)
            for one in self.published
            for place in self.places
            if place in one.scores
        ]
        return own + printed

    def _record(
        self, protocol: str, model: str, place: Place, mean: float, images: int | None, source: str
    ) -> dict[str, Any]:
        one = self.compared.get(place)
        tied = bool(one and not source and model in self._tied(one))
        best = bool(one and not source and model in one.best)
        return {
            **{"protocol": protocol, "model": model, "dataset": place[0], "metric": place[1], "mean": mean},
            **{"images": images, "best": best, "tied": tied, "published": source},
        }

    def _column(self, place: Place) -> Column:
        table = self.places[place]
        head = metric_head(table.metric, table.title)
        return Column(head, table.unit, higher_is_better=table.higher_is_better, group=self.names[place[0]])

    def _cell(self, model: str, place: Place) -> Cell:
        table, one = self.places[place], self.compared.get(place)
        if model not in table.values:
            return Cell(DASH)
        text = f"{finite_mean(table.values[model]):.{table.digits}f}"
        if one is None:
            return Cell(text)
        return Cell(text, best=model in one.best, second=model == self._second(one), tied=model in self._tied(one))

    def _second(self, one: Compared) -> str | None:
        """The only model that none but the best are ahead of; None where several have one mean."""
        sign = 1 if one.matched.higher_is_better else -1
        others = {model: sign * one.mean(model) for model in one.intervals if model not in one.best}
        first = [model for model, mean in others.items() if mean == max(others.values())]
        return first[0] if len(first) == 1 and len(one.best) == 1 else None

    def _tied(self, one: Compared) -> set[str]:
        """Models that are not told apart from the best."""
        undecided = [pair for pair in one.comparisons if pair.verdict not in ("better", "worse")]
        pairs = [{pair.first, pair.second} for pair in undecided]
        return {model for pair in pairs if pair & one.best for model in pair - one.best}

    def _published(self, one: Published) -> Row | None:
        """The row of printed scores; None where none of them has a column."""
        shown = {place: one.scores[place] for place in self.places if place in one.scores}
        if not shown:
            return None
        cells = (Cell(f"{shown[p]:.{table.digits}f}" if p in shown else DASH) for p, table in self.places.items())
        return (Cell(one.model, mark=_PUBLISHED), *cells)

    def notes(self) -> tuple[str, ...]:
        """Say how to read the table, whose the printed scores are, and what a reader must know of the rows."""
        counts = {self.names[dataset]: len(table.images) for (dataset, _), table in self.places.items()}
        images = ", ".join(f"{name} {count}" for name, count in counts.items())
        said = [f"Means over images ({images})"]
        if self.compared:
            said.append(
                "bold: best; underlined: second best; \u2248: not told from the best by a paired t test with and "
                "without outlying images, corrected for all pairs of models of a column (Holm)"
            )
        sources: dict[str, list[str]] = {}
        for one in self.published:
            if self._published(one):
                sources.setdefault(one.source, []).append(one.model)
        if sources:
            where = (source if len(sources) == 1 else f"{source} ({', '.join(of)})" for source, of in sources.items())
            said.append(f"{_PUBLISHED}: as printed in {'; '.join(where)}; not marked as best or second")
        return (". ".join(part[0].upper() + part[1:] for part in said) + ".", *self.matches.notes)
