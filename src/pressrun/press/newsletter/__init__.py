"""The newsletter: an edition as a letter, its HTML, its plain text and its message."""
