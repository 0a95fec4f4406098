"""Numbers of trials of each part: in full, and with --quick."""

TRIALS = {
    "means": {"t": 4_000, "other methods": 400},
    "skewed": {"samples": 4_000},
    "marks": {"t": 1_000, "sign flips and Wilcoxon from n = 50 on": 100},
    "baseline": {"tables": 1_000},
    "challenge": {"tables": 2_000, "sign flips": 100},
    "same": {"tables": 250},
    "named": {"tables with a false claim": 100},
    "seeds": {"tables": 4_000, "timings": 500},
    "ratings": {"studies": 500, "maximum likelihood": 50},
    "agreement": {"studies": 200},
    "mixed": {"linear": 100, "ordinal": 30, "non-inferiority": 200},
    "pairs": {"studies": 300},
}
QUICK = {
    "means": {"t": 2_000, "other methods": 60},
    "skewed": {"samples": 300},
    "marks": {"t": 150, "sign flips and Wilcoxon from n = 50 on": 15},
    "baseline": {"tables": 150},
    "challenge": {"tables": 300, "sign flips": 20},
    "same": {"tables": 60},
    "named": {"tables with a false claim": 15},
    "seeds": {"tables": 400, "timings": 100},
    "ratings": {"studies": 60, "maximum likelihood": 10},
    "agreement": {"studies": 50},
    "mixed": {"linear": 20, "ordinal": 10, "non-inferiority": 60},
    "pairs": {"studies": 50},
}
