"""The desk: what a writer asks for, from a new story to a list of problems."""
