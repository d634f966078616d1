"""How the tables of an older store become those of this one."""
