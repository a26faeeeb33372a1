"""The owner API as one table, from which dispatch, client, description and tests are read.

An operation is named as the method of `Surface` that does it, which also explains it. A path holds at most
one id. `/v1` grows by operations and fields; what would break a program that reads it gets another prefix.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Generic, Literal, TypeVar

from pcloud.api.bodies.consenting import (
    ClaimRight,
    ClaimsPage,
    LetterAdd,
    LetterDay,
    LetterFill,
    LetterWrite,
    Prefer,
    ReceiptsPage,
    RuleAdd,
    RuleOn,
)
from pcloud.api.bodies.giving import AnswerAsk, AsksPage, KnownOf, LedgerPage, Share, TakeBack
from pcloud.api.bodies.recording import (
    DataDelete,
    DataPage,
    DataPut,
    DataSearch,
    DataSet,
    DataTake,
    DataVersion,
    HistoryPage,
    VersionsPage,
)
from pcloud.api.bodies.taking import (
    AnswerRight,
    AskedOf,
    AskPeer,
    Confirm,
    DeleteHeld,
    EndingWithin,
    GiveUp,
    Handback,
    HeldOf,
    InviteCustomers,
    Keep,
    ReturnedOf,
    RightsAsked,
    TakeReturned,
)
from pcloud.api.requests import (
    Accept,
    After,
    Announce,
    Close,
    Connect,
    Counter,
    Decide,
    Export,
    HolderAsk,
    HolderGrant,
    HolderRemove,
    HolderServe,
    Invite,
    LogPage,
    Look,
    MoveTo,
    Nothing,
    OfPeer,
    OfState,
    Pause,
    PeersPage,
    PeopleFind,
    Proffer,
    Reason,
    RelayInvite,
    RelayServe,
    RelayUse,
    Request,
    ReviewPage,
    Say,
)
from pcloud.runtime.cares import Care
from pcloud.runtime.consenting.views import (
    Claimed,
    Claims,
    ClaimShown,
    Letter,
    Letters,
    LetterText,
    PaperHolder,
    Preferences,
    Receipts,
    Rule,
    RuleTest,
)
from pcloud.runtime.giving.views import Answered, Ask, Disclosed, Known, Ledger, RefusedAsk
from pcloud.runtime.recording.views import Carried, Kind, Record, Stored
from pcloud.runtime.taking.views import (
    Asked,
    AskedPage,
    Ending,
    HeldPage,
    Invited,
    Kept,
    Returned,
    RightAsked,
    Said,
)
from pcloud.runtime.views import (
    Check,
    Contact,
    Decided,
    Entry,
    Happening,
    HolderStats,
    Holding,
    Invitation,
    Move,
    Nearby,
    Negotiation,
    Negotiations,
    News,
    Peer,
    People,
    Recovery,
    Relay,
    RelayStats,
    Status,
    Terms,
    Unaffirmed,
)

T = TypeVar("T")


class Media(StrEnum):
    """How an answer is written."""

    JSON = "application/json"
    BYTES = "application/octet-stream"
    METRICS = "text/plain; version=0.0.4; charset=utf-8"
    EVENTS = "text/event-stream"
    ARCHIVE = "application/vnd.pcloud.archive"


@dataclass(frozen=True, slots=True)
class Health:
    """The node answers."""

    ok: bool


@dataclass(frozen=True, slots=True)
class Route(Generic[T]):
    """One operation: a row of the table."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    operation: str
    request: type[Request]
    """The body of a POST, the query of a GET."""
    response: type[T]
    status: HTTPStatus = HTTPStatus.OK
    media: Media = Media.JSON

    @property
    def subject(self) -> str | None:
        """The name of the id in the path, if there is one: a parameter of the operation."""
        _, opened, rest = self.path.partition("{")
        return rest.partition("}")[0] if opened else None


_CREATED, _EMPTY = HTTPStatus.CREATED, HTTPStatus.NO_CONTENT

STATUS = Route("GET", "/v1/status", "status", Nothing, Status)
INVITE = Route("POST", "/v1/invitations", "invite", Invite, Invitation, _CREATED)
INVITATIONS = Route("GET", "/v1/invitations", "invitations", Nothing, list[Invitation])
WITHDRAW = Route("DELETE", "/v1/invitations/{invitation}", "withdraw", Nothing, type(None), _EMPTY)
CONNECT = Route("POST", "/v1/contacts", "connect", Connect, Contact, _CREATED)
CONTACTS = Route("GET", "/v1/contacts", "contacts", Nothing, list[Contact])
ACCEPT = Route("POST", "/v1/contacts/{contact}/accept", "accept", Accept, Contact)
DECLINE = Route("POST", "/v1/contacts/{contact}/decline", "decline", Reason, Contact)
PEERS = Route("GET", "/v1/peers", "peers", PeersPage, list[Peer])
PEOPLE = Route("POST", "/v1/people", "people", PeopleFind, People)
NEWS = Route("GET", "/v1/news", "news", LogPage, list[News])
PEER = Route("GET", "/v1/peers/{peer}", "peer", Nothing, Peer)
PAUSE = Route("POST", "/v1/peers/{peer}/pause", "pause", Pause, Peer)
RESUME = Route("POST", "/v1/peers/{peer}/resume", "resume", Nothing, Peer)
CLOSE = Route("POST", "/v1/peers/{peer}/close", "close", Close, Peer)
ROTATE = Route("POST", "/v1/peers/{peer}/rotate", "rotate", Nothing, Peer)
SAY = Route("POST", "/v1/peers/{peer}/say", "say", Say, Entry, _CREATED)
LOG = Route("GET", "/v1/peers/{peer}/log", "log", LogPage, list[Entry])
EXPORT = Route("POST", "/v1/peers/{peer}/export", "export", Export, bytes, media=Media.BYTES)
ROSTERS = Route("GET", "/v1/rosters", "rosters", Nothing, list[Terms])
TERMS = Route("GET", "/v1/terms", "terms", OfPeer, list[Negotiation])
NEGOTIATIONS = Route("GET", "/v1/negotiations", "negotiations", OfState, Negotiations)
PROFFER = Route("POST", "/v1/terms", "proffer", Proffer, Negotiation, _CREATED)
SHOW_TERMS = Route("GET", "/v1/terms/{negotiation}", "show_terms", Nothing, Negotiation)
ACCEPT_TERMS = Route("POST", "/v1/terms/{negotiation}/accept", "accept_terms", Nothing, Negotiation)
COUNTER_TERMS = Route("POST", "/v1/terms/{negotiation}/counter", "counter_terms", Counter, Negotiation)
DECLINE_TERMS = Route("POST", "/v1/terms/{negotiation}/decline", "decline_terms", Reason, Negotiation)
TERMINATE_TERMS = Route("POST", "/v1/terms/{negotiation}/terminate", "terminate_terms", Reason, Negotiation)
BACKUP = Route("GET", "/v1/backup", "backup", Nothing, bytes, media=Media.ARCHIVE)
REVIEW = Route("GET", "/v1/review", "review", ReviewPage, list[Unaffirmed])
AFFIRM = Route("POST", "/v1/peers/{peer}/affirm", "affirm", Decide, Decided)
REJECT = Route("POST", "/v1/peers/{peer}/reject", "reject", Decide, Decided)
RECOVERY = Route("GET", "/v1/recovery", "recovery", Nothing, Recovery)
HOLDERS = Route("GET", "/v1/holders", "holders", Nothing, list[Holding])
HOLDER_ASK = Route("POST", "/v1/holders", "holder_ask", HolderAsk, Holding, _CREATED)
HOLDER_REMOVE = Route("POST", "/v1/holders/remove", "holder_remove", HolderRemove, type(None), _EMPTY)
HOLDER_CHECK = Route("POST", "/v1/holders/check", "holder_check", OfPeer, list[Holding])
HOLDER_GRANT = Route("POST", "/v1/peers/{peer}/holder-grant", "holder_grant", HolderGrant, Holding)
HOLDER_SERVE = Route("POST", "/v1/holders/serve", "holder_serve", HolderServe, HolderStats)
HOLDER_STATS = Route("GET", "/v1/holders/stats", "holder_stats", Nothing, HolderStats)
RELAY_SERVE = Route("POST", "/v1/relay/serve", "relay_serve", RelayServe, RelayStats)
RELAY_INVITE = Route("POST", "/v1/relay/invitations", "relay_invite", RelayInvite, Invitation, _CREATED)
RELAY_STATS = Route("GET", "/v1/relay", "relay_stats", Nothing, RelayStats)
RELAY_GRANT = Route("POST", "/v1/peers/{peer}/relay-grant", "relay_grant", Nothing, Peer)
RELAY_USE = Route("POST", "/v1/relays", "relay_use", RelayUse, Relay, _CREATED)
RELAYS = Route("GET", "/v1/relays", "relays", Nothing, list[Relay])
MOVE = Route("POST", "/v1/move", "move", MoveTo, Move)
MOVING = Route("GET", "/v1/move", "moving", Nothing, Move)
ASKS = Route("GET", "/v1/asks", "asks", AsksPage, list[Ask])
SHOW_ASK = Route("GET", "/v1/asks/{ask}", "show_ask", Nothing, Ask)
ANSWER = Route("POST", "/v1/asks/{ask}/answer", "answer", AnswerAsk, Answered)
REFUSED_ASKS = Route("GET", "/v1/refused-asks", "refused_asks", OfPeer, list[RefusedAsk])
SHARE = Route("POST", "/v1/peers/{peer}/share", "share", Share, Answered, _CREATED)
LEDGER = Route("GET", "/v1/ledger", "ledger", LedgerPage, Ledger)
KNOWN = Route("POST", "/v1/known", "known", KnownOf, list[Known])
DISCLOSED = Route("GET", "/v1/disclosed", "disclosed", LogPage, Disclosed)
REVOKE = Route("POST", "/v1/peers/{peer}/revoke", "revoke", TakeBack, Ledger)
ERASE = Route("POST", "/v1/peers/{peer}/erase", "erase", TakeBack, Ledger)
ASK = Route("POST", "/v1/asked", "ask", AskPeer, Asked, _CREATED)
QUESTIONS = Route("GET", "/v1/asked", "questions", AskedOf, AskedPage)
ENDING = Route("GET", "/v1/ending", "ending", EndingWithin, list[Ending])
HELD = Route("GET", "/v1/held", "held", HeldOf, HeldPage)
CONFIRM = Route("POST", "/v1/peers/{peer}/confirm", "confirm", Confirm, Said)
GIVE_UP = Route("POST", "/v1/peers/{peer}/give-up", "give_up", GiveUp, Said)
DELETE_HELD = Route("POST", "/v1/peers/{peer}/delete-held", "delete_held", DeleteHeld, list[Said])
KEEP = Route("POST", "/v1/peers/{peer}/keep", "keep", Keep, list[Kept])
HANDBACK = Route("POST", "/v1/peers/{peer}/handback", "handback", Handback, Said, _CREATED)
RETURNED = Route("GET", "/v1/returned", "returned", ReturnedOf, list[Returned])
TAKE_RETURNED = Route("POST", "/v1/peers/{peer}/take-returned", "take_returned", TakeReturned, Said)
INVITE_CUSTOMERS = Route(
    "POST", "/v1/customers/invite", "invite_customers", InviteCustomers, list[Invited], _CREATED
)
RIGHTS_ASKED = Route("GET", "/v1/rights-asked", "rights_asked", RightsAsked, list[RightAsked])
RIGHT_ANSWER = Route("POST", "/v1/rights-asked/{claim}/answer", "right_answer", AnswerRight, RightAsked)
DATA_SET = Route("POST", "/v1/data", "data_set", DataSet, Record, _CREATED)
DATA_PUT = Route("POST", "/v1/data/many", "data_put", DataPut, list[Stored])
DATA_GET = Route("GET", "/v1/data/{path}", "data_get", DataVersion, Record)
DATA_LIST = Route("GET", "/v1/data", "data_list", DataPage, list[Record])
DATA_HISTORY = Route("GET", "/v1/data/{path}/history", "data_history", HistoryPage, list[Record])
DATA_SEARCH = Route("POST", "/v1/data/search", "data_search", DataSearch, list[Record])
DATA_DELETE = Route("POST", "/v1/data/{path}/delete", "data_delete", DataDelete, Record)
DATA_VERSIONS = Route("POST", "/v1/data/versions", "data_versions", VersionsPage, list[Carried])
DATA_TAKE = Route("POST", "/v1/data/take", "data_take", DataTake, list[Stored])
VOCABULARY = Route("GET", "/v1/vocabulary", "vocabulary", Nothing, list[Kind])
RULES = Route("GET", "/v1/rules", "rules", Nothing, list[Rule])
RULE_ADD = Route("POST", "/v1/rules", "rule_add", RuleAdd, Rule, _CREATED)
RULE_REMOVE = Route("DELETE", "/v1/rules/{rule}", "rule_remove", Nothing, type(None), _EMPTY)
RULES_CONFIRM = Route("POST", "/v1/rules/confirm", "rules_confirm", Nothing, list[Rule])
PREFERENCES = Route("GET", "/v1/preferences", "preferences", Nothing, Preferences)
PREFER = Route("POST", "/v1/preferences", "prefer", Prefer, Preferences)
RULE_TEST = Route("POST", "/v1/rules/test", "rule_test", RuleOn, RuleTest)
RECEIPTS = Route("GET", "/v1/receipts", "receipts", ReceiptsPage, Receipts)
RIGHTS = Route("GET", "/v1/rights", "rights", ClaimsPage, Claims)
RIGHTS_CLAIM = Route("POST", "/v1/rights", "rights_claim", ClaimRight, Claimed, _CREATED)
RIGHTS_SHOW = Route("GET", "/v1/rights/{claim}", "rights_show", Nothing, ClaimShown)
LETTERS = Route("GET", "/v1/letters", "letters", Nothing, Letters)
LETTER_ADD = Route("POST", "/v1/letters/holders", "letter_add", LetterAdd, PaperHolder, _CREATED)
LETTER_REMOVE = Route("DELETE", "/v1/letters/holders/{holder}", "letter_remove", Nothing, type(None), _EMPTY)
LETTER_WRITE = Route(
    "POST", "/v1/letters/holders/{holder}/write", "letter_write", LetterWrite, Letter, _CREATED
)
LETTER_PRINT = Route("POST", "/v1/letters/{letter}/print", "letter_print", LetterFill, LetterText)
LETTER_SENT = Route("POST", "/v1/letters/{letter}/sent", "letter_sent", LetterDay, Letter)
LETTER_ANSWERED = Route("POST", "/v1/letters/{letter}/answered", "letter_answered", LetterDay, Letter)
HAPPENINGS = Route("GET", "/v1/events", "happenings", After, Happening, media=Media.EVENTS)
DISCOVER = Route("POST", "/v1/discover", "discover", Look, list[Nearby])
ANNOUNCE = Route("POST", "/v1/announce", "announce", Announce, type(None), _EMPTY)
CARE = Route("GET", "/v1/care", "care", Nothing, Care)
DOCTOR = Route("GET", "/v1/doctor", "doctor", Nothing, list[Check])
METRICS = Route("GET", "/v1/metrics", "metrics", Nothing, bytes, media=Media.METRICS)
HEALTH = Route("GET", "/v1/health", "health", Nothing, Health)
DESCRIPTION = Route("GET", "/v1/openapi.json", "description", Nothing, dict[str, Any])

ROUTES: Final[tuple[Route[Any], ...]] = tuple(row for row in list(vars().values()) if isinstance(row, Route))
"""The rows above, in their order."""
