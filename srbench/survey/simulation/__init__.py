"""Raters who are simulated, to forecast what a plan will tell and to try a study before people do."""
