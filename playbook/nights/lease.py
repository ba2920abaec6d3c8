"""The lease of a bundle's night, so no other night resets what this one checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from pymongo.errors import PyMongoError

from playbook import clock
from playbook.environment import Environment
from playbook.errors import Unreachable
from playbook.pristine.bundles import Bundle
from playbook.reset.journal import new_run
from playbook.reset.lease import BeingReset, Lease, LeaseLost, this_process

RENEWAL_SECONDS = 10.0
"""How often the lease of a night is renewed."""


@contextmanager
def leased(environment: Environment, bundle: Bundle) -> Iterator[None]:
    """Keep the lease of the bundle's night.

    The lease of a reset is given back before its check runs; this one is kept until the end.
    Raises BeingReset if another run has it. The lease of a killed run expires.
    """
    lease = Lease(environment.db, new_run(clock.now()), this_process())
    if other := environment.outlast(lambda: lease.take(f"night:{bundle.key}")):
        raise BeingReset(
            f"{bundle.short}: its nightly run is being done already, by {other['holder']}; "
            "nothing was written"
        )
    ended = Event()

    def renew() -> None:
        while not ended.wait(RENEWAL_SECONDS):
            with suppress(PyMongoError, LeaseLost):
                lease.require()

    renewing = Thread(target=renew, daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        # If MongoDB does not answer, the lease expires.
        with suppress(PyMongoError, Unreachable):
            environment.outlast(lease.release)
