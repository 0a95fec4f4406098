"""Who takes part: panels, gates before the first trial, questionnaires, and the ways a session ends."""
