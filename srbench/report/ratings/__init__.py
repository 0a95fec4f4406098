"""What a study of human ratings says, as tables, figures, a methods paragraph and a page. Nothing here loads torch."""
