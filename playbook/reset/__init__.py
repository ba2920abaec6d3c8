"""Put a demo back: plan, execute, back up, record."""
