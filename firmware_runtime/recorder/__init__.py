"""Crash-safe record of every tick, and its replay; after the tick, it never holds the tick up."""
