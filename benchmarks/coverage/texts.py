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
        "counted up to 50 images. Wilcoxon's test is about the typical image, which may differ where "
        "means do not."
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
        "images. Where each rater sees 30 % maximum likelihood collapses onto single raters in 38 of 40 studies and "
        "is shown nowhere; its intervals are measured at 60 %."
    ),
    "pairs": (
        "Simulated studies of four items, each pair asked of each rater on each content; Bradley-Terry scores with "
        "raters and contents as clusters. The truth is the model's fit to the answers of endlessly many raters and "
        "contents. Each variance is the largest of the two-way estimate and both one-way ones, which is on the wide "
        "side where answers hardly depend on one another."
    ),
}
FLOORS: dict[str, dict[str, str]] = {
    "means": {
        "percentile": (
            "Percentile and BCa bootstraps are too narrow for few images on any values: they draw from n values as if "
            "these were all, and their spread is the root of (n - 1) / n too small. They are never the default."
        ),
        "Student t, skewed": (
            "Skewed values: the rare large ones that carry the mean are mostly not in a small sample; then its mean "
            "and its spread are both too small. The sample does not show it. Bootstrap-t comes "
            "nearer; docs/marks.md has more samples of it."
        ),
        "Student t, challenge, differences": (
            "Differences of two real models: on a few images of the 400 they are far larger than on all others. A "
            "sample without these images does not show that they exist."
        ),
    },
    "marks": {
        "one model skewed": (
            "Where one model's values are skewed its mean is carried by rare images, and the t test errs more often: "
            "few images do not show the rare ones."
        ),
    },
    "challenge": {
        "a false claim": (
            "The floor is set by the images that are not seen: 4 of the 400 reverse 27 of the 120 orders, and any one "
            "of them is missing from 96 / 88 / 75 % of the samples of 14 / 50 / 100 images. A sample without them "
            "shows an order that is wrong and consistent, which no test of these images alone can know. Leaving "
            "out outlying images helps where some of them were drawn. Sign flips keep fewer right claims and err too."
        ),
    },
    "ratings": {
        "maximum likelihood": (
            "Intervals by maximum likelihood are bootstrapped over raters, with two sweeps a draw: fewer would be too "
            "narrow, more too wide, since fits collapse onto raters who are drawn several times."
        ),
        "content x model 0.6": (
            "Five images that raters judge as differently as 0.6 steps leave a standard error of 0.6 x sqrt(2 / 5) = "
            "0.38 steps whatever the number of raters, and with 4 degrees of freedom 2.8 of these are the least that "
            "is significant. More images are needed, not more raters."
        ),
    },
    "pairs": {},
}
"""Why a figure falls short, by part and by a piece of what fell short; shown where it does."""
FOOT = """Not measured here: intervals of agreement, of metrics against opinion, of mixed models and of speed. Their
tests stand beside them (`tests/ratings`, `tests/stats/mixed`, `tests/speed`)."""
