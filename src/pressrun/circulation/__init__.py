"""Circulation: who gets what, with whose consent, and the store where that is kept."""
