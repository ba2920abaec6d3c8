"""Three days of schedule and panel in a few minutes: no leak, no lost run, no false GO."""
