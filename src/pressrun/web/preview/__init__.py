"""What a browser shows: the preview, on this machine alone."""
