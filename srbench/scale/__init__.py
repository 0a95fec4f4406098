"""Runs that several processes and machines do together."""
