"""Seeded mistakes in the rows of the state table; `python -m tests.safety.mutants` judges all of them."""
