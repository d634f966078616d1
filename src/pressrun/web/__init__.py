"""Web: the preview on this machine, and the service that readers use."""
