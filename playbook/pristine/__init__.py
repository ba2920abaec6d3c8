"""What every demo must be: seeds, showcases, documents, scope, indexes."""
