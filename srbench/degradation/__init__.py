"""Degradations that make LR of HR: the protocol's bicubic, and random ones for blind super-resolution."""
