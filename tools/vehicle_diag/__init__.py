"""The technician's tool: what a vehicle remembers of itself, for a person with a laptop."""
