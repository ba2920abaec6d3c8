"""Read everything that one bundle's checks need, once and in parallel.

Documents are read by plain finds, the cache by two scans and a fetch, the API's answers in threads.
The traces that a check itself leaves (a sign-in per account, one tracked event) are marked as
probes and always removed again (:meth:`Reading.close`).
"""

from __future__ import annotations

from playbook.facts.reading.answer import Answer, read_answer
from playbook.facts.reading.futures import AskedOnce
from playbook.facts.reading.lists import Unread
from playbook.facts.reading.reading import Reading
from playbook.facts.reading.sign_ins import with_token
from playbook.facts.reading.store import VARIANTS

__all__ = ["VARIANTS", "Answer", "AskedOnce", "Reading", "Unread", "read_answer", "with_token"]
