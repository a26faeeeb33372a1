"""A node that is to open no port is told so in one word, and has no address to tell."""

from pathlib import Path

import pytest

from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.serve import settings
from pcloud.cli.wanted import Wanted


def test_off_in_place_of_an_address_opens_no_port(tmp_path: Path) -> None:
    config = settings(tmp_path, Wanted(listen="off"))

    assert not config.listens
    assert not config.net_settings().listens
    assert config.net_settings().allow_private == ()


@pytest.mark.parametrize("endpoints", [("https://a.example",), ("https://a.example", "https://b.example")])
def test_an_endpoint_beside_it_is_a_contradiction(tmp_path: Path, endpoints: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        settings(tmp_path, Wanted(listen="off", endpoints=endpoints))

    assert refused.value.exit_code == Exit.USAGE


def test_so_is_one_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[reach]\nendpoints = ["https://a.example"]\n')

    with pytest.raises(CommandError):
        settings(tmp_path, Wanted(listen="off"))
    assert settings(tmp_path, Wanted()).listens


@pytest.mark.parametrize("listen", ["Off", "off:7012", ":off", "no"])
def test_nothing_like_it_is_taken_for_it(tmp_path: Path, listen: str) -> None:
    with pytest.raises(CommandError):
        settings(tmp_path, Wanted(listen=listen))
