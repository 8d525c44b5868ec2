"""What must outlive the power: which items, with what promise, and how they get to the disk and back."""
