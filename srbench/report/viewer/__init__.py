"""The page on which people look at the outputs of a run, from disk, without a server."""
