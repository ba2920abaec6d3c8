"""Starting child processes, and ending our own."""
