"""Training by recipe: networks, losses and phases are pieces that a TOML file names; the trainer knows none by name."""
