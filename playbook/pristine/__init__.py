"""The pristine state of every demo: seeds, showcases, documents, scope, indexes."""
