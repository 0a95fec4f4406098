"""Sentences of the page."""

TITLES = {
    "means": "Intervals of a mean",
    "marks": "Marks among equal models",
    "challenge": "Marks on real values",
    "ratings": "Ratings on a scale",
    "pairs": "Comparisons in pairs",
}
HEAD = """# How often the statistics are right

Each interval and each mark of srbench was tried many times where the truth is known: the share of intervals that hold
it, and the share of tables with a false claim, in percent, with its standard error. "Falls short" stands where the
share misses the aim by more than two standard errors on the unsafe side, "within error" where by less, "wide" where an
interval holds the truth more often than it says. [What the marks mean](../../docs/marks.md) says what each mark claims.

    python -m benchmarks.coverage --fixture ntire2026_esr.csv --out reports/statistics

gives this page and `coverage.json` again; `--quick` takes fewer trials, `--only means` one part. The values of
the challenge are its organisers' and are not stored here; without them their regimes are left out.
"""
INTRODUCTIONS = {
    "means": (
        "95 % intervals of the mean of n images. Student's t is the default; the others are named options. The "
        "challenge's values are those of 16 models on 400 images, drawn with replacement; the truth is the mean of all "
        "400."
    ),
    "marks": (
        "Tables of 6 models whose true means are the same: the share of tables in which some two are told apart. `run` "
        'and `compare` use "t + Holm + lasting": the larger p value with and without outlying images. Sign flips are '
        "counted up to 50 images. Wilcoxon's test is about the typical image, and where one model is skewed typical "
        "images do differ."
    ),
    "challenge": (
        "n different images of the 400 are seen; a claim is false where the means of all 400 have the other order. The "
        "first aim of the mark is what t + Holm was measured to have; the second is the 5 % that tests promise."
    ),
    "ratings": (
        "Simulated studies of three models: raters with bias 0.3, inconsistency 0.6, and tastes for models (0.23 where "
        "nothing else is said), contents that differ by 0.3 and stimuli by 0.2 steps, whole votes from 1 to 5. The "
        "truth is the mean of endlessly many raters (and images), rounding, ends of the scale and lapses included. "
        "False letters: studies of three equal models in which some two share no letter. 24 x 20 is 24 raters x 20 "
        "images."
    ),
    "pairs": (
        "Simulated studies of four items, each pair asked of each rater on each content; Bradley-Terry scores with "
        "raters and contents as clusters. The truth is the model's fit to the answers of endlessly many raters and "
        "contents."
    ),
}
FLOORS: dict[str, dict[str, str]] = {name: {} for name in TITLES}
"""Why a figure falls short, by part and by a piece of what fell short; shown where it does."""
FOOT = """Not measured here: intervals of agreement, of metrics against opinion, of mixed models and of speed. Their
tests stand beside them (`tests/ratings`, `tests/stats/mixed`, `tests/speed`)."""
