"""From rows to tables. Nothing here loads torch or a model: the same rows always give the same bytes."""
