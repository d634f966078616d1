"""The nouns: frozen values that every other room speaks of, and the addresses that they live at."""
