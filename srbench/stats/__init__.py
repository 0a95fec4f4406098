"""Statistical inference, one set of rules for runs, speed and ratings."""
