"""A study as plain records: what `--json` prints and the CSV files hold, in full precision."""

import importlib.metadata
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from srbench.core import stored_json
from srbench.errors import BadRatings
from srbench.ratings.analysis import Analysis
from srbench.ratings.mixed import MixedFit
from srbench.ratings.model_differences import ModelDifference
from srbench.ratings.sensitivity import Variant
from srbench.ratings.votes import StimulusScores, contents
from srbench.report.formats import csv
from srbench.report.numbers import cut, ends_around
from srbench.report.ratings import bounds
from srbench.stats.arrays import Floats

_LISTS = ("models", "differences", "stimuli", "raters", "treatments", "metrics")
CSV_NAMES = {f"{name}.csv" for name in (*_LISTS, "scores")}
"""Every CSV file that a report may have."""
_PLOTTED = ("values", "mos")
BIAS = "bias_p910"
"""Key of a rater's bias by maximum likelihood; "bias" is the mean deviation from the stimuli's means (ITU-T P.913)."""
SCHEMA, VERSION = "ratings-report", 1


def read(path: Path) -> dict[str, Any]:
    """Return the content of a report.json with its "version"; a file from before schemas has version 0.

    The bias by maximum likelihood, which older files call "bias", is given as "bias_p910".

    Raises:
        BadRatings: The file cannot be read, holds something else, or was written by a later version.
    """
    content = stored_json.read(path, SCHEMA, VERSION, unmarked_keys=("study", "kind", "methods"), error=BadRatings)
    for rater in (content.get("maximum_likelihood") or {}).get("raters", ()):
        if "bias" in rater:
            rater[BIAS] = rater.pop("bias")
    return content


def record(study: Analysis, methods: str) -> dict[str, Any]:
    """Collect all values of a study on a scale, ready for JSON; null where nothing can be told."""
    raters = study.raters
    content = {
        "study": study.name,
        "kind": "ratings" if study.votes is not None else "averages",
        "scale": {"low": study.scores.scale.low, "high": study.scores.scale.high, "higher_is_better": True},
        "choices": asdict(study.options),
        "counts": {
            "stimuli": len(study.scores.stimuli),
            "contents": contents(study.scores.stimuli),
            "models": len({s.model for s in study.scores.stimuli if s.model}),
            "raters": None if raters is None else len(raters.names),
            "raters_rejected": None if raters is None else sum(raters.excluded),
            "votes": study.total_votes,
            "votes_used": study.total_votes if study.votes is None else len(study.votes),
        },
        "models": _models(study),
        "differences": [_difference(pair, bounds.of_differences(study)) for pair in study.differences],
        "stimuli": _stimuli(study),
        "agreement": _agreement(study),
        "screening": [
            {
                "rule": verdict.rule,
                "applied": verdict.rule in study.options.screen,
                "rejected": list(verdict.rejected),
                "statement": verdict.statement,
                "reason": verdict.reason or None,
            }
            for verdict in study.verdicts
        ],
        "treatments": [_variant(variant) for variant in study.sensitivity],
        "raters": _raters(study),
        "maximum_likelihood": _likelihood(study),
        "as_good_as": [{**asdict(one), "shown": one.shown} for one in study.as_good],
        "mixed_models": [_mixed(fit) for fit in study.mixed],
        "metrics": [{k: v for k, v in asdict(p).items() if k not in _PLOTTED} for p in study.predictions],
        "sos": study.further.sos and asdict(study.further.sos),
        "order_effects": list(map(asdict, study.further.order)),
        "metric_tests": [asdict(test) for test in study.metric_tests],
        "notes": study.caveats,
        "methods": methods,
        "versions": versions(),
    }
    return stored_json.marked(SCHEMA, VERSION, content)


def _difference(pair: ModelDifference, ends: tuple[float, float]) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(pair).items() if name not in ("ci95_raters_images", "raters")}
    over = pair.raters
    return {
        **fields,
        "both": cut(pair.ci95_raters_images, *ends),
        "significant": pair.significant,
        "ci95_raters": cut(over.ci95, *ends) if over else None,
        "df_raters": over.df if over else None,
        "p_raters": over.p if over else None,
        "p_raters_holm": over.p_holm if over else None,
    }


def _variant(variant: Variant) -> dict[str, Any]:
    keys = {"name": "treatment", "largest_change": "largest"}
    return {keys.get(name, name): value for name, value in asdict(variant).items()}


def _models(study: Analysis) -> list[dict[str, Any]]:
    ranks = {(rank.model, rank.dataset): rank.mean for rank in study.ranks}
    ends = bounds.of_means(study)
    return [
        {
            "model": g.model,
            "dataset": g.dataset,
            "mean": g.mean,
            "ci95": cut(ends_around(g.mean, g.half), *ends),
            "ci95_raters_images": cut(g.ci95_raters_images, *ends),
            "group": study.letters.get(g.dataset, {}).get(g.model),
            "mean_rank": ranks.get((g.model, g.dataset)),
            "images": g.images,
            "raters": g.raters,
            "votes": g.votes,
            "std": g.std,
            "distribution": study.distribution[1][g.model].tolist() if g.model in study.distribution[1] else None,
        }
        for g in study.models
    ]


def _stimuli(study: Analysis) -> list[dict[str, Any]]:
    others = {
        "dmos": study.dmos,
        "dmos_crushed": study.crushed_dmos,
        "p910": study.estimate.scores if study.estimate and study.estimate.usable else None,
        "z": study.further.z,
    }
    places = {name: opinion.by_name() for name, opinion in others.items() if opinion}
    records = []
    for i, s in enumerate(study.scores.stimuli):
        stimulus: dict[str, Any] = {
            "stimulus": s.name,
            "content": s.content,
            "model": s.model,
            "dataset": s.dataset,
            "reference": s.reference,
            "score": float(study.scores.mean[i]),
            "ci95": ends_around(float(study.scores.mean[i]), float(study.scores.half[i])),
            "std": known(float(study.scores.std[i])),
            "votes": int(study.scores.n[i]),
            "histogram": study.stimulus_histogram[i].astype(int).tolist() if len(study.stimulus_histogram) else None,
        }
        for name, opinion in others.items():
            at = places[name].get(s.name) if opinion else None
            stimulus[name] = None if at is None or opinion is None else float(opinion.mean[at])
            stimulus[f"{name}_ci95"] = None if at is None or opinion is None else _ends(opinion, at)
        records.append(stimulus)
    return records


def _ends(scores: StimulusScores, at: int) -> tuple[float, float] | None:
    return ends_around(float(scores.mean[at]), float(scores.half[at]))


def _agreement(study: Analysis) -> dict[str, Any]:
    return {
        "icc": asdict(study.icc) if study.icc else None,
        "krippendorff_alpha_ordinal": study.alpha_ordinal,
        "krippendorff_alpha_interval": study.alpha_interval,
        "krippendorff_alpha_ordinal_ci95": study.alpha_ordinal_ci95,
        "krippendorff_alpha_interval_ci95": study.alpha_interval_ci95,
        "retest": asdict(study.retest) if study.retest else None,
    }


def _raters(study: Analysis) -> list[dict[str, Any]]:
    r = study.raters
    if r is None:
        return []
    columns = {"mean": r.mean, "std": r.std, "bias": r.bias, "r": r.correlation}
    fitted = {BIAS: r.bias_p910, "inconsistency": r.inconsistency}
    intervals = {f"{BIAS}_ci95": r.bias_p910_ci95, "inconsistency_ci95": r.inconsistency_ci95}
    return [
        {
            "rater": name,
            "counts": not r.excluded[i],
            "rejected_by": list(r.rejected[i]),
            "votes": r.votes[i],
            **{key: known(float(values[i])) for key, values in {**columns, **fitted}.items()},
            **{key: _known_ends(values[i]) for key, values in intervals.items()},
        }
        for i, name in enumerate(r.names)
    ]


def _likelihood(study: Analysis) -> dict[str, Any] | None:
    estimate = study.estimate
    if estimate is None:
        return None
    return {
        "iterations": estimate.iterations,
        "converged": estimate.converged,
        "left_out": list(estimate.left_out),
        "collapsed_onto": list(estimate.exact),
        "raters": [
            {
                "rater": name,
                BIAS: float(estimate.bias[i]),
                f"{BIAS}_ci95": None if estimate.bias_ci95 is None else _known_ends(estimate.bias_ci95[i]),
                "inconsistency": float(estimate.inconsistency[i]),
                "inconsistency_ci95": (
                    None if estimate.inconsistency_ci95 is None else _known_ends(estimate.inconsistency_ci95[i])
                ),
            }
            for i, name in enumerate(estimate.raters)
        ],
    }


def _known_ends(ends: Floats) -> tuple[float, float] | None:
    return (float(ends[0]), float(ends[1])) if np.isfinite(ends).all() else None


def _mixed(fit: MixedFit) -> dict[str, Any]:
    return {
        **asdict(fit),
        "differences": [{**asdict(pair), "significant": pair.significant} for pair in fit.differences],
    }


def known(value: float) -> float | None:
    """Return a number, or None for one that is not finite."""
    return value if math.isfinite(value) else None


def versions() -> dict[str, str]:
    """Return the versions of the software."""
    names = ("sr-bench-suite", "numpy", "scipy")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Spread a record over one line: an interval becomes two columns, each curve's values columns of their own."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if "ci95" in name or name == "both":
            flat[f"{name}_low"], flat[f"{name}_high"] = value or (None, None)
        elif name == "fits":
            for fit in value:
                curve = {f"{fit['curve']}_{key}": what for key, what in fit.items() if key != "curve"}
                flat |= _flat(curve)
        elif name == "pairs":
            flat |= _flat({f"pairs_{key}": what for key, what in (value or {}).items()})
        else:
            flat[name] = value
    return flat


def csv_files(record: Mapping[str, Any]) -> dict[str, str]:
    """Write each list of a record as CSV, by file name."""
    if record["kind"] == "pairs":
        scores = [
            {"content": content, "model": fit["model"], **score}
            for content, fits in {"": record["overall"], **record["contents"]}.items()
            for fit in fits
            for score in fit["scores"] or []
        ]
        lists = {"scores": scores, "raters": record["raters"]}
    elif record["kind"] == "triplets":
        lists = {name: record[name] for name in ("models", "stimuli", "raters")}
    else:
        lists = {name: record[name] for name in _LISTS}
    return {f"{name}.csv": csv.records(list(map(_flat, rows))) for name, rows in lists.items() if rows}
