"""The unit of systemd: hardened, with nothing secret in it, and the node works under what it forbids."""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from pcloud.cli.exits import Exit
from pcloud.vault.passphrase import CREDENTIAL

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy/systemd"
UNIT = FOLDER / "pcloud.service"
DROP_INS = sorted((FOLDER / "pcloud.service.d").glob("*.conf"))
PROGRAM = "/usr/local/lib/pcloud/bin/pcloud"
EXPOSURE_TENTHS_MAX = 20

Settings = dict[str, dict[str, list[str]]]


def read(path: Path) -> Settings:
    found: Settings = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[section][key].append(value)
    return found


SERVICE = read(UNIT)["Service"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "pcloud"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("PrivateUsers", "yes"),
        ("ProtectProc", "invisible"),
        ("ProcSubset", "pid"),
        ("ProtectClock", "yes"),
        ("ProtectHostname", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("ProtectKernelModules", "yes"),
        ("ProtectKernelLogs", "yes"),
        ("ProtectControlGroups", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("RestrictNamespaces", "yes"),
        ("RestrictRealtime", "yes"),
        ("RestrictSUIDSGID", "yes"),
        ("LockPersonality", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallArchitectures", "native"),
        ("SystemCallErrorNumber", "EPERM"),
        ("KeyringMode", "private"),
        ("RemoveIPC", "yes"),
        ("LimitCORE", "0"),
        ("MemorySwapMax", "0"),
        ("OOMPolicy", "stop"),
        ("WatchdogSec", "30"),
        ("Restart", "on-failure"),
    ],
)
def test_the_unit_says(key: str, value: str) -> None:
    assert SERVICE[key] == [value]


def test_the_unit_filters_system_calls() -> None:
    assert SERVICE["SystemCallFilter"] == ["@system-service", "~@privileged @resources @debug @mount"]


def test_the_passphrase_comes_as_a_credential_and_nothing_secret_stands_in_the_unit() -> None:
    assert SERVICE["LoadCredentialEncrypted"] == [f"{CREDENTIAL}:/etc/pcloud/passphrase.cred"]
    assert SERVICE["Environment"] == ["PCLOUD_DIR=%S/private/pcloud"]
    assert SERVICE["ExecStart"] == [f"{PROGRAM} up"]
    assert not {"SetCredential", "EnvironmentFile", "PassEnvironment"} & SERVICE.keys()


def test_the_unit_does_not_start_again_what_starting_does_not_mend() -> None:
    hopeless = {
        Exit.USAGE,
        Exit.NO_NODE,
        Exit.PASSPHRASE,
        Exit.DAMAGED,
        Exit.NEWER,
        Exit.CONFIG,
        Exit.UNSAFE,
    }

    assert set(map(int, SERVICE["RestartPreventExitStatus"][0].split())) == set(map(int, hopeless))


def test_on_a_cloud_host_private_addresses_are_refused_by_the_kernel_too() -> None:
    service = read(FOLDER / "pcloud.service.d/cloud-host.conf")["Service"]
    denied = " ".join(service["IPAddressDeny"]).split()

    assert service["IPAddressAllow"] == ["localhost"]
    assert {
        "link-local",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
    } <= set(denied)


def test_the_owner_asks_as_the_user_of_the_node() -> None:
    script = FOLDER / "pcloud-node"
    text = script.read_text()
    told = dict(re.findall(r"--property=(\w+)=(\S+)", text))

    assert script.stat().st_mode & 0o111
    assert subprocess.run(["/bin/sh", "-n", str(script)], check=False).returncode == 0
    assert text.rstrip().endswith(f'{PROGRAM} "$@"')
    for key, value in told.items():
        assert SERVICE[key] == [value], f"{key} is another than in the unit"
    assert {"DynamicUser", "User", "StateDirectory", "UMask", "LoadCredentialEncrypted"} <= told.keys()
    assert "--setenv=PCLOUD_DIR=/var/lib/private/pcloud " in text


def test_the_drop_ins_change_only_the_network() -> None:
    for drop_in in DROP_INS:
        settings = read(drop_in)
        assert set(settings) == {"Service"}
        assert set(settings["Service"]) <= {"IPAddressAllow", "IPAddressDeny", "RestrictAddressFamilies"}
    assert [drop_in.name for drop_in in DROP_INS] == ["cloud-host.conf", "home-network.conf"]


# ---------------------------------------------------------------- what systemd says of it


def analyze(folder: Path, *words: str, drop_in: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Ask systemd about a copy whose program exists on this machine too."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze here")
    copy = folder / UNIT.name
    copy.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))
    if drop_in is not None:
        (folder / f"{UNIT.name}.d").mkdir()
        shutil.copy(drop_in, folder / f"{UNIT.name}.d")
    return subprocess.run([program, *words, str(copy)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("drop_in", [None, *DROP_INS], ids=lambda path: path.stem if path else "alone")
def test_systemd_finds_no_fault_in_it(tmp_path: Path, drop_in: Path | None) -> None:
    done = analyze(tmp_path, "verify", "--man=no", "--recursive-errors=no", drop_in=drop_in)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("drop_in", [None, *DROP_INS], ids=lambda path: path.stem if path else "alone")
def test_systemd_calls_its_exposure_small(tmp_path: Path, drop_in: Path | None) -> None:
    threshold = f"--threshold={EXPOSURE_TENTHS_MAX}"
    done = analyze(tmp_path, "security", "--offline=yes", "--no-pager", threshold, drop_in=drop_in)

    assert done.returncode == 0, done.stdout
    told = re.search(r"exposure level for pcloud.service: (\d+\.\d)", done.stdout)
    assert told is not None
    assert float(told[1]) <= EXPOSURE_TENTHS_MAX / 10


# ---------------------------------------------------------------- memory that is never both written and run

UNDER_MDWE = """
import ctypes, importlib, json, mmap, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
set_ = ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) == 0
if set_:
    try:
        mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        set_ = False
    except OSError:
        pass
for name in {names!r}:
    importlib.import_module(name)

import apsw, nacl.pwhash
from pcloud.testing import story
nacl.pwhash.argon2id.kdf(32, b"passphrase", bytes(16), opslimit=1, memlimit=65536)
store = apsw.Connection(":memory:")
store.create_scalar_function("next", lambda value: value + 1, 1)
store.execute("select next(1)").fetchall()
story.main(["handshake"])
extensions = sorted(
    name for name, module in sys.modules.items()
    if (getattr(module, "__file__", None) or "").endswith(".so") and not name.startswith("_")
)
print(json.dumps([set_, extensions]))
"""
LIBRARIES = [
    "aiohttp",
    "aiohttp.web",
    "apsw",
    "cryptography.hazmat.bindings._rust",
    "mnemonic",
    "msgspec",
    "multiformats",
    "nacl.bindings",
    "prometheus_client",
    "rich",
    "segno",
    "typer",
    "zeroconf",
]


def test_every_extension_works_where_no_memory_is_both_written_and_run() -> None:
    script = UNDER_MDWE.format(names=LIBRARIES)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    was_set, extensions = json.loads(done.stdout.splitlines()[-1])
    if not was_set:
        pytest.skip("this kernel is older than 6.3 and cannot forbid it for one process")
    assert {"apsw", "msgspec._core", "aiohttp._http_parser", "nacl._sodium", "yarl._quoting_c"} <= set(
        extensions
    )
