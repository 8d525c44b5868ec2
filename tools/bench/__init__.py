"""Measures the project's speed beside that of other programs; started by tools/bench/run."""
