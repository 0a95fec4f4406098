"""What a study of human ratings says, as tables, plots, a methods paragraph and a page. Nothing here loads torch."""
