"""CAN codec of the simulated vehicle, independent of the runtime's."""
