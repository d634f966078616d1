"""From a publication to its files: the plan, the run in memory, and the build, which makes only what is new."""
