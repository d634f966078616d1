"""The masthead: publication.yaml, from its fields to a Publication."""
