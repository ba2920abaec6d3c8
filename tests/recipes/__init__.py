"""CONTRIBUTING's recipes, walked in a copy of the project."""
