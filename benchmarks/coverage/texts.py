"""Sentences of the page."""

TITLES = {
    "means": "Intervals of a mean",
    "skewed": "Rules for skewed values",
    "marks": "Marks among equal models",
    "baseline": "Marks against a baseline",
    "challenge": "Marks on real values",
    "same": '"Same" on real values',
    "named": "What the influence line names",
    "seeds": "Several seeds, and timings",
    "ratings": "Ratings on a scale",
    "agreement": "Agreement, and metrics against opinion",
    "mixed": "Mixed models, and non-inferiority",
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
        "challenge's values are those of 16 models on 400 images, drawn with replacement; the truth is the mean of "
        "all 400."
    ),
    "skewed": (
        "Rules that are known to mend Student's t for skewed values, each on the same samples. `--interval hall` "
        "takes at each end the further one of Student's limit and of that after Hall's transformation."
    ),
    "marks": (
        "Tables of 6 models whose true means are the same: the share of tables in which some two are told apart. "
        '`run` and `compare` use "t + Holm + lasting": the larger p value with and without outlying images. Sign '
        "flips are counted up to 50 images. Wilcoxon's test is about the typical image, which may differ where means "
        "do not."
    ),
    "challenge": (
        "n different images of the 400 are seen; a claim is false where the means of all 400 have the other order. "
        "The first aim of the mark is what t + Holm was measured to have; the second is the 5 % that tests promise."
    ),
    "baseline": (
        '`compare --baseline`: five models against the first, with equal true means; Holm over the five. "Same" is '
        "false where all five are the margin apart from the baseline."
    ),
    "same": (
        "The same tables; false where the means of all 400 images are the margin apart or more. The stricter rule "
        "also asks that the claim stands without the images that are far (2.5 robust standard deviations) from the "
        "median, on either side."
    ),
    "named": (
        "Tables of n of the challenge's 400 images in which the mark makes a false claim about the mean of all 400. "
        "An image undoes a false claim where the mark does not make the claim without it. What the line says counts "
        "where it names the image: those that reverse orders, those that change who is best where they are five at "
        "most, and the one that the most claims rest on. Images drawn by chance are as many as the line names. Most "
        "false claims are near the level: at 14 images leaving out almost any of them undoes one, so that chance does "
        "well, and no single image undoes one of p < 0.01, which rests on images that are not there. The image that "
        "the most claims rest on does what any single image can; it is no alarm, since right tables have one too."
    ),
    "seeds": (
        "A method trained several times against a model trained once that is as good on average: images differ by 1 "
        "in what the method gains, single values by 0.3. Timings: calls of 20 ms that spread by 3 %, of which 5 % are "
        "slowed by half on average; in a comparison of two models each round is slower or faster for both by 5 %. The "
        "aim of the median is that it lies within the 2 % that it is said to be known to."
    ),
    "ratings": (
        "Simulated studies of three models: raters with bias 0.3, inconsistency 0.6, and tastes for models (0.23 "
        "where nothing else is said), contents that differ by 0.3 and stimuli by 0.2 steps, whole votes from 1 to 5. "
        "The truth is the mean of endlessly many raters (and images), rounding, ends of the scale and lapses "
        "included. False letters: studies of three equal models in which some two share no letter. 24 x 20 is 24 "
        "raters x 20 images. Where each rater sees 30 % maximum likelihood collapses onto single raters in 38 of 40 "
        "studies and is shown nowhere; its intervals are measured at 60 %."
    ),
    "agreement": (
        "Studies as above; the truth of ICC and alpha is that of 300 raters and 700 images. Correlations: metric and "
        "opinion are normal together; where stimuli share contents, five are of each, and half of what the metric "
        "misses is the content's. `predict` calls a metric tied with the best by a bootstrap over contents."
    ),
    "mixed": (
        "Linear: studies of three models as above, half a step apart or equal; the truth is the difference of mean "
        "votes. Ordinal: votes of the cumulative logit model itself, 0.8 apart in log odds or equal, with likings of "
        "raters and contents for models of 0.4. Non-inferiority: both other models lie below the baseline by the "
        "margin."
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
    "skewed": {
        "Student t (the default), skewed": (
            "Hall's transformation beside Student's t comes nearer to 95 % on skewed values and stays there on normal "
            "ones from 14 images on, but is too wide at 5, and half as wide again where a few images are far from the "
            "others. It is an option and not the default because verdicts are tests of the mean by Student's t: an "
            'interval that holds 0 must not stand beside the word "better".'
        ),
        "differences of two models": (
            "No rule holds on differences of real models, whichever it is: what is missing are images that the sample "
            "does not have."
        ),
        "Johnson's": (
            "Johnson's t and the empirical likelihood gain on log-normal values and lose on heavy tails or few "
            "images, where Student's t holds."
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
            "shows an order that is wrong and consistent, which no test of these images alone can know. Leaving out "
            "outlying images helps where some of them were drawn. Sign flips keep fewer right claims and err too."
        ),
    },
    "baseline": {},
    "same": {
        "0.1 dB": (
            "Differences that a few far images carry: a sample without these images shows two models that are close. "
            "To leave out what is far helps little, for it is not there, and costs up to a third of the right claims "
            "of a small margin: the stricter rule is not adopted. A false claim needs a true difference just above "
            "the margin; few pairs lie above 0.05 and 0.2 dB in this way."
        ),
    },
    "named": {},
    "seeds": {
        "seeds that differ": (
            "Three seeds leave two degrees of freedom: where seeds differ far more than images leave open, "
            "Satterthwaite's degrees of freedom are estimated too high in some samples. Five seeds hold."
        ),
        "median of latency": (
            "Repetition ends as soon as the median looks known, which is sooner where the calls so far happened to "
            "agree."
        ),
    },
    "agreement": {},
    "mixed": {},
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
FOOT = """The methods behind single values, such as Wilcoxon's, are checked against independent software instead:
`tests/stats`, `tests/ratings`."""
