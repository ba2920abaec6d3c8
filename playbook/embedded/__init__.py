"""A whole demo environment on a laptop: MongoDB, Redis and an AisleMarts stand-in, for a while.

Start one with :func:`playbook.embedded.start.start`. It is empty until reset.
"""

from __future__ import annotations
