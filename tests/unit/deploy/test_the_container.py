"""The container: no rights, nothing secret, everything pinned, and what it copies is there and starts."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONTAINERFILE = ROOT / "deploy/Containerfile"
COMPOSE = ROOT / "deploy/compose.yaml"


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", CONTAINERFILE.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def the_last(name: str) -> str:
    return [value for word, value in instructions() if word == name][-1]


def test_both_stages_begin_with_the_same_plain_python() -> None:
    bases = [value.split()[0] for word, value in instructions() if word == "FROM"]

    assert bases == ["python:3.13-slim"] * 2


def test_packages_are_pinned_by_hash_and_never_built() -> None:
    (install,) = [value for word, value in instructions() if "pip install" in value]

    assert {"--require-hashes", "--only-binary", "--no-cache-dir"} <= set(install.split())
    assert ("COPY", "requirements/core.txt /build/core.txt") in instructions()
    assert "--hash=sha256:" in (ROOT / "requirements/core.txt").read_text()


def test_it_copies_what_is_there_and_nothing_else() -> None:
    copied = [value.split()[0] for word, value in instructions() if word == "COPY" and "--from" not in value]

    assert copied == ["requirements/core.txt", "src/pcloud"]
    assert all((ROOT / name).exists() for name in copied)
    assert "ADD" not in [word for word, _ in instructions()]


def test_the_node_is_not_root_and_only_its_folder_is_its_own() -> None:
    assert the_last("USER") == "10001:10001"
    assert "--mode=0700 --owner=10001 --group=10001 /data" in CONTAINERFILE.read_text()
    assert json.loads(the_last("VOLUME")) == ["/data"]
    order = [word for word, _ in instructions()]
    assert "RUN" not in order[order.index("USER") :]


def test_nothing_secret_stands_in_it() -> None:
    environment = " ".join(value for word, value in instructions() if word in {"ENV", "ARG", "LABEL"})

    assert set(re.findall(r"(\w+)=", environment)) == {
        "PYTHONPATH",
        "PYTHONSAFEPATH",
        "PYTHONDONTWRITEBYTECODE",
        "PCLOUD_DIR",
    }
    assert "ARG" not in [word for word, _ in instructions()]
    assert not re.search(r"passphrase|password|token|secret", CONTAINERFILE.read_text(), re.IGNORECASE)


def test_it_asks_after_its_own_health() -> None:
    health = the_last("HEALTHCHECK")

    assert json.loads(health.partition("CMD ")[2]) == ["python", "-m", "pcloud", "status", "--json"]
    assert json.loads(the_last("ENTRYPOINT")) == ["python", "-m", "pcloud"]


def test_what_it_starts_is_a_command_of_the_node() -> None:
    command = [sys.executable, "-m", "pcloud", *json.loads(the_last("CMD"))[:1], "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "200"})

    assert done.returncode == 0, done.stderr
    assert "--listen" in done.stdout


def test_the_composition_gives_it_no_rights_and_holds_no_secret() -> None:
    text = COMPOSE.read_text()
    keys = dict(re.findall(r"^    (\w+): (.+)$", text, re.MULTILINE))

    assert keys["read_only"] == "true"
    assert keys["cap_drop"] == "[ALL]"
    assert keys["security_opt"] == '["no-new-privileges:true"]'
    assert keys["ports"] == '["127.0.0.1:7012:7012"]'
    assert json.loads(keys["command"])[:3] == json.loads(the_last("CMD"))
    assert "--endpoint" in keys["command"], "who listens on every address has to say where others reach it"
    assert keys["volumes"] == '["data:/data"]'
    assert "privileged" not in keys
    assert re.findall(r"^      (\w+): (.+)$", text, re.MULTILINE)[-1] == (
        "PCLOUD_PASSPHRASE_FILE",
        "/run/secrets/passphrase",
    )
    assert re.findall(r"^    file: (.+)$", text, re.MULTILINE) == ["./passphrase"]


def test_the_passphrase_beside_it_is_never_committed() -> None:
    done = subprocess.run(
        ["git", "check-ignore", "deploy/passphrase"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 128:  # an unpacked source archive
        return
    assert done.returncode == 0, "add deploy/passphrase to .gitignore"
