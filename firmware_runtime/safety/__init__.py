"""State machine, fault catalogue, monitors, command envelope, supervisor: what must hold whatever drives."""
