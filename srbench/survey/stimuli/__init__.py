"""The pictures of a study: how they are chosen, stored, and made to fit the screen."""
