"""Runs a command beside a real Linux `vcan` bus; see README.md."""
