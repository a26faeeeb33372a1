"""Where a passphrase comes from: a file, a systemd credential or a prompt (D15).

Never an argument or a variable of the environment: other processes see both.
"""

import os
import stat
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pcloud.vault.port import PassphraseError, UnsafeError

CHARACTERS_MIN: Final = 8
"""As NIST SP 800-63B has it. A try takes half a second of a core: eight random letters some 1,700 years."""
BYTES_MAX: Final = 1_024
CREDENTIAL: Final = "pcloud-passphrase"
"""The name in `LoadCredential=` or `LoadCredentialEncrypted=` of a systemd unit."""

_ROOT: Final = 0
_OTHERS: Final = 0o077
_WORLD: Final = 0o007


def find_passphrase(file: Path | None, environ: Mapping[str, str], ask: Callable[[], str] | None) -> str:
    """The passphrase from the file if one is named, else from the credential if there is one, else asked for.

    Raises PassphraseError where there is none, UnsafeError where others may read it.
    """
    if file is not None:
        return from_file(file)
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder and os.access(credential := Path(folder) / CREDENTIAL, os.F_OK):
        # Where a unit has a user of its own, systemd lets it in by an access list, which shows as a right
        # of the group although the group has none (systemd issue 29435). The folder keeps all others out.
        return _read(credential, "passphrase", forbidden=_WORLD)
    if ask is not None:
        return ask()
    raise PassphraseError(
        "There is no passphrase and nobody to ask: name a file that holds it with --passphrase-file, or give "
        f"the service a credential named {CREDENTIAL}."
    )


def from_file(path: Path, what: str = "passphrase") -> str:
    """The one line that a file or a pipe holds, without its end; `what` it is, for people.

    Raises PassphraseError where it holds something else, UnsafeError where others may read it.
    """
    return _read(path, what, forbidden=_OTHERS)


def normalised(passphrase: str) -> bytes:
    """The bytes that a passphrase stands for: its NFKD form in UTF-8, as BIP-39 has it.

    So the same letters typed on another keyboard open the same vault. Raises PassphraseError where it is too
    long, or no text.
    """
    try:
        if len(passphrase.encode()) <= BYTES_MAX:
            return unicodedata.normalize("NFKD", passphrase).encode()
    except UnicodeEncodeError:
        raise PassphraseError("The passphrase is no text: type it in another way.") from None
    raise PassphraseError(f"A passphrase has at most {BYTES_MAX} bytes: choose a shorter one.")


def check_new(passphrase: str) -> bytes:
    """Refuse a passphrase that is not worth a vault; give its bytes. Raises PassphraseError."""
    found = normalised(passphrase)
    if len(unicodedata.normalize("NFKC", passphrase)) < CHARACTERS_MIN:
        raise PassphraseError(
            f"A passphrase has at least {CHARACTERS_MIN} characters: four random words are a good one."
        )
    # What a later Unicode will make of them is not known, so they might open nothing one day.
    if any(unicodedata.category(character) == "Cn" for character in passphrase):
        raise PassphraseError("The passphrase holds a character that Unicode does not know: choose others.")
    return found


def _read(path: Path, what: str, *, forbidden: int) -> str:
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            _check_mode(found, what, forbidden)
            data = file.read(BYTES_MAX + len(b"\r\n") + 1)
    except OSError as failure:
        said = failure.strerror or type(failure).__name__
        raise PassphraseError(f"The {what} file cannot be read: {said}. Name one of your own.") from failure
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(line) > BYTES_MAX or "\n" in text:
        raise PassphraseError(
            f"The {what} file holds no {what}: write one line into it, at most {BYTES_MAX} bytes."
        )
    return text


def _check_mode(found: os.stat_result, what: str, forbidden: int) -> None:
    if stat.S_ISFIFO(found.st_mode):  # as `<(command)` gives one: it has no readers to shut out
        return
    if not stat.S_ISREG(found.st_mode):
        raise PassphraseError(f"The {what} file is neither a file nor a pipe: name one that is.")
    if found.st_mode & forbidden:
        raise UnsafeError(f"Others may read the {what} file: close it first, with chmod 600.")
    if forbidden == _OTHERS and found.st_uid not in {_ROOT, os.geteuid()}:
        raise UnsafeError(f"The {what} file belongs to another user: use one of your own.")
