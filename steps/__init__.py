"""Steps: each reads one fact and asserts on it; none queries anything itself."""
