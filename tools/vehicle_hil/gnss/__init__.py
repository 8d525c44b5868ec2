"""Simulated dual-antenna GNSS receiver: measurement, errors, NMEA sentences, serial line."""
