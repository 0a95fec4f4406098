"""Style of all plots, and the placement of labels in them."""
