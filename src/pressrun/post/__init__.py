"""Post: what leaves the house as email."""
