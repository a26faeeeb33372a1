"""Node cards: what a public persona publishes, readable before contact (spec 07 §8)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.limits import DOMAIN_BYTES_MAX, DOMAINS_MAX, TITLE_BYTES_MAX
from pcloud.wire import cose
from pcloud.wire.invitation import Invitation, read_invitation
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import SigningKey
from pcloud.wire.published import optional_text, read_kind, read_published, read_terms, sign_published
from pcloud.wire.shape import array, endpoints, raw, shape, text, unsigned

_REQUIRED = frozenset({1, 2, 3, 4, 5, 6})
_INVITATION = 10
_KNOWN = _REQUIRED | {7, 8, 9, _INVITATION}


class Card(NamedTuple):
    """A public persona's card: who, where, which terms it accepts, and a standing invitation."""

    log: KeyLog
    kind: str
    endpoints: tuple[str, ...]
    issued: int
    expires: int
    domains: tuple[str, ...]
    terms: tuple[str, ...]
    title: str | None
    invitation: Invitation | None
    data: bytes


def sign_card(key: SigningKey, fields: Mapping[int, Any]) -> Card:
    """Sign the payload map (keys as in spec 07 §8; version is added)."""
    return read_card(sign_published(key, cose.CARD, fields))


def read_card(data: bytes) -> Card:
    """Read and verify a card. Raises Violation at stages form and authentic."""
    published = read_published(data, cose.CARD, _REQUIRED, _KNOWN)
    value = published.value
    issued, expires = unsigned(value[5]), unsigned(value[6])
    if expires <= issued:
        raise shape("expires")
    standing = raw(value[_INVITATION]) if _INVITATION in value else None
    card = Card(
        kind=read_kind(value[3]),
        endpoints=endpoints(value[4]),
        issued=issued,
        expires=expires,
        domains=tuple(text(item, DOMAIN_BYTES_MAX) for item in array(value.get(7, []), 0, DOMAINS_MAX)),
        terms=read_terms(value.get(8, [])),
        title=optional_text(value.get(9), TITLE_BYTES_MAX),
        invitation=None,
        data=data,
        log=published.verified_log(),
    )
    if standing is None:
        return card
    invitation = read_invitation(standing)
    if invitation.log.persona != card.log.persona:
        raise Violation(Code.WRONG_PARTY, "a standing invitation is the persona's own")
    return card._replace(invitation=invitation)
