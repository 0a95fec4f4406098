"""A study of paired comparisons as plain records."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from srbench.core import stored_json
from srbench.ratings.pair_scores import PairScores
from srbench.ratings.pair_study import PairAnalysis
from srbench.ratings.pair_tests import ModelTest
from srbench.report.numbers import ends_around
from srbench.report.ratings.record import SCHEMA, VERSION, known, versions


def record_pairs(study: PairAnalysis, methods: str) -> dict[str, Any]:
    """Collect all values of a study of paired comparisons, ready for JSON."""
    content = {
        "study": study.name,
        "kind": "pairs",
        "counts": {
            "answers": study.given,
            "answers_used": len(study.answers),
            "contents": len(study.contents),
            "raters": len(study.agreement),
            "ties": sum(answer.tie for answer in study.answers),
        },
        "overall": [_fit(fit) for fit in study.overall],
        "contents": {content: [_fit(fit) for fit in fits] for content, fits in study.contents.items()},
        "choices": asdict(study.options),
        "heterogeneity": _tests(study.heterogeneity),
        "goodness_of_fit": _tests(study.fit),
        "side_bias": asdict(study.side_bias) if study.side_bias else None,
        "retest": asdict(study.retest) if study.retest else None,
        "screening": study.screening or None,
        "raters": [
            {"rater": name, "answers": count, "with_majority": share, **asdict(study.triads[name])}
            for name, (count, share) in study.agreement.items()
        ],
        "notes": study.caveats,
        "methods": methods,
        "versions": versions(),
    }
    return stored_json.marked(SCHEMA, VERSION, content)


def _tests(tests: Sequence[ModelTest]) -> list[dict[str, Any]]:
    return [{"model" if name == "link" else name: value for name, value in asdict(one).items()} for one in tests]


def _fit(fit: PairScores) -> dict[str, Any]:
    scores = [
        {
            "item": fit.items[i],
            "score": float(fit.score[i]),
            "standard_error": float(fit.error[i]),
            "standard_error_robust": known(float(fit.robust_error[i])),
            "ci95": ends_around(float(fit.score[i]), float(fit.half[i])),
            "ci95_raters": ends_around(float(fit.score[i]), float(fit.rater_half[i])),
            "group": fit.letters.get(fit.items[i]),
        }
        for i in range(len(fit.score))
    ]
    return {
        "model": fit.link,
        "items": list(fit.items),
        "scores": scores or None,
        "differences": [{**asdict(pair), "significant": pair.significant} for pair in fit.differences],
        "covariance": fit.covariance.tolist(),
        "covariance_robust": None if fit.robust_df is None else fit.robust.tolist(),
        "robust_df": fit.robust_df,
        "clusters": fit.clusters,
        "tie_threshold": fit.threshold,
        "comparisons": fit.comparisons,
        "ties": fit.ties,
        "wins": fit.wins.astype(int).tolist(),
        "loglikelihood": known(fit.loglikelihood),
        "iterations": fit.iterations,
        "converged": fit.converged,
        "prior_wins": fit.prior,
        "unbounded": fit.unbounded or None,
        "problem": fit.problem or None,
    }
