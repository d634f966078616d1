"""The door to Pillow: what pictures are, what a letter makes of them, and what they are called in public."""
