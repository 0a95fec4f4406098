"""Proof that tests notice mistakes, that no fault ends in a traceback, and that no reader crashes."""
