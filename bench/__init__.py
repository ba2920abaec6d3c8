"""Measurements: ratios of times in the same run."""
