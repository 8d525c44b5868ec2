"""What a technician asks the vehicle; fed after the tick, and never read back by it."""
