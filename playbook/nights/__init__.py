"""The nights: when a reset is due, what a night does, and whom it alerts."""
