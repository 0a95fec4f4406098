"""The votes of a study in its database: one file for each kind of question that is asked of it."""
