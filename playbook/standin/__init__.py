"""A small AisleMarts backend for the embedded environment and for tests."""
