"""nostr-sdk (Rust, bound to Python): a text as a gift wrap of NIP-59, then verified and opened."""

import asyncio

import nostr_sdk as nostr

from bench.rivals.clock import TEXT, measured, tell


async def main() -> None:
    """Neither storage nor transport."""
    anna, shop = nostr.Keys.generate(), nostr.Keys.generate()

    async def wrap() -> nostr.Event:
        rumour = nostr.EventBuilder(nostr.Kind(14), TEXT).finalize_unsigned(anna.public_key())
        return nostr.nip59_make_gift_wrap(anna, shop.public_key(), rumour)

    one = await wrap()

    async def open_it() -> None:
        if not one.verify():
            raise ValueError("its signature does not hold")
        nostr.UnwrappedGift.from_gift_wrap(shop, one)

    tell(len(one.as_json()), await measured(wrap), await measured(open_it))


if __name__ == "__main__":
    asyncio.run(main())
