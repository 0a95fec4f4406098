"""How often intervals hold the truth, and how often marks claim what is not so, in regimes whose truth is known."""
