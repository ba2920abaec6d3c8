"""Reset a demo or restore a former state: plan, execute, back up, record.

Begin reading at :mod:`run`: reset, roll back, verify, save, each in a few lines. It uses

- the present state: :mod:`current_state`, and :mod:`standing` for the verdict in the journal;
- the wanted state: :mod:`plan` and :mod:`access` for a reset, :mod:`earlier_state` for a
  rollback; :mod:`operations` are the steps of both; :mod:`joint` makes one plan of several;
- what bundles share: :mod:`shared_parts` lists it, :mod:`rollback_of_shared_parts` decides what of
  it a rollback restores;
- one run that writes: :mod:`work` with its :mod:`lease`, :mod:`backup`, and :mod:`journal`
  with its :mod:`spool`;
- execution: :mod:`stages` in the right order, :mod:`execute` each step, with :mod:`changes` for
  present documents, :mod:`index_writes` and :mod:`api_calls`; :mod:`restoring` from a snapshot,
  also after a failed step;
- the result: :mod:`outcome`, and :mod:`verifying` for a rollback.
"""
