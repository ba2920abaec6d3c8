"""Steps of one bundle each (playbook, "Bundle-Specific Checks")."""
