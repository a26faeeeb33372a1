"""Relays: where this node is reached, who keeps what comes meanwhile, and being a relay for others."""

from typing import Final

from pcloud.web.visit import Answer, Page, Shown, Visit, done, staying

HERE: Final = "/settings/relays"
LAGGARDS_SHOWN: Final = 20


async def relays(visit: Visit) -> Answer:
    """Where others find this node, and what relays do for it."""
    known = await visit.surface.relays()
    # Who has followed is looked up among all relationships, and only a move that goes on asks for it.
    move = await visit.surface.moving() if (await visit.surface.care()).moving else None
    return Shown(
        "relays.html",
        {
            "relays": known,
            "chosen": next((relay.id for relay in known if relay.chosen), None),
            "endpoints": (await visit.surface.status()).endpoints,
            "move": move,
            "laggards": [] if move is None else move.laggards[:LAGGARDS_SHOWN],
            "stats": await visit.surface.relay_stats(),
        },
    )


async def use(visit: Visit) -> Answer:
    """Let a relay keep what others send."""
    relay = visit.need("relay", "the relay's link, or the name of somebody who is one")
    await visit.surface.relay_use(relay, move=visit.ticked("move"))
    return done(HERE, "The relay was asked. How it goes is below.")


async def move_here(visit: Visit) -> Answer:
    """Tell everybody to send to this node itself."""
    await visit.surface.move()
    return done(HERE, "Everybody is told to reach this node itself from now on.")


async def move_to(visit: Visit) -> Answer:
    """Tell everybody to send to a relay."""
    await visit.surface.move(relay=visit.need("relay", "the relay"))
    return done(HERE, "Everybody is told to send to that relay from now on.")


async def serve(visit: Visit) -> Answer:
    """Be a relay for some, for anybody related, or for nobody."""
    whom = visit.need("whom", "for whom")
    await visit.surface.relay_serve(on=whom != "nobody", anyone=whom == "anyone")
    return done(HERE, "Your node is no relay now." if whom == "nobody" else "Your node is a relay now.")


async def grant(visit: Visit) -> Answer:
    """Let somebody have mailboxes here."""
    await visit.surface.relay_grant(visit.need("peer", "who asks"))
    return done(HERE, "They may have mailboxes here now.")


PAGES: Final = (
    Page("GET", HERE, relays),
    Page("POST", "/settings/relays/use", staying(HERE, use)),
    Page("POST", "/settings/relays/here", staying(HERE, move_here)),
    Page("POST", "/settings/relays/move", staying(HERE, move_to)),
    Page("POST", "/settings/relays/serve", staying(HERE, serve)),
    Page("POST", "/settings/relays/grant", staying(HERE, grant)),
)
