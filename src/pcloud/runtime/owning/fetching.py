"""What a link leads to: fetched once, verified, not yet kept (spec 07 §2)."""

from pcloud.errors import Violation
from pcloud.net import reasons
from pcloud.net.port import Net, UnreachableError
from pcloud.runtime.owning.advice import told
from pcloud.runtime.surface import OwnerError
from pcloud.wire.invitation import Invitation, open_blob, read_link


async def fetch(net: Net, link: str) -> Invitation:
    """The invitation behind a link. Raises OwnerError."""
    try:
        where = read_link(link.strip())
        return open_blob(await net.fetch(where.endpoint, where.mailbox), where)
    except Violation as violation:
        raise told(violation) from violation
    except UnreachableError as error:
        raise OwnerError("unreachable", _unreachable(str(error))) from error


def _unreachable(reason: str) -> str:
    if reason == reasons.MAY_NOT:
        return (
            "Your node does not dial the address in this link: it is in a private network, or speaks http. "
            "If you trust that network, name it under reach.allow_private in config.toml."
        )
    return f"The node behind this link cannot be reached: {reason}. Try again later, or ask for a new link."


def require_open(invitation: Invitation, now: int) -> None:
    """Raise OwnerError where nobody can come by it any more."""
    if invitation.expires is not None and now > invitation.expires:
        raise OwnerError("expired", "This invitation has expired. Ask for a new one.")
