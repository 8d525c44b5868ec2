"""What a computer offers this runtime: a snapshot of it, and checks that are pure functions of that."""
