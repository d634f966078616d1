"""Source: what a person wrote in a file, as fields that know their place."""
