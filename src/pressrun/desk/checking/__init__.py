"""Checking: what is wrong with a publication, what subscribers would see as new, and how to fix it."""
