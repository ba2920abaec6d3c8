"""The verdict as one HTML page, and the playbook beside it."""
