"""The nightly runs: when a reset is due, what a night does, and who gets its alerts."""
