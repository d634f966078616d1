"""Delivery: finished letters handed over, one by one, and what became of each."""
