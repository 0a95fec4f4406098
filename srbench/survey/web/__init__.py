"""The rater's way through a study, in a browser."""
