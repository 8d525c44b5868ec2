"""Every fault of the catalogue, caused once in each drive state of a lockstep drive, and what must follow."""
