"""The door to the disk: output is written whole, and only where it changed."""
