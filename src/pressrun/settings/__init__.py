"""Settings: environment variables, secrets, and the address of the store."""
