"""Numbers of trials of each part: in full, and with --quick."""

TRIALS = {
    "means": {"t": 4_000, "other methods": 400},
    "marks": {"t": 1_000, "sign flips and Wilcoxon from n = 50 on": 100},
    "challenge": {"false claims": 2_000, "right claims, sign flips": 100, "influence lines": 100},
    "ratings": {"studies": 500, "maximum likelihood": 50},
    "pairs": {"studies": 300},
}
QUICK = {
    "means": {"t": 2_000, "other methods": 60},
    "marks": {"t": 150, "sign flips and Wilcoxon from n = 50 on": 15},
    "challenge": {"false claims": 500, "right claims, sign flips": 40, "influence lines": 15},
    "ratings": {"studies": 60, "maximum likelihood": 10},
    "pairs": {"studies": 50},
}
