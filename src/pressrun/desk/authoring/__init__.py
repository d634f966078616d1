"""Authoring: files of a publication created and edited, all that a person wrote kept byte for byte."""
