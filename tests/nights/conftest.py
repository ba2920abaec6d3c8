"""Where alerts arrive in these tests: over real HTTP and real SMTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.alert_receivers import Mailbox, Webhooks, mailbox, webhooks


@pytest.fixture
def hooks() -> Iterator[Webhooks]:
    with webhooks() as inbox:
        yield inbox


@pytest.fixture
def mail() -> Iterator[Mailbox]:
    with mailbox() as inbox:
        yield inbox
