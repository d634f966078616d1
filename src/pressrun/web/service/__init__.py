"""The subscription service: pages that people subscribe and leave on, and the post of their letters."""
