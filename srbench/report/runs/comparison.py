"""The report of `srbench compare`: which models are better, worse or the same, and how surely."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from srbench import protocol as protocols
from srbench.evaluation.comparison import Compared, Question, never_finite, not_measured_again
from srbench.evaluation.matched import Matches
from srbench.report.figures.critical_difference import critical_difference
from srbench.report.numbers import p_value
from srbench.report.runs.comparison_record import pair_line, table_record
from srbench.report.runs.influence_line import influence_line
from srbench.report.runs.tables import metric_head
from srbench.report.table import DASH, Cell, Column, Page, Section, Table, text_column
from srbench.stats.comparison import Comparison
from srbench.stats.means import interval_in_words
from srbench.stats.rank_summary import RankSummary

_GROUP = "group: models that share a letter are not told apart."
_NAMED = 5
_VERDICTS = ("better", "same", "undecided", "worse")
_TESTS = {"t": "paired t test", "sign-flip": "permutation of signs"}


@dataclass(frozen=True)
class ComparisonReport:
    """What the models of one or several runs are to each other, ready for any format.

    Attributes:
        matches: The models side by side.
        question: What was asked.
        compared: Answers for each data set and metric.
        ranks: Mean ranks by metric.
    """

    matches: Matches
    question: Question
    compared: Sequence[Compared]
    ranks: Mapping[str, RankSummary]

    def page(self, *, pairs: bool = True) -> Page:
        """Arrange tables, what few images decide, ranks, and how to read them.

        Args:
            pairs: Whether the tables of all pairs are part of it, where all pairs were compared.
        """
        tables = [table for one in self.compared for table in self._tables(one, pairs=pairs)]
        heads = {of.metric: metric_head(of.metric, of.title) for of in self.matches.tables}
        ranks = {heads[metric]: of for metric, of in self.ranks.items()} if self.question.partners is None else {}
        tables += [_ranks(ranks)] if ranks else []
        drawings = [
            critical_difference(f"ranks-{metric}", f"mean ranks in {heads[metric]}", self.ranks[metric])
            for metric in (self.ranks if ranks else {})
        ]
        notes = self._notes()
        return Page(
            title=protocols.read(self.matches.protocol).describe(""),
            lead=(self._asked(),),
            tables=tuple(tables),
            caption=self._caption(),
            sections=(Section("Notes", tuple(notes), "list"),) if notes else (),
            plots=tuple(drawings),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints; all values are in full precision."""
        return {
            "protocol": dict(self.matches.protocol),
            "models": [
                {"model": model, "runs": [{"run": run, "name": name} for run, name in places]}
                for model, places in self.matches.origins.items()
            ],
            "question": {**asdict(self.question), "baseline": self.question.baseline or None},
            "tables": [table_record(one) for one in self.compared],
            "ranks": [
                {"metric": metric, **asdict(summary), "groups": summary.groups()}
                for metric, summary in self.ranks.items()
            ],
            "notes": self._notes(),
        }

    def records(self) -> list[dict[str, Any]]:
        """Return the lines of the CSV: one for each pair that was compared."""
        return [pair_line(pair, one) for one in self.compared for pair in one.comparisons]

    def _notes(self) -> list[str]:
        partners = self.question.partners or {}
        unchanged = [
            f"{model}: the same content and values in both runs" for model, older in partners.items() if model == older
        ]
        known = {*partners, *partners.values()} or set(self.matches.origins)
        unchanged += [f"{model}: in one of the runs only" for model in self.matches.origins if model not in known]
        left_out = [line for table in self.matches.tables for line in table.left_out.values()]
        lacking = [*not_measured_again(self.matches, self.question), *never_finite(self.matches)]
        return list(dict.fromkeys([*self.matches.notes, *unchanged, *left_out, *lacking]))

    def _tables(self, one: Compared, *, pairs: bool) -> list[Table]:
        if not self.question.all_pairs:
            return [_against(one, self.question.baseline)] if one.comparisons else []
        return [_models(one), *([_pairs(one)] if pairs and len(one.matched.values) > 2 else [])]

    def _asked(self) -> str:
        if self.question.partners is not None:
            return "Each model against itself in the older run."
        return f"Each model against {self.question.baseline}." if self.question.baseline else "All pairs of models."

    def _caption(self) -> tuple[str, ...]:
        units = {of.metric.partition(".")[0]: f" {of.unit}".rstrip() for of in self.matches.tables}
        margins = ", ".join(
            f"{metric_head(metric, '')} {margin:g}{units.get(metric.partition('.')[0], '')}"
            for metric, margin in self.question.margins.items()
        )
        same = (
            f"same: certainly less apart than the margin ({margins}), by two one-sided t tests; "
            if margins
            else "nothing is called the same without --margin; "
        )
        seeds = any(of.ndim > 1 for one in self.compared for of in one.matched.values.values())
        over = "images, and over seeds where there are several" if seeds else "images"
        return (
            f"Mean [95 % interval over {over}, {interval_in_words(self.question.interval)}]; bold or *: best.",
            f"better, worse: the means differ ({_TESTS[self.question.test]}, p below 5 % with and without outlying "
            "images that favour the difference, after Holm's correction for all comparisons of a table); "
            f"{same}undecided: these images cannot tell.",
            *((_GROUP,) if self.question.all_pairs else ()),
            "Images won and lost, and Wilcoxon's p value, speak of the typical image, not of the mean.",
        )


def _title(one: Compared) -> str:
    count = len(one.matched.images)
    return f"{one.matched.dataset}, {count} image{'' if count == 1 else 's'}"


def _head(one: Compared) -> str:
    return metric_head(one.matched.metric, one.matched.title)


def _key(one: Compared, what: str) -> str:
    return f"{one.matched.dataset}-{one.matched.metric}-{what}"


def _mean_column(one: Compared) -> Column:
    return Column(_head(one), one.matched.unit, higher_is_better=one.matched.higher_is_better)


def _mean_cell(one: Compared, model: str) -> Cell:
    ends, digits = one.intervals[model], one.matched.digits
    mean, best = one.mean(model), model in one.best
    if math.isinf(mean):
        return Cell("∞", best=best)
    infinite, count = len(one.infinite(model)), len(one.matched.images)
    of = f" ({count - infinite} of {count}, {infinite} ∞)" if infinite else ""
    return Cell(_number(mean, digits) + of, _interval(ends, digits), best=best)


def _models(one: Compared) -> Table:
    """All pairs at a glance: mean, group, and how many others each model is better than."""
    words = [word for word in _VERDICTS if word != "same" or any(pair.margin is not None for pair in one.comparisons)]
    counts: dict[str, Counter[str]] = {model: Counter() for model in one.intervals}
    turned = {"better": "worse", "worse": "better"}
    for pair in one.comparisons:
        counts[pair.first][pair.verdict] += 1
        counts[pair.second][turned.get(pair.verdict, pair.verdict)] += 1
    columns = [text_column("model"), _mean_column(one), text_column("group")]
    columns += [Column(f"{word}\nthan" if word in turned else word, rank=1) for word in words]
    rows = [
        (
            Cell(model),
            _mean_cell(one, model),
            Cell(one.letters[model]),
            *(Cell(str(counts[model][word])) for word in words),
        )
        for model in one.intervals
    ]
    return Table(_key(one, "models"), _title(one), tuple(columns), tuple(rows), _few(one))


def _pairs(one: Compared) -> Table:
    head = (text_column("model"), text_column("verdict"), text_column("other model"))
    rows = tuple(
        (Cell(pair.first), Cell(pair.verdict), Cell(pair.second), *_figures(pair, one)) for pair in one.comparisons
    )
    title = f"{one.matched.dataset}, {_head(one)}: pairs"
    return Table(_key(one, "pairs"), title, (*head, *_figure_columns(one)), rows)


def _against(one: Compared, baseline: str) -> Table:
    """Each model against the baseline, or against its older self."""
    head = (text_column("model"), _mean_column(one), text_column("verdict"))
    rows = [
        (Cell(pair.first), _mean_cell(one, pair.first), Cell(pair.verdict), *_figures(pair, one))
        for pair in one.comparisons
    ]
    if baseline in one.intervals:
        empty = (Cell(DASH) for _ in _figure_columns(one))
        rows.append((Cell(baseline), _mean_cell(one, baseline), Cell("baseline"), *empty))
    return Table(_key(one, "against"), _title(one), (*head, *_figure_columns(one)), tuple(rows), _few(one))


def _figure_columns(one: Compared) -> tuple[Column, ...]:
    unit = f" [{one.matched.unit}]" if one.matched.unit else ""
    return (
        Column(f"difference{unit}"),
        Column("p\n(Holm)", rank=1),
        Column("images\nwon:tied:lost", rank=2),
        Column("p, typical\nimage", rank=3),
        Column("reversed without\nimages", rank=4),
    )


def _figures(pair: Comparison[str], one: Compared) -> tuple[Cell, ...]:
    digits = one.matched.digits
    reversing = DASH if pair.reversing is None else str(len(pair.reversing))
    of = f" ({pair.images} of {pair.images + pair.infinite})" if pair.infinite else ""
    return (
        Cell(_number(pair.mean, digits, signed=True) + of, _interval(pair.ci95, digits, signed=True)),
        Cell(p_value(pair.p_lasting_holm)),
        Cell(f"{pair.wins}:{pair.ties}:{pair.losses}"),
        Cell(p_value(pair.p_typical_holm)),
        Cell(reversing),
    )


def _few(one: Compared) -> tuple[str, ...]:
    return tuple(filter(None, (_infinite(one), _decided(one))))


def _infinite(one: Compared) -> str:
    """Say which models have infinite values, and what is compared then."""
    images = {model: found for model in one.intervals if (found := one.infinite(model))}
    if not images:
        return ""
    count = len(one.matched.images)
    named = [
        f"{model} on {len(found)} of {count}" + (f" ({', '.join(found)})" if len(found) <= _NAMED else "")
        for model, found in images.items()
    ]
    return (
        f"∞, where the output equals the original: {'; '.join(named)}. A mean leaves these images out. Two models are "
        "compared on the images on which both are finite"
    )


def _decided(one: Compared) -> str:
    if one.influence is None:
        return ""
    models = one.influence_of.values
    line = influence_line(one.influence, one.influence_of.images, {model: model for model in models}, one.carried)
    if not line or len(models) == len(one.intervals):
        return f"N{line[1:]}" if line.startswith("no ") else line  # a model's name stays as it is
    return f"Of the {len(models)} models that are finite on every image: {line}"


def _ranks(ranks: Mapping[str, RankSummary]) -> Table:
    """Mean ranks of all metrics, and their mean, by which the rows are sorted."""
    models = [
        model for model in next(iter(ranks.values())).mean_ranks if all(model in of.mean_ranks for of in ranks.values())
    ]
    means = {model: sum(of.mean_ranks[model] for of in ranks.values()) / len(ranks) for model in models}
    columns = [text_column("model"), *(Column(metric, higher_is_better=False) for metric in ranks)]
    columns += [Column("mean", higher_is_better=False)] if len(ranks) > 1 else []
    rows = []
    for model in sorted(means, key=lambda model: means[model]):
        cells = [Cell(f"{of.mean_ranks[model]:.2f}") for of in ranks.values()]
        rows.append((Cell(model), *cells, *([Cell(f"{means[model]:.2f}")] if len(ranks) > 1 else [])))
    apart = ", ".join(f"{metric} {of.critical_difference:.2f}" for metric, of in ranks.items())
    friedman = ", ".join(f"{metric} {p_value(of.p)}" for metric, of in ranks.items())
    note = (
        "Mean rank over all images of all data sets, 1 being the best on every image. Ranks farther apart than "
        f"{apart} differ (Nemenyi, 5 %; p of Friedman's test: {friedman}). This is a statement about ranks on images, "
        "not about means."
    )
    images = max(of.images for of in ranks.values())
    return Table("ranks", f"Ranks, {images} images", tuple(columns), tuple(rows), (note,))


def _number(value: float, digits: int, *, signed: bool = False) -> str:
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def _interval(ends: tuple[float, float] | None, digits: int, *, signed: bool = False) -> str:
    if not ends:
        return ""
    if signed or ends[0] < 0:
        return f"{ends[0]:+.{digits}f} to {ends[1]:+.{digits}f}"
    return f"{ends[0]:.{digits}f}–{ends[1]:.{digits}f}"
