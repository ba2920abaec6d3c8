"""A whole temporary demo environment on a laptop: MongoDB, Redis and an AisleMarts stand-in.

Start one with :func:`playbook.embedded.start.start`. It is empty until the first reset.
"""

from __future__ import annotations
