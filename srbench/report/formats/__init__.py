"""One file for each format of a report: Markdown, LaTeX, HTML, CSV and the terminal."""
