"""Training by recipe: a TOML file names the networks, losses and phases; the trainer knows none of them by name."""
