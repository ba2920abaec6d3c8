"""The sockets that our own servers listen on."""

from __future__ import annotations

import socket


def tcp_socket(family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    """A TCP socket, to be bound to an address.

    It states its protocol, because asyncio sends at once only on such sockets. On others the second
    part of each answer waits until the client has confirmed the first, which takes 40 ms.
    """
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
