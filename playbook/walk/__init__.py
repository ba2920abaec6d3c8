"""Walk through a demo as its investor will: sales' five steps, in a real browser."""
