"""Sending: one edition to its audience, each person once."""
