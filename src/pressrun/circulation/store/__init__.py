"""Where people are kept: SQLite or PostgreSQL, behind one door."""
