"""What an owner may set about a node, read from one TOML file and checked before anything starts.

Every key has a safe default: without a file a node listens on loopback, announces nothing and dials no
private address. Times, sizes and counts of the protocol are not settings; they stand in `limits.py`.
"""

import dataclasses
import textwrap
import tomllib
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from pcloud.errors import PcloudError
from pcloud.net.settings import Caps, NetSettings
from pcloud.runtime.configuring.data import Taking, Webhook
from pcloud.runtime.configuring.notify import INCOMPLETE, Notify
from pcloud.runtime.configuring.page import Page
from pcloud.runtime.configuring.rules import (
    ADDRESS,
    ADDRESSES,
    ENDPOINTS,
    FILE,
    FORMAT,
    HOSTS,
    LEVEL,
    LISTENING,
    NETWORKS,
    OFF,
    PORT,
    SWITCH,
    Rule,
    is_loopback,
    setting,
    whole,
)

FILE_BYTES_MAX: Final = 65_536
"""A configuration file; a longer one is something else."""

_UNUSED: Final = "127.0.0.1"
"""An address for settings of a network that opens no port."""

_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class ConfigError(PcloudError):
    """The configuration cannot be used. The text is one sentence: file, key, and what is allowed."""


class Key(NamedTuple):
    """One key as the documents and the default file show it."""

    section: str
    name: str
    default: Any
    allowed: str
    meaning: str


# ---------------------------------------------------------------- the sections


@dataclass(frozen=True, slots=True)
class Listen:
    """Where other nodes reach this one."""

    host: str = setting(
        "127.0.0.1",
        LISTENING,
        "The address to listen on; `0.0.0.0` or `::` for all. With `off` no port is open, and a relay keeps "
        "what others send. Whoever sets an address of loopback here lets "
        "this node dial others on loopback, to try things out; the default alone does not.",
    )
    port: int = setting(7012, PORT, "The port to listen on; 0 takes any that is free.")
    tls_certificate: str = setting(
        "", FILE, "Certificate chain as PEM. Empty where a reverse proxy in front does TLS."
    )
    tls_key: str = setting("", FILE, "Its private key as PEM; both or neither.")
    trusted_proxies: tuple[str, ...] = setting(
        (),
        NETWORKS,
        "Networks of reverse proxies, whose `X-Forwarded-For` says where a request comes from.",
    )
    named: bool = False
    """No key: whether the owner chose the address, or the default stands."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How this node is found, and whom it may dial."""

    endpoints: tuple[str, ...] = setting(
        (),
        ENDPOINTS,
        "Where others reach this node, the preferred one first; they stand in invitations. At a public "
        "address peers dial ports 443, 7012 and 8443 alone. Empty: the address that it listens on.",
    )
    hosts: tuple[str, ...] = setting(
        (),
        HOSTS,
        "Names in the `Host` header that are answered beside those of the endpoints and of loopback.",
    )
    allow_private: tuple[str, ...] = setting(
        (),
        NETWORKS,
        "Private networks whose addresses may be dialled when a peer names them, over http too. Empty: none.",
    )
    own_addresses: tuple[str, ...] = setting(
        (),
        ADDRESSES,
        "Public addresses of this network, such as the router's, which no peer may make this node dial.",
    )
    authorities: str = setting(
        "", FILE, "Further certificate authorities as PEM, for peers in a network of one's own."
    )


@dataclass(frozen=True, slots=True)
class Owner:
    """Doors for the owner alone, beside the Unix socket in the node's folder."""

    port: int = setting(0, PORT, "Loopback port of the owner's API; 0 for none.")
    metrics_host: str = setting(
        "127.0.0.1", ADDRESS, "Address of `/metrics` and `/health`; anybody who reaches it can read them."
    )
    metrics_port: int = setting(0, PORT, "Port of `/metrics` and `/health`; 0 for none.")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer, and all together, may ask of this node. Beyond it they wait; nothing is lost."""

    peer_messages_per_minute: int = setting(
        3_000, whole(1, 10_000_000), "Messages judged for one peer, on average."
    )
    peer_messages_burst: int = setting(
        2_000, whole(1, 1_000_000), "Messages of one peer judged at once before the average counts."
    )
    peer_bytes_per_day: int = setting(
        67_108_864, whole(65_536, 2**50), "Bytes stored for what one peer sends in 24 hours."
    )
    peer_packets_max: int = setting(
        512, whole(1, 4_096), "Received packets of one peer that wait to be judged."
    )
    node_messages_per_minute: int = setting(
        60_000, whole(1, 100_000_000), "Messages judged for all peers together, on average."
    )
    node_messages_burst: int = setting(
        10_000, whole(1, 10_000_000), "Messages of all peers judged at once before the average counts."
    )
    connections_per_source: int = setting(
        20, whole(1, 4_096), "Connections from one address (IPv6: from one /64)."
    )
    connections: int = setting(512, whole(1, 65_536), "Connections from everywhere together.")
    links_max: int = setting(256, whole(0, 65_536), "Connections to peers that are kept open.")


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to standard error. There are no values in it at any level."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", LEVEL, "The least level written.")
    format: Literal["text", "json"] = setting(
        "text", FORMAT, "One line of text, or one JSON object, an event."
    )


@dataclass(frozen=True, slots=True)
class Discovery:
    """Finding each other on one's own network."""

    announce: bool = setting(
        False,  # noqa: FBT003 - a default, which the name of the field explains
        SWITCH,
        "Announce this node there, under a token that changes.",
    )


@dataclass(frozen=True, slots=True)
class Copies:
    """Sealed copies of this node, which only the owner's words open."""

    folder: str = setting(
        "",
        FILE,
        "A folder, best on another disk, where sealed copies of this node go beside its own. Empty: none.",
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a node; the defaults are safe."""

    listen: Listen = field(default_factory=Listen)
    reach: Reach = field(default_factory=Reach)
    owner: Owner = field(default_factory=Owner)
    limits: Limits = field(default_factory=Limits)
    log: Log = field(default_factory=Log)
    discovery: Discovery = field(default_factory=Discovery)
    copies: Copies = field(default_factory=Copies)
    taking: Taking = field(default_factory=Taking)
    webhook: Webhook = field(default_factory=Webhook)
    page: Page = field(default_factory=Page)
    notify: Notify = field(default_factory=Notify)

    @property
    def listens(self) -> bool:
        """Whether any port is open for other nodes."""
        return self.listen.host != OFF

    def at(self, host: str, port: int) -> "Config":
        """The same, listening where the owner says."""
        return dataclasses.replace(
            self, listen=dataclasses.replace(self.listen, host=host, port=port, named=True)
        )

    def net_settings(self) -> NetSettings:
        """What of it the network takes. Who listens on loopback because told to may dial it (ADR 19)."""
        listen, reach, limits = self.listen, self.reach, self.limits
        nearby = _LOOPBACK if listen.named and is_loopback(listen.host) else ()
        return NetSettings(
            listens=self.listens,
            host=listen.host if self.listens else _UNUSED,
            port=listen.port,
            endpoints=reach.endpoints,
            hosts=reach.hosts,
            certificate=Path(listen.tls_certificate) if listen.tls_certificate else None,
            key=Path(listen.tls_key) if listen.tls_key else None,
            trusted_proxies=listen.trusted_proxies,
            allow_private=(*reach.allow_private, *nearby),
            own_addresses=reach.own_addresses,
            authorities=Path(reach.authorities) if reach.authorities else None,
            caps=Caps(connections_per_source=limits.connections_per_source, connections=limits.connections),
        )


_SECTIONS: Final[dict[str, type[Any]]] = typing.get_type_hints(Config)


def _fields(kind: type[Any]) -> "list[dataclasses.Field[Any]]":
    return [one for one in dataclasses.fields(kind) if "rule" in one.metadata]


def keys() -> Iterator[Key]:
    """Every key with its default and meaning, in the order of the file."""
    for section, kind in _SECTIONS.items():
        for one in _fields(kind):
            rule: Rule = one.metadata["rule"]
            yield Key(section, one.name, one.default, rule.allowed, one.metadata["meaning"])


def default_toml() -> str:
    """A file in which every key stands explained and commented out, with its default."""
    lines = ["# Settings of this node. A key that is not set has the default shown.", ""]
    for section, kind in _SECTIONS.items():
        lines += [f"# {kind.__doc__}", f"[{section}]"]
        for key in keys():
            if key.section == section:
                told = f"{key.meaning} Allowed: {key.allowed}."
                lines += textwrap.wrap(told, 100, initial_indent="# ", subsequent_indent="# ")
                lines += [f"#{key.name} = {toml_value(key.default)}", ""]
    return "\n".join(lines)


def toml_value(value: Any) -> str:
    """A default as TOML writes it; for text, whole numbers, switches and lists of text."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    # JSON's forms of these are TOML's too.
    return msgspec.json.encode(value).decode()


# ---------------------------------------------------------------- reading


def load(path: Path) -> Config:
    """Read and check a file. Raises ConfigError, whose text is for the owner and names the file."""
    document = _read(path)
    config = _convert(path, document)
    listen, reach = config.listen, config.reach
    if bool(listen.tls_certificate) != bool(listen.tls_key):
        raise ConfigError(f"{path}: listen.tls_certificate and listen.tls_key must be set both or neither.")
    if bool(config.webhook.url) != bool(config.webhook.secret):
        raise ConfigError(f"{path}: webhook.url and webhook.secret must be set both or neither.")
    if not config.notify.whole:
        raise ConfigError(f"{path}: {INCOMPLETE}.")
    if not config.listens and reach.endpoints:
        raise ConfigError(f"{path}: reach.endpoints must be empty where listen.host is `off`.")
    return dataclasses.replace(
        config,
        listen=dataclasses.replace(
            listen,
            tls_certificate=_existing(path, "listen.tls_certificate", listen.tls_certificate),
            tls_key=_existing(path, "listen.tls_key", listen.tls_key),
            named="host" in document.get("listen", {}),
        ),
        reach=dataclasses.replace(reach, authorities=_existing(path, "reach.authorities", reach.authorities)),
        copies=Copies(folder=_from(path, config.copies.folder)),  # its disk may not be there yet
        webhook=dataclasses.replace(
            config.webhook, secret=_existing(path, "webhook.secret", config.webhook.secret)
        ),
        notify=dataclasses.replace(
            config.notify,
            mail_password=_existing(path, "notify.mail_password", config.notify.mail_password),
            secret=_existing(path, "notify.secret", config.notify.secret),
        ),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise ConfigError(f"{path}: this file cannot be read: {fault.strerror}.") from fault
    if len(raw) > FILE_BYTES_MAX:
        raise ConfigError(f"{path}: a configuration must be at most {FILE_BYTES_MAX} bytes long.")
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as fault:
        where = f" ({fault})" if isinstance(fault, tomllib.TOMLDecodeError) else ""
        raise ConfigError(f"{path}: this file must be TOML in UTF-8{where}.") from fault


def _convert(path: Path, document: dict[str, Any]) -> Config:
    sections = {}
    for section, values in document.items():
        if section not in _SECTIONS:
            raise ConfigError(
                f"{path}: {_quoted(section)} is no section; {_instead(section, list(_SECTIONS))}."
            )
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: {section} must be a section, [{section}], with keys below it.")
        sections[section] = _section(path, section, values)
    return Config(**sections)


def _section(path: Path, section: str, values: dict[str, Any]) -> Any:
    kind = _SECTIONS[section]
    hints = typing.get_type_hints(kind)
    rules: dict[str, Rule] = {one.name: one.metadata["rule"] for one in _fields(kind)}
    taken = {}
    for name, value in values.items():
        if name not in rules:
            raise ConfigError(
                f"{path}: {_quoted(name)} is no key of [{section}]; {_instead(name, list(rules))}."
            )
        try:
            taken[name] = msgspec.convert(value, hints[name])
            allowed = rules[name].holds(taken[name])
        except msgspec.ValidationError:
            allowed = False
        if not allowed:
            raise ConfigError(f"{path}: {section}.{name} must be {rules[name].allowed}.")
    return kind(**taken)


def _existing(path: Path, key: str, value: str) -> str:
    named = _from(path, value)
    if named and not Path(named).is_file():
        raise ConfigError(f"{path}: {key} must be the path of a file that is there.")
    return named


def _from(path: Path, value: str) -> str:
    return str(path.parent.absolute() / value) if value else ""


def _quoted(name: str) -> str:
    """What somebody wrote, fit for one line of a terminal."""
    return f"`{ascii(name[:40])[1:-1]}`"


def _instead(name: str, known: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - a fifth of a MiB, for who has mistyped

    near = get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`" if near else f"there are {', '.join(known)}"
