"""Layouts of files of ratings, one file for each."""
