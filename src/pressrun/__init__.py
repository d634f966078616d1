"""Pressrun: one folder of plain-text stories becomes every feed and every inbox."""

__version__ = "0.1.0"
