"""Our servers send each part of an answer at once."""

from __future__ import annotations

import asyncio
import socket

import pytest

from playbook.processes.listening import tcp_socket


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_a_server_sends_each_part_of_an_answer_at_once(
    family: socket.AddressFamily, host: str
) -> None:
    try:
        listener = tcp_socket(family)
        listener.bind((host, 0))
    except OSError:
        if family != socket.AF_INET6:
            raise
        pytest.skip("this machine has no IPv6")

    async def waits_for_the_client() -> bool:
        accepted: asyncio.Queue[bool] = asyncio.Queue()

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served = writer.get_extra_info("socket")
            await accepted.put(not served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(serve, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            writer.close()
            return await asyncio.wait_for(accepted.get(), 60)

    assert not asyncio.run(waits_for_the_client())
