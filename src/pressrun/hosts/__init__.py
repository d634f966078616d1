"""What lies on other hosts: which addresses a publication names, and whether somebody still answers there."""
