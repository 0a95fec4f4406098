"""`srbench survey`: one file a verb."""
