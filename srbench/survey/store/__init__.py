"""The votes of a study in its database: its schema and copies, and one file for each kind of question asked of it."""
