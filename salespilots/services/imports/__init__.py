"""Products brought in from a file, and the catalogue written out as one."""
