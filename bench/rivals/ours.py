"""This project: a text decided, signed and sealed; then opened, verified, judged and receipted."""

import asyncio
import os

from bench.message import receive, related
from bench.rivals.clock import TEXT, measured, tell
from pcloud.engine.compose import Command, command
from pcloud.engine.sealing import seal
from pcloud.features.conversation.say import ConversationSay


async def main() -> None:
    """One message at a time; what was sent is received in the same order."""
    guest, host = related()
    setting = guest.setting._replace(draw=os.urandom)
    frames: list[bytes] = []

    async def send() -> None:
        message, items = ConversationSay.pack(TEXT)
        decision = command(guest.relationship, Command(message, None, items), guest.log, setting)
        (entry,) = decision.entries
        made = decision.relationship
        made = made._replace(outgoing=made.outgoing._replace(pending=()))  # as if it was receipted
        sealed = seal(made, entry.signed.data, entry.parts, setting.now, setting.draw)
        guest.relationship = sealed.relationship
        frames.append(sealed.frame)

    sent = await measured(send)
    size = len(frames[-1])
    arriving = iter(frames)

    async def take() -> None:
        receive(host, [next(arriving)])

    tell(size, sent, await measured(take))


if __name__ == "__main__":
    asyncio.run(main())
