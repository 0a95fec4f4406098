"""The models of this project: architectures with their cards in `archs`, training recipes, and weights."""
