"""Hardware-in-the-loop harness: a simulated vehicle, the runners that drive it, and the report."""
