"""How LR images come about: the protocol's bicubic, and random degradations for blind super-resolution."""
