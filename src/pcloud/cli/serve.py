"""`pcloud up`: what is needed before a node can run, in the order in which it can fail soonest."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.cli import passphrases, prompts, screen
from pcloud.cli.exits import usage
from pcloud.cli.place import CONFIG, STORE, VAULT, Place
from pcloud.cli.wanted import Wanted
from pcloud.runtime.config import Config, load
from pcloud.runtime.configuring.rules import ADDRESS, ENDPOINTS, OFF, PORT
from pcloud.vault.file import FileVault
from pcloud.vault.hardening import harden

if TYPE_CHECKING:
    from pcloud.web.making.server import Begun

_LISTEN: Final = "--listen wants HOST:PORT with an IP address, such as 127.0.0.1:7012 or [::1]:7012, or off."


def serve(place: Place, wanted: Wanted, shown: Callable[[str], object] = lambda _: None) -> None:
    """Run the node of a place until it is stopped; where there is none, let it be made on a page.

    `shown` is given the link to that page. Raises PcloudError, OSError.
    """
    begun = _begun(place, wanted, shown)
    folder = place.need_node()
    for missing in harden():
        screen.note(missing)
    config = settings(folder, wanted)
    passphrase = begun.passphrase if begun else passphrases.present(wanted.passphrase_file)
    with ThreadPoolExecutor(1) as aside:
        # The vault takes half a second, and not the interpreter lock: the rest is imported meanwhile.
        opening = aside.submit(FileVault(folder / VAULT).open, passphrase)
        from pcloud.cli.running import run
        from pcloud.store.sqlite import SqliteStore
    secrets = opening.result()
    store = SqliteStore.open(folder / STORE, secrets.derive("store"))
    run(place, config, store, secrets, begun.handed if begun else None)


def _begun(place: Place, wanted: Wanted, shown: Callable[[str], object]) -> "Begun | None":
    """The node that was made on a page just now, where there was none and somebody is there."""
    somebody = wanted.page or (prompts.at_terminal() and not place.json)
    if not somebody or (place.path / VAULT).exists():
        return None
    from pcloud.cli.page.beginning import begin

    return begin(place, settings(place.path, wanted).page.port, shown)


def settings(folder: Path, wanted: Wanted) -> Config:
    """What the file says, and over it what was typed. Raises ConfigError, CommandError."""
    path = folder / CONFIG
    config = load(path) if path.exists() else Config()
    if wanted.listen == OFF:
        config = config.at(OFF, 0)
    elif wanted.listen is not None:
        config = config.at(*_host_and_port(wanted.listen))
    if wanted.endpoints:
        if not ENDPOINTS.holds(wanted.endpoints):
            raise usage(f"--endpoint must be {ENDPOINTS.allowed}.")
        config = dataclasses.replace(
            config, reach=dataclasses.replace(config.reach, endpoints=wanted.endpoints)
        )
    if not config.listens and config.reach.endpoints:
        raise usage("A node that opens no port has no endpoint: leave out --endpoint and reach.endpoints.")
    return config


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif host == "localhost":
        host = "127.0.0.1"
    if not (port.isascii() and port.isdecimal() and PORT.holds(int(port)) and ADDRESS.holds(host)):
        raise usage(_LISTEN)
    return host, int(port)
