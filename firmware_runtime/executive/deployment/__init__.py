"""What is put onto a vehicle's computer, and how it gets there whole or not at all."""
