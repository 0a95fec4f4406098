"""The machinery of models: cards, weights, precision and engines, and one call contract for every network."""
