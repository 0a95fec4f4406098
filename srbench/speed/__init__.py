"""Honest throughput: what a model's speed is on a device, in which mode, and what that mode costs."""
