"""Walk through a demo like its investor: sales' five steps, in a real browser."""
