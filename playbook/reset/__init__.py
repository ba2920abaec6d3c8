"""Put a demo back: plan, execute, back up, record.

Begin with :mod:`run`: reset, roll back, verify, save, each in a few lines. It uses

- what is there: :mod:`current_state`, and :mod:`standing` for the verdict that the journal gives;
- what is to be there: :mod:`plan` and :mod:`access` for a reset, :mod:`earlier_state` for a
  rollback; :mod:`joint` makes one plan of several;
- what bundles share: :mod:`shared_parts` says what that is, :mod:`sharing` what a rollback puts
  back of it;
- one run that writes: :mod:`work` with its :mod:`lease`, :mod:`backup` and :mod:`journal`;
- doing it: :mod:`stages` in the right order, :mod:`execute` each step, with :mod:`changes` for
  present documents; :mod:`restoring` for what a snapshot holds, also after a step that failed;
- what came of it: :mod:`outcome`, and :mod:`verifying` for a rollback.
"""
