"""What a study will show to whom: its design, the sessions of its raters, and what they will be able to tell."""
