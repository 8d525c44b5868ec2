"""Onboard runtime for driverless, battery-electric yard vehicles."""
