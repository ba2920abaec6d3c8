"""How each app keeps and shows a demo: one pure description an app, and what follows from it."""
