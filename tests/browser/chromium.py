"""Finds the system's Chromium; run as a program it installs one where it may, or says how in one line."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge")
NAMED = "PCLOUD_CHROMIUM"
"""Says where the browser is, for those who have it elsewhere."""
HOW = f"The browser tests need Chromium: install it with your package manager, or name its file in {NAMED}."
LOCK = ("-o", "DPkg::Lock::Timeout=300")
"""Other tests may install something at the same time."""
INSTALLERS = (
    ("apt-get", ("apt-get", *LOCK, "install", "--yes", "--no-install-recommends", "chromium")),
    ("dnf", ("dnf", "install", "--assumeyes", "chromium")),
    ("pacman", ("pacman", "--sync", "--noconfirm", "chromium")),
    ("apk", ("apk", "add", "chromium")),
)
"""Each is only tried where it asks nobody anything."""
SWITCHES = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    # Names that end in .example are this machine, to play other sites; no other name is anywhere.
    "--host-resolver-rules=MAP *.example 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1,EXCLUDE localhost",
    # A machine of tests may have little shared memory and no graphics.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),  # Chromium does not start as root with it
)


def found() -> str | None:
    """The file of the browser; None where there is none."""
    named = os.environ.get(NAMED)
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> str | None:
    """Let the system's package manager install it, as root or where sudo asks for no password."""
    may = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if may and shutil.which("sudo") is None:
        return None
    for program, command in INSTALLERS:
        if shutil.which(program):
            print(f"There is no Chromium: {' '.join([*may, *command])}", flush=True)
            subprocess.run([*may, *command], check=False)
            return found()
    return None


if __name__ == "__main__":
    sys.exit(0 if found() or install() else HOW)
