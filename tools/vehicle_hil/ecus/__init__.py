"""Simulated ECUs; each keeps the contract that the DBC files state."""
