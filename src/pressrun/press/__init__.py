"""The press: from a publication to the bytes of feeds, newsletters, and pages."""
