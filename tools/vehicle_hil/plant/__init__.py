"""Physics of the simulated vehicle: motion, resistance, battery, high-voltage link."""
