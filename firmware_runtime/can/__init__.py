"""CAN frames in and out: DBC tables, checks, decode, encode, bus adapters."""
