"""The report of runs as a folder of pages that open by double click: leaderboard, plots, facts."""
