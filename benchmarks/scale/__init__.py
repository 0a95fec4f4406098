"""Time and memory of runs of many models on many images: what is foreseen, and what they take."""
