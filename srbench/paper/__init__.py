"""What goes into a paper or a notebook: figures and tables of runs."""
