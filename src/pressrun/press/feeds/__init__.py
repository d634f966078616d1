"""Feeds: which entries, what each shows, and the formats that write them down."""
