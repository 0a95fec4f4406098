"""Architectures: one file each, with its network, its naming schemes and the cards of its weights."""
