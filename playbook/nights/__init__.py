"""The nightly runs: when a reset is due, what a night does, and who gets its alerts.

Begin reading at :mod:`playbook.nights.nightly`. It uses ``checking`` and ``night_checks`` (how a
night checks and walks), ``rollback``, ``closing`` (the record and the alerts), ``lease`` and
``journal``. A night's result is in ``night``. The folders are ``schedule`` (when), ``alerts`` (the
channels and their texts) and ``meetings`` (what the calendars add).
"""
