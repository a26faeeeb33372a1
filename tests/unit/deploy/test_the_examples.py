"""Every example is one that a node takes, and the proxies carry what a node speaks."""

import re
from pathlib import Path

import pytest

from pcloud.net.packet import CARD_PATH, INVITATIONS_PATH, LINK_PATH, PACKET_BYTES_MAX, PACKETS_PATH
from pcloud.net.settings import Deadlines
from pcloud.runtime.config import Config, load

FOLDER = Path(__file__).parents[3] / "deploy"
EXAMPLES = sorted((FOLDER / "examples").glob("*.toml"))
NGINX = (FOLDER / "proxy/nginx.conf").read_text()
CADDY = (FOLDER / "proxy/Caddyfile").read_text()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_node_takes_the_example(example: Path) -> None:
    config = load(example)

    assert config != Config()
    config.net_settings()


def test_only_the_node_of_a_home_network_leaves_loopback() -> None:
    hosts = {example.stem: load(example).listen.host for example in EXAMPLES}

    assert hosts == {"home": "127.0.0.1", "home-network": "0.0.0.0", "public": "127.0.0.1"}
    assert all(load(example).owner.metrics_host == "127.0.0.1" for example in EXAMPLES)


def test_the_proxies_lead_to_where_the_public_example_listens() -> None:
    listen = load(FOLDER / "examples/public.toml").listen
    there = f"{listen.host}:{listen.port}"

    assert f"proxy_pass http://{there};" in NGINX
    assert f"reverse_proxy {there} " in CADDY
    assert listen.trusted_proxies == ("127.0.0.1/32",)


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_a_proxy_answers_to_the_name_of_the_endpoint(text: str) -> None:
    (endpoint,) = load(FOLDER / "examples/public.toml").reach.endpoints

    assert endpoint.removeprefix("https://") in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    "line",
    [
        "proxy_http_version 1.1;",
        "proxy_set_header Host $host;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $pcloud_connection;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_buffering off;",
        "proxy_request_buffering off;",
        "gzip off;",
        "access_log off;",
    ],
)
def test_nginx_passes_links_on_as_they_are(line: str) -> None:
    assert f" {line}\n" in NGINX


def test_caddy_passes_links_on_as_they_are() -> None:
    assert "flush_interval -1" in CADDY
    assert "encode" not in CADDY


def test_a_proxy_lets_the_largest_packet_through_and_waits_longer_than_a_ping() -> None:
    nginx = re.search(r"client_max_body_size (\d+)k;", NGINX)
    caddy = re.search(r"max_size (\d+)KB", CADDY)
    patience = re.search(r"proxy_read_timeout (\d+)s;", NGINX)
    assert nginx is not None
    assert caddy is not None
    assert patience is not None

    assert int(nginx[1]) * 1024 > PACKET_BYTES_MAX
    assert int(caddy[1]) * 1000 > PACKET_BYTES_MAX
    assert int(patience[1]) > 2 * Deadlines().ping_s


def test_the_guide_names_every_path_that_a_node_answers_on() -> None:
    guide = (FOLDER.parent / "docs/guide/public-node.md").read_text()
    told = re.findall(r"^\| `(?:GET|POST) (/\S+?)(?:/…)?` \|", guide, re.MULTILINE)

    assert told == [PACKETS_PATH, LINK_PATH, INVITATIONS_PATH, CARD_PATH]
