"""What may happen to a person's consent, how they are known once their data is gone, and the files that hold people."""
