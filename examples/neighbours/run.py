"""`make run`: your own node and its page, and two neighbours to try it on. Nothing connects by itself.

Your node is made on the first run, on a page in your browser, and kept (`~/.pcloud`, or where PCLOUD_DIR
says). The neighbours live in a scratch folder and are gone when you stop. `--alone` starts only yours; other
arguments go to `pcloud up`.
"""

import asyncio
import contextlib
import getpass
import json
import os
import secrets
import signal
import sys
import tempfile
import tomllib
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

from pcloud.api import Client, OwnerError
from pcloud.runtime.config import Config, load

HERE = Path(__file__).parent
SHOPS = tomllib.loads((HERE / "shops.toml").read_text())
PCLOUD = ("-m", "pcloud")
CARELESS = (str(HERE / "careless.py"),)
STOP_S_MAX = 20.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MADE_HERE = """
Your node is made on this page. Open it in a browser of this machine:

  {link}
"""
PAGE = """
Your node runs in {folder}. Your page, once and within ten minutes (for another link: pcloud page):

  {page}
"""
GUIDE = """{page}
Two neighbours have opened beside it, each with a node of its own. On the page choose People and Meet
somebody, and paste the link of one:
{invitations}
Or all of it in another terminal, in this folder:

  export PATH="$PWD/.venv/bin:$PATH"{place}
  pcloud data set profile.name "Anna Quittenbaum"
  pcloud data set profile.address.home streetAddress="Quendelweg 7" postalCode=27386
  pcloud connect --yes '{link}'
  pcloud peers      # active as soon as the shop has let you in; an id serves where a name stands twice
  pcloud terms proffer "{name}" SD-BASE      # your terms first; the shop accepts them
  pcloud asks       # what the shop asks for; then: pcloud answer ID
  pcloud ledger     # who holds what of yours

The README goes on from here. Ctrl-C here stops all three. Yours is kept; the neighbours forget everything."""


class CommandFailedError(Exception):
    """A command of pcloud ended by itself, and has said why. Its argument is the exit code."""


def keep(passphrase: str, path: Path) -> None:
    """Write it into a new file that only its owner can read."""
    with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(f"{passphrase}\n")


class Processes:
    """What was started here and must not outlive this script."""

    def __init__(self) -> None:
        self._all: list[Process] = []

    async def start(self, *command: str, **more: Any) -> Process:
        """Start a command with this Python."""
        process = await asyncio.create_subprocess_exec(sys.executable, *command, **more)
        self._all.append(process)
        return process

    async def pcloud(
        self, passphrase: str, folder: Path, *command: str, program: tuple[str, ...] = PCLOUD, **more: Any
    ) -> Process:
        """Start a command of pcloud. The passphrase comes by a pipe, which nobody else can read."""
        there, here = os.pipe()
        os.write(here, f"{passphrase}\n".encode())
        os.close(here)
        try:
            options = ["--dir", str(folder), *command, "--passphrase-file", f"/dev/fd/{there}"]
            return await self.start(*program, *options, pass_fds=[there], **more)
        finally:
            os.close(there)

    async def init(self, passphrase: str, folder: Path, *options: str, **more: Any) -> None:
        """Make a node. Raises CommandFailedError."""
        made = await self.pcloud(passphrase, folder, "init", *options, **more)
        if code := await made.wait():
            raise CommandFailedError(code)

    async def up(
        self, passphrase: str, folder: Path, *options: str, program: tuple[str, ...] = PCLOUD
    ) -> Process:
        """Start a node and wait until it answers its owner. Raises CommandFailedError.

        In a session of its own: Ctrl-C is for this script, which then asks every node to end.
        """
        alone = {"stdin": DEVNULL, "stdout": DEVNULL, "start_new_session": True}
        process = await self.pcloud(passphrase, folder, "up", *options, program=program, **alone)
        await until_up(process, folder)
        return process

    async def made_on_a_page(self, folder: Path, *options: str) -> Process:
        """Show the page on which the owner makes a node, which then runs. Raises CommandFailedError."""
        command = [*PCLOUD, "--dir", str(folder), "up", "--page", "--json", *options]
        process = await self.start(*command, stdin=DEVNULL, stdout=PIPE, start_new_session=True)
        print(MADE_HERE.format(link=(await said(process))["link"]), flush=True)
        return process

    async def page(self, folder: Path) -> str:
        """A link that opens the owner's page. Raises CommandFailedError."""
        command = [*PCLOUD, "--dir", str(folder), "page", "--json"]
        return str((await said(await self.start(*command, stdout=PIPE)))["link"])

    async def stop(self) -> None:
        """Ask all to end, wait, and end what does not."""
        running = [process for process in self._all if process.returncode is None]
        for process in running:
            process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S_MAX):
                await asyncio.gather(*(process.wait() for process in running))
        for process in running:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def said(process: Process) -> dict[str, Any]:
    """The first thing that a command says. Raises CommandFailedError where it ends instead."""
    assert process.stdout is not None, "asked for where it is started"
    line = await process.stdout.readline()
    if not line:
        raise CommandFailedError(await process.wait())
    told: dict[str, Any] = json.loads(line)
    return told


async def until_up(process: Process, folder: Path) -> None:
    """Wait until a node answers its owner. Raises CommandFailedError where it ends instead."""
    while process.returncode is None:
        with contextlib.suppress(OwnerError):
            async with Client.at(folder) as owner:
                await owner.status()
                return
        await asyncio.sleep(0.1)
    raise CommandFailedError(process.returncode)


def own_passphrase(folder: Path) -> str | None:
    """What opens the owner's node: asked for; without a terminal made once, and kept beside the node.

    None where there is no node yet and somebody is there, who makes it on a page. Raises EOFError where
    nobody is there to say it.
    """
    new, kept = not (folder / "vault").exists(), folder.with_name(f"{folder.name}.passphrase")
    if new:
        print(f"You have no node yet. It is made in {folder} and stays yours.", flush=True)
    named = Path(os.environ.get("PCLOUD_PASSPHRASE_FILE") or kept)
    if named.exists():
        return named.read_text().strip()
    if sys.stdin.isatty():
        return None if new else getpass.getpass("Passphrase: ")
    if not new:
        raise EOFError
    keep(made := secrets.token_urlsafe(), named)
    print(f"There is nobody to ask, so a passphrase was made. It stands in {named}.", flush=True)
    return made


async def open_own(
    processes: Processes, folder: Path, passphrase: str | None, scratch: Path, more: list[str]
) -> Process:
    """Start the owner's node, made before if there is none, or on the page that is shown."""
    if not any(word.startswith("--listen") for word in more):
        # Said, and not left to the settings: who is told to listen on loopback may dial neighbours there.
        settings = folder / "config.toml"
        config = load(settings) if settings.exists() else Config()
        more = [*more, "--listen", f"127.0.0.1:{config.listen.port}"]
    if passphrase is None:
        return await processes.made_on_a_page(folder, *more)
    if not (folder / "vault").exists():
        words = scratch / "words"
        told = ["--name", getpass.getuser(), "--words-file", str(words)]
        await processes.init(passphrase, folder, "--json", *told, stdout=DEVNULL)
        print(f"Your 24 words, shown this once. Write them down:\n\n{words.read_text()}", flush=True)
        words.unlink()
    return await processes.up(passphrase, folder, *more)


async def open_shop(processes: Processes, name: str, scratch: Path) -> str:
    """Make and start a neighbour's node, and who minds it. Gives its invitation."""
    folder, passphrase = scratch / name, secrets.token_urlsafe()
    shop = ["--kind", "organisation", "--name", SHOPS[name]["name"], "--words-file", f"{folder}.words"]
    await processes.init(passphrase, folder, "--json", *shop, stdout=DEVNULL)
    (folder / "config.toml").write_text('log.level = "error"\n')
    program = CARELESS if SHOPS[name].get("careless") else PCLOUD
    await processes.up(passphrase, folder, "--listen", "127.0.0.1:0", program=program)
    minding = [str(HERE / "neighbour.py"), name, str(folder)]
    keeper = await processes.start(*minding, stdout=PIPE, start_new_session=True)
    assert keeper.stdout is not None, "asked for above"
    link = (await keeper.stdout.readline()).decode().strip()
    if not link:
        raise CommandFailedError(await keeper.wait())
    return link


def end_once(main: asyncio.Task[int] | None) -> None:
    """Let the first signal end it in order; further ones change nothing."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        for number in ENDING:
            loop.add_signal_handler(number, lambda: None)
        if main is not None:
            main.cancel()

    for number in ENDING:
        loop.add_signal_handler(number, end)


async def run(folder: Path, passphrase: str | None, arguments: list[str]) -> int:
    """Start everything, say what to do next, and wait for the end of the owner's node."""
    end_once(asyncio.current_task())
    more = [word for word in arguments if word != "--alone"]
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="pcloud-") as scratch:
        try:
            own = await open_own(processes, folder, passphrase, Path(scratch), more)
            links = []
            if "--alone" not in arguments:
                print("Two neighbours open beside it; each makes keys for a moment.", flush=True)
                links = [await open_shop(processes, name, Path(scratch)) for name in SHOPS]
            await until_up(own, folder)
            page = PAGE.format(folder=folder, page=await processes.page(folder))
            print(told(folder, page, links) if links else f"{page}\nCtrl-C stops it.", flush=True)
            return await own.wait()
        except CommandFailedError as failed:
            return int(failed.args[0])
        except asyncio.CancelledError:
            return 0
        finally:
            await processes.stop()


def told(folder: Path, page: str, links: list[str]) -> str:
    """The page, the invitations, and what to type."""
    shops = list(SHOPS.values())
    invitations = "".join(
        f"\n  {shop['name']}, for {shop['purpose']}:\n  {link}\n"
        for shop, link in zip(shops, links, strict=True)
    )
    place = f'\n  export PCLOUD_DIR="{folder}"' if os.environ.get("PCLOUD_DIR") else ""
    return GUIDE.format(page=page, invitations=invitations, place=place, link=links[0], name=shops[0]["name"])


if __name__ == "__main__":
    OWN = Path(os.environ.get("PCLOUD_DIR") or "~/.pcloud").expanduser().absolute()
    try:
        PASSPHRASE = own_passphrase(OWN)
    except KeyboardInterrupt:
        sys.exit(130)
    except EOFError:
        sys.exit(f"Nobody is there to say the passphrase of {OWN}. Name its file: PCLOUD_PASSPHRASE_FILE.")
    sys.exit(asyncio.run(run(OWN, PASSPHRASE, sys.argv[1:])))
