"""Contactors and precharge, power limits: what the traction battery may do for the vehicle now."""
