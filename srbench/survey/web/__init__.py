"""The web application of a study: pages for raters and for its administrator."""
