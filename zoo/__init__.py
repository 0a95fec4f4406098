"""Models of the benchmark: architectures, their cards and weights, and one call contract for all of them."""
