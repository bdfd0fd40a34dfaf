# SPDX-License-Identifier: Apache-2.0
"""The viewers' process of view.py: WebSockets that take and acknowledge all that they are sent.

python benchmarks/view_viewers.py ADDRESS COUNT
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys

from aiohttp import ClientSession, WSMsgType

HEAD_BEGIN = 4
LEAST_PRIORITY = 19


async def look(session: ClientSession, address: str) -> None:
    """Look at the only camera until cancelled."""
    async with session.ws_connect(f"{address}ws", max_msg_size=0) as socket:
        await socket.send_str(json.dumps({"look": ["camera"]}))
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                data = message.data
                end = HEAD_BEGIN + int.from_bytes(data[:HEAD_BEGIN], "little")
                head = json.loads(data[HEAD_BEGIN:end])
                await socket.send_str(json.dumps({"shown": [head["camera"], head["number"]]}))


async def main(address: str, count: int) -> None:
    """Look with so many connections until SIGTERM."""
    loop = asyncio.get_running_loop()
    async with ClientSession() as session:
        looking = [asyncio.create_task(look(session, address)) for _ in range(count)]
        everyone = asyncio.gather(*looking)
        loop.add_signal_handler(signal.SIGTERM, everyone.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await everyone


if __name__ == "__main__":
    os.nice(LEAST_PRIORITY)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
        group.write(str(LEAST_PRIORITY))
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
