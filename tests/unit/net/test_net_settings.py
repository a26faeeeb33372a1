"""Settings of the net: safe unless told, and refused before anything starts where they cannot be."""

import errno
from pathlib import Path
from typing import Any

import pytest
from tests.contract.net.worlds import Taker

from pcloud.net.http import HttpNet
from pcloud.net.port import NO_PORT
from pcloud.net.settings import NetSettings


def test_without_settings_a_node_listens_on_loopback_and_dials_nothing_private() -> None:
    usual = NetSettings()
    assert usual.host == "127.0.0.1"
    assert usual.allow_private == usual.trusted_proxies == usual.hosts == ()
    assert usual.certificate is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": -1},
        {"port": 65_536},
        {"endpoints": ("node.example",)},
        {"endpoints": ("https://node.example/",)},
        {"allow_private": ("192.168.1.1/24",)},
        {"allow_private": ("home",)},
        {"trusted_proxies": ("proxy.example",)},
        {"own_addresses": ("router",)},
        {"certificate": Path("chain.pem")},
        {"key": Path("key.pem")},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentences are those of several libraries
        NetSettings(**wrong)


async def test_a_port_in_use_is_an_os_error_and_changes_nothing() -> None:
    first, second = HttpNet(), HttpNet()
    await first.listen(Taker())
    taken = HttpNet(NetSettings(port=first.address[1]))
    with pytest.raises(OSError, match="in use") as refused:
        await taken.listen(Taker())
    assert refused.value.errno == errno.EADDRINUSE
    assert taken.address == NO_PORT
    await taken.close()
    await second.listen(Taker())
    assert second.address != first.address
    await first.close()
    await second.close()


async def test_a_certificate_that_cannot_be_read_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("none")
    for chain in (tmp_path / "missing.pem", tmp_path / "key.pem"):
        net = HttpNet(NetSettings(certificate=chain, key=tmp_path / "key.pem"))
        with pytest.raises(OSError):  # noqa: PT011 - of the file, or of TLS
            await net.listen(Taker())


async def test_a_port_is_free_again_after_closing() -> None:
    net = HttpNet()
    await net.listen(Taker())
    port = net.address[1]
    await net.close()
    again = HttpNet(NetSettings(port=port))
    await again.listen(Taker())
    assert again.address == ("127.0.0.1", port)
    await again.close()


async def test_a_net_that_opens_no_port_takes_none_and_still_calls_others() -> None:
    deaf, there = HttpNet(NetSettings(listens=False, allow_private=("127.0.0.0/8",))), HttpNet()
    await deaf.listen(Taker())
    await there.listen(Taker())
    assert deaf.address == NO_PORT
    link = await deaf.dial(f"http://127.0.0.1:{there.address[1]}")
    assert link.open
    await deaf.close()
    await there.close()


async def test_a_net_that_has_nobody_to_take_what_comes_cannot_dial() -> None:
    with pytest.raises(RuntimeError):
        await HttpNet().dial("https://node.example")
