"""Statistical inference on arrays: one set of rules for runs, speed and ratings."""
