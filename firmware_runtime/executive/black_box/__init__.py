"""The black box of a vehicle's computer: rings of the real-time processes in, files out."""
