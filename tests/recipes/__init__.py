"""CONTRIBUTING's recipes, followed in a copy of the project."""
