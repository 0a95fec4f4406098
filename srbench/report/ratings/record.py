"""A study as plain records: what `--json` prints and the CSV files hold, in full precision."""

import csv
import importlib.metadata
import io
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from srbench.ratings.analysis import Analysis
from srbench.ratings.model_differences import ModelDifference
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.pairs import PairScores
from srbench.ratings.sensitivity import Variant
from srbench.ratings.votes import StimulusScores, contents

_LISTS = ("models", "differences", "stimuli", "raters", "treatments", "metrics")
CSV_NAMES = {f"{name}.csv" for name in (*_LISTS, "scores")}
"""Every CSV file that a report may have."""


def record(made: Analysis, methods: str) -> dict[str, Any]:
    """All figures of a study on a scale, ready for JSON; null where nothing can be told."""
    raters = made.raters
    return {
        "study": made.name,
        "kind": "ratings" if made.votes is not None else "averages",
        "scale": {"low": made.scores.scale.low, "high": made.scores.scale.high, "higher_is_better": True},
        "choices": asdict(made.options),
        "counts": {
            "stimuli": len(made.scores.stimuli),
            "contents": contents(made.scores.stimuli),
            "models": len({s.model for s in made.scores.stimuli if s.model}),
            "raters": None if raters is None else len(raters.names),
            "raters_rejected": None if raters is None else sum(raters.excluded),
            "votes": made.total_votes,
            "votes_used": made.total_votes if made.votes is None else len(made.votes),
        },
        "models": _models(made),
        "differences": [_difference(pair) for pair in made.differences],
        "stimuli": _stimuli(made),
        "agreement": _agreement(made),
        "screening": [
            {
                "rule": verdict.rule,
                "applied": verdict.rule in made.options.screen,
                "rejected": list(verdict.rejected),
                "statement": verdict.statement,
                "reason": verdict.reason or None,
            }
            for verdict in made.verdicts
        ],
        "treatments": [_variant(variant) for variant in made.sensitivity],
        "raters": _raters(made),
        "maximum_likelihood": _likelihood(made),
        "metrics": [_metric(asdict(p)) for p in made.predictions],
        "notes": made.caveats,
        "methods": methods,
        "versions": _versions(),
    }


def _difference(pair: ModelDifference) -> dict[str, Any]:
    fields = {"both" if name == "ci95_raters_images" else name: value for name, value in asdict(pair).items()}
    return {**fields, "significant": pair.significant}


def _variant(variant: Variant) -> dict[str, Any]:
    keys = {"name": "treatment", "largest_change": "largest"}
    return {keys.get(name, name): value for name, value in asdict(variant).items()}


def _models(made: Analysis) -> list[dict[str, Any]]:
    ranks = {(rank.model, rank.dataset): rank.mean for rank in made.ranks}
    return [
        {
            "model": g.model,
            "dataset": g.dataset,
            "mean": g.mean,
            "ci95": _around(g.mean, g.half),
            "ci95_raters_images": g.ci95_raters_images,
            "group": made.letters.get(g.dataset, {}).get(g.model),
            "mean_rank": ranks.get((g.model, g.dataset)),
            "images": g.images,
            "raters": g.raters,
            "votes": g.votes,
            "std": g.std,
            "distribution": made.distribution[1][g.model].tolist() if g.model in made.distribution[1] else None,
        }
        for g in made.models
    ]


def _stimuli(made: Analysis) -> list[dict[str, Any]]:
    others = {
        "dmos": made.dmos,
        "dmos_crushed": made.crushed_dmos,
        "p910": made.estimate.scores if made.estimate else None,
    }
    places = {name: opinion.by_name() for name, opinion in others.items() if opinion}
    found = []
    for i, s in enumerate(made.scores.stimuli):
        one: dict[str, Any] = {
            "stimulus": s.name,
            "content": s.content,
            "model": s.model,
            "dataset": s.dataset,
            "reference": s.reference,
            "score": float(made.scores.mean[i]),
            "ci95": _around(float(made.scores.mean[i]), float(made.scores.half[i])),
            "std": _known(float(made.scores.std[i])),
            "votes": int(made.scores.n[i]),
            "histogram": made.stimulus_histogram[i].astype(int).tolist() if len(made.stimulus_histogram) else None,
        }
        for name, opinion in others.items():
            at = places[name].get(s.name) if opinion else None
            one[name] = None if at is None or opinion is None else float(opinion.mean[at])
            one[f"{name}_ci95"] = None if at is None or opinion is None else _ends(opinion, at)
        found.append(one)
    return found


def _ends(opinion: StimulusScores, at: int) -> tuple[float, float] | None:
    return _around(float(opinion.mean[at]), float(opinion.half[at]))


def _agreement(made: Analysis) -> dict[str, Any]:
    return {
        "icc": asdict(made.icc) if made.icc else None,
        "krippendorff_alpha_ordinal": made.alpha_ordinal,
        "krippendorff_alpha_interval": made.alpha_interval,
        "retest": asdict(made.retest) if made.retest else None,
    }


def _raters(made: Analysis) -> list[dict[str, Any]]:
    r = made.raters
    if r is None:
        return []
    figures = {"mean": r.mean, "std": r.std, "bias": r.bias, "inconsistency": r.inconsistency, "r": r.correlation}
    return [
        {
            "rater": name,
            "counts": not r.excluded[i],
            "rejected_by": list(r.rejected[i]),
            "votes": r.votes[i],
            **{key: _known(float(values[i])) for key, values in figures.items()},
        }
        for i, name in enumerate(r.names)
    ]


def _likelihood(made: Analysis) -> dict[str, Any] | None:
    found = made.estimate
    if found is None:
        return None
    return {
        "iterations": found.iterations,
        "converged": found.converged,
        "left_out": list(found.left_out),
        "raters": [
            {"rater": name, "bias": float(b), "inconsistency": float(v)}
            for name, b, v in zip(found.raters, found.bias, found.inconsistency, strict=True)
        ],
    }


def _metric(fields: dict[str, Any]) -> dict[str, Any]:
    """Without the plotted points."""
    return {name: value for name, value in fields.items() if name not in ("values", "mos")}


def record_pairs(made: PairAnalysis, methods: str) -> dict[str, Any]:
    """All figures of a study of paired comparisons, ready for JSON."""
    return {
        "study": made.name,
        "kind": "pairs",
        "counts": {
            "answers": len(made.answers),
            "contents": len(made.contents),
            "raters": len(made.agreement),
            "ties": sum(answer.tie for answer in made.answers),
        },
        "overall": [_fit(fit) for fit in made.overall],
        "contents": {content: [_fit(fit) for fit in fits] for content, fits in made.contents.items()},
        "heterogeneity": [
            {"model": test.link, "chi2": test.chi2, "df": test.df, "p": test.p} for test in made.heterogeneity
        ],
        "raters": [
            {"rater": rater, "answers": count, "with_majority": share}
            for rater, (count, share) in made.agreement.items()
        ],
        "notes": made.caveats,
        "methods": methods,
        "versions": _versions(),
    }


def _fit(fit: PairScores) -> dict[str, Any]:
    scores = None
    if not fit.problem:
        scores = [
            {
                "item": item,
                "score": float(fit.score[i]),
                "standard_error": float(fit.error[i]),
                "standard_error_robust": _known(float(fit.robust_error[i])),
                "ci95": _around(float(fit.score[i]), float(fit.half[i])),
                "group": fit.letters.get(item),
            }
            for i, item in enumerate(fit.items)
        ]
    return {
        "model": fit.link,
        "items": list(fit.items),
        "scores": scores,
        "differences": [{**asdict(pair), "significant": pair.significant} for pair in fit.differences],
        "covariance": fit.covariance.tolist(),
        "covariance_robust": None if fit.robust_df is None else fit.robust.tolist(),
        "robust_df": fit.robust_df,
        "clusters": fit.clusters,
        "tie_threshold": fit.threshold,
        "comparisons": fit.comparisons,
        "ties": fit.ties,
        "wins": fit.wins.astype(int).tolist(),
        "loglikelihood": _known(fit.loglikelihood),
        "iterations": fit.iterations,
        "converged": fit.converged,
        "problem": fit.problem or None,
    }


def _around(mean: float, half: float | None) -> tuple[float, float] | None:
    return None if half is None or not math.isfinite(half) else (mean - half, mean + half)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _versions() -> dict[str, str]:
    names = ("sr-bench-suite", "numpy", "scipy")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def comma_separated(rows: Sequence[Mapping[str, Any]]) -> str:
    """Records as CSV: intervals become two columns, lists one cell."""
    flat = [_flat(row) for row in rows]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in flat for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if "ci95" in name or name == "both":
            found[f"{name}_low"], found[f"{name}_high"] = value or (None, None)
        elif name == "fits":
            for fit in value:
                own = {f"{fit['curve']}_{key}": what for key, what in fit.items() if key != "curve"}
                found |= _flat(own)
        elif isinstance(value, list | tuple):
            found[name] = " ".join(map(str, value))
        else:
            found[name] = value
    return found


def csv_files(record: Mapping[str, Any]) -> dict[str, str]:
    """File names and contents of a record's lists."""
    if record["kind"] == "pairs":
        scores = [
            {"content": content, "model": fit["model"], **score}
            for content, fits in {"": record["overall"], **record["contents"]}.items()
            for fit in fits
            for score in fit["scores"] or []
        ]
        lists = {"scores": scores, "raters": record["raters"]}
    else:
        lists = {name: record[name] for name in _LISTS}
    return {f"{name}.csv": comma_separated(rows) for name, rows in lists.items() if rows}
