"""Pictures: what they are, and what they are called in public."""
