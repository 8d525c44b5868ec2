"""What the vehicle is: profile, canonical signals in SI, and the types that pass between components."""
