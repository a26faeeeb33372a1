"""An owner's file is taken whole or refused in one sentence that names file, key and what is allowed."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from pcloud.net.settings import Caps, NetSettings
from pcloud.runtime.config import (
    FILE_BYTES_MAX,
    Config,
    ConfigError,
    Copies,
    Discovery,
    Limits,
    Listen,
    Log,
    Owner,
    Reach,
    default_toml,
    keys,
    load,
)
from pcloud.runtime.configuring.data import Taking, Webhook
from pcloud.runtime.configuring.notify import Notify
from pcloud.runtime.configuring.page import Page
from pcloud.runtime.configuring.rules import HOSTS_MAX, NETWORKS_MAX


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(folder: Path, text: str | bytes) -> str:
    path = written(folder, text)
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        load(path)
    told = str(caught.value)
    assert path.read_bytes() == before
    assert told.startswith(f"{path}: ")
    assert told.endswith(".")
    assert "\n" not in told
    return told.removeprefix(f"{path}: ")


def test_without_a_file_nothing_leaves_this_machine() -> None:
    config = Config()

    assert config.listen.host == "127.0.0.1"
    assert config.owner.metrics_host == "127.0.0.1"
    assert (config.owner.port, config.owner.metrics_port) == (0, 0)
    assert (config.reach.endpoints, config.reach.hosts, config.reach.allow_private) == ((), (), ())
    assert config.discovery.announce is False


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Config()


def test_every_key_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_text("")
    (tmp_path / "key.pem").write_text("")
    (tmp_path / "ca.pem").write_text("")
    path = written(
        tmp_path,
        """
        [listen]
        host = "::"
        port = 8443
        tls_certificate = "chain.pem"
        tls_key = "key.pem"
        trusted_proxies = ["127.0.0.1/32"]
        [reach]
        endpoints = ["https://anna.example/pcloud", "http://192.168.1.7:7012"]
        hosts = ["anna.local", "anna.example:8443", "[::1]:7012"]
        allow_private = ["192.168.1.0/24", "fc00::/7"]
        own_addresses = ["8.8.8.8", "2001:4860::1"]
        authorities = "ca.pem"
        [owner]
        port = 7013
        metrics_host = "::1"
        metrics_port = 9412
        [limits]
        peer_messages_per_minute = 1
        peer_messages_burst = 2
        peer_bytes_per_day = 65536
        peer_packets_max = 5
        node_messages_per_minute = 6
        node_messages_burst = 7
        connections_per_source = 8
        connections = 9
        links_max = 0
        [log]
        level = "debug"
        format = "json"
        [discovery]
        announce = true
        [copies]
        folder = "disk"
        [taking]
        confirm = "owner"
        backup_days = 400
        [webhook]
        url = "https://crm.shop.example/changes"
        secret = "ca.pem"
        [page]
        serve = "off"
        port = 7014
        lan_host = "192.168.1.7"
        lan_port = 7015
        [notify]
        mail_to = "anna@example.org"
        mail_from = "node@example.org"
        mail_server = "mail.example.org:465"
        mail_user = "anna"
        mail_password = "ca.pem"
        url = "https://bell.example/ring"
        secret = "ca.pem"
        """,
    )

    config = load(path)

    assert config == Config(
        Listen(
            "::", 8443, str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"), ("127.0.0.1/32",), named=True
        ),
        Reach(
            ("https://anna.example/pcloud", "http://192.168.1.7:7012"),
            ("anna.local", "anna.example:8443", "[::1]:7012"),
            ("192.168.1.0/24", "fc00::/7"),
            ("8.8.8.8", "2001:4860::1"),
            str(tmp_path / "ca.pem"),
        ),
        Owner(7013, "::1", 9412),
        Limits(1, 2, 65536, 5, 6, 7, 8, 9, 0),
        Log("debug", "json"),
        Discovery(announce=True),
        Copies(str(tmp_path / "disk")),
        Taking("owner", 400),
        Webhook("https://crm.shop.example/changes", str(tmp_path / "ca.pem")),
        Page("off", 7014, "192.168.1.7", 7015),
        Notify(
            "anna@example.org",
            "node@example.org",
            "mail.example.org:465",
            "anna",
            str(tmp_path / "ca.pem"),
            "https://bell.example/ring",
            str(tmp_path / "ca.pem"),
        ),
    )
    set_here = {
        (key.section, key.name)
        for key in keys()
        if getattr(getattr(config, key.section), key.name) != key.default
    }
    assert set_here == {(key.section, key.name) for key in keys()}, "this test leaves a key out"


def test_a_key_that_is_not_set_keeps_its_default(tmp_path: Path) -> None:
    config = load(written(tmp_path, "[limits]\nlinks_max = 7\n"))

    assert config == Config(limits=dataclasses.replace(Limits(), links_max=7))


BAD_VALUES = [
    (
        '[listen]\nhost = "home.example"',
        "listen.host must be an IP address, or `off` to take no connection at all.",
    ),
    ('[listen]\nhost = ""', "listen.host must be an IP address, or `off` to take no connection at all."),
    ('[listen]\nhost = "127.1"', "listen.host must be an IP address, or `off` to take no connection at all."),
    ("[listen]\nhost = 1", "listen.host must be an IP address, or `off` to take no connection at all."),
    ("[listen]\nport = -1", "listen.port must be a whole number from 0 to 65535."),
    ("[listen]\nport = 65536", "listen.port must be a whole number from 0 to 65535."),
    ('[listen]\nport = "80"', "listen.port must be a whole number from 0 to 65535."),
    ("[listen]\nport = 80.0", "listen.port must be a whole number from 0 to 65535."),
    ("[listen]\nport = true", "listen.port must be a whole number from 0 to 65535."),
    ("[listen]\nport = [80]", "listen.port must be a whole number from 0 to 65535."),
    ("[listen.port]\na = 1", "listen.port must be a whole number from 0 to 65535."),
    (f"[listen]\nport = {10**400}", "listen.port must be a whole number from 0 to 65535."),
    ("[limits]\nconnections = nan", "limits.connections must be a whole number from 1 to 65536."),
    ('[log]\nlevel = "INFO"', "log.level must be `debug`, `info`, `warning` or `error`."),
    ('[log]\nlevel = ""', "log.level must be `debug`, `info`, `warning` or `error`."),
    ('[log]\nformat = "xml"', "log.format must be `text` or `json`."),
    ("[discovery]\nannounce = 1", "discovery.announce must be true or false."),
    ('[discovery]\nannounce = "yes"', "discovery.announce must be true or false."),
]


@pytest.mark.parametrize(("text", "told"), BAD_VALUES)
def test_a_bad_value_is_refused_with_what_is_allowed(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text) == told


URL_RULE = (
    "reach.endpoints must be a list of at most 3 endpoints such as `https://host:port/path`, in lower case."
)


@pytest.mark.parametrize(
    "value",
    [
        '"https://a.example"',
        "[1]",
        '[""]',
        '["a.example"]',
        '["ftp://a.example"]',
        '["https://"]',
        '["https:///path"]',
        '["https://anna@a.example"]',
        '["https://anna:secret@a.example"]',
        '["https://a.example?x=1"]',
        '["https://a.example#x"]',
        '["https://a.example:0"]',
        '["https://a.example:65536"]',
        '["https://a.example:x"]',
        '["https://[::1"]',
        '["https://a example"]',
        '["https://a.example/\\n"]',
        '["https://ä.example"]',
        '["https://A.example"]',
        '["https://a.example/"]',
        '["https://127.1"]',
        f'["https://a.example/{"a" * 240}"]',
        '["https://a.example","https://b.example","https://c.example","https://d.example"]',
    ],
)
def test_an_endpoint_is_a_bare_url(tmp_path: Path, value: str) -> None:
    assert refusal(tmp_path, f"[reach]\nendpoints = {value}") == URL_RULE


@pytest.mark.parametrize(
    "networks",
    [
        ["192.168.1.7/24"],
        ["home"],
        ["0.0.0.0/0"],
        ["10.0.0.0/7"],
        ["::/0"],
        ["fc00::/6"],
        [""],
        ["10.0.0.0/8"] * (NETWORKS_MAX + 1),
    ],
)
def test_a_private_network_is_a_network_and_never_the_whole_internet(
    tmp_path: Path, networks: list[str]
) -> None:
    told = refusal(tmp_path, f"[reach]\nallow_private = {networks}")

    assert told == (
        "reach.allow_private must be a list of at most 16 networks such as `192.168.1.0/24`, "
        "none wider than /8 (IPv6: /7)."
    )


@pytest.mark.parametrize(
    "hosts", [["a b"], ["a\\n"], ["*"], [""], ["ä.example"], ["a" * 254], ["a"] * (HOSTS_MAX + 1)]
)
def test_a_host_is_a_name_and_no_pattern(tmp_path: Path, hosts: list[str]) -> None:
    listed = ", ".join(f'"{host}"' for host in hosts)
    assert refusal(tmp_path, f"[reach]\nhosts = [{listed}]").startswith("reach.hosts must be a list of")


def test_an_unknown_key_is_refused_and_a_near_one_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[listen]\nprot = 80") == ("`prot` is no key of [listen]; did you mean `port`.")
    assert refusal(tmp_path, "[owner]\ncolour = 1") == (
        "`colour` is no key of [owner]; there are port, metrics_host, metrics_port."
    )


def test_an_unknown_section_is_refused_and_a_near_one_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[limit]") == "`limit` is no section; did you mean `limits`."
    assert refusal(tmp_path, "port = 80") == (
        "`port` is no section; there are listen, reach, owner, limits, log, discovery, copies, "
        "taking, webhook, page, notify."
    )
    assert refusal(tmp_path, "listen = 80") == "listen must be a section, [listen], with keys below it."
    assert refusal(tmp_path, "[[listen]]").startswith("listen must be a section")


def test_a_name_in_the_file_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    told = refusal(tmp_path, '[listen]\n"\\u001b[2J\\n\\u009b31m" = 1')

    assert told.isprintable()


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[listen").startswith("this file must be TOML in UTF-8 (")
    assert refusal(tmp_path, b"\xff\xfe") == "this file must be TOML in UTF-8."
    assert refusal(tmp_path, "a = " + "[" * 30_000).startswith("this file must be TOML in UTF-8")
    assert refusal(tmp_path, "[listen]\nport=1\nport=2").startswith("this file must be TOML in UTF-8 (")


def test_a_file_far_too_long_is_refused_before_it_is_read(tmp_path: Path) -> None:
    assert refusal(tmp_path, "#" * (FILE_BYTES_MAX + 1)) == (
        f"a configuration must be at most {FILE_BYTES_MAX} bytes long."
    )
    assert load(written(tmp_path, "#" * FILE_BYTES_MAX)) == Config()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: this file cannot be read: .*\.$"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="this file cannot be read"):
        load(tmp_path)


def test_a_webhook_has_a_secret_that_is_there(tmp_path: Path) -> None:
    both = "webhook.url and webhook.secret must be set both or neither."
    assert refusal(tmp_path, '[webhook]\nurl = "https://crm.shop.example"') == both
    (tmp_path / "secret").write_bytes(b"s" * 32)
    assert refusal(tmp_path, '[webhook]\nsecret = "secret"') == both
    assert refusal(tmp_path, '[webhook]\nurl = "https://crm.shop.example"\nsecret = "gone"') == (
        "webhook.secret must be the path of a file that is there."
    )
    assert refusal(tmp_path, '[webhook]\nurl = "ftp://x"').startswith("webhook.url must be one endpoint")
    assert refusal(tmp_path, '[taking]\nconfirm = "nobody"') == "taking.confirm must be `node` or `owner`."
    assert refusal(tmp_path, "[taking]\nbackup_days = -1").startswith("taking.backup_days must be a whole")


def test_a_certificate_comes_with_its_key_and_both_are_there(tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_text("")

    assert refusal(tmp_path, '[listen]\ntls_certificate = "chain.pem"') == (
        "listen.tls_certificate and listen.tls_key must be set both or neither."
    )
    assert refusal(tmp_path, '[listen]\ntls_certificate = "chain.pem"\ntls_key = "key.pem"') == (
        "listen.tls_key must be the path of a file that is there."
    )
    assert refusal(tmp_path, '[listen]\ntls_certificate = "a\\u0000"\ntls_key = "b"').startswith(
        "listen.tls_certificate must be a path"
    )


def test_what_the_network_takes_is_what_was_set(tmp_path: Path) -> None:
    for name in ("chain.pem", "key.pem", "ca.pem"):
        (tmp_path / name).write_text("")
    config = Config(
        Listen(
            "::", 8443, str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"), ("127.0.0.1/32",), named=True
        ),
        Reach(
            ("https://a.example",), ("b.example",), ("10.0.0.0/8",), ("8.8.8.8",), str(tmp_path / "ca.pem")
        ),
        limits=Limits(connections_per_source=7, connections=8),
    )

    assert config.net_settings() == NetSettings(
        "::",
        8443,
        ("https://a.example",),
        ("b.example",),
        tmp_path / "chain.pem",
        tmp_path / "key.pem",
        ("127.0.0.1/32",),
        ("10.0.0.0/8",),
        ("8.8.8.8",),
        tmp_path / "ca.pem",
        caps=Caps(connections_per_source=7, connections=8),
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1"])
def test_who_sets_an_address_of_loopback_may_dial_loopback(tmp_path: Path, host: str) -> None:
    text = f'[listen]\nhost = "{host}"\n[reach]\nallow_private = ["10.0.0.0/8"]'
    allowed = ("10.0.0.0/8", "127.0.0.0/8", "::1/128")

    assert load(written(tmp_path, text)).net_settings().allow_private == allowed
    assert Config().at(host, 1).net_settings().allow_private == allowed[1:]
    assert Config().at("localhost", 1).net_settings().allow_private == allowed[1:]


def test_who_listens_on_loopback_by_default_or_elsewhere_may_not_dial_it(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[listen]\nport = 7012")).net_settings().allow_private == ()
    assert load(written(tmp_path, '[listen]\nhost = "0.0.0.0"')).net_settings().allow_private == ()
    assert Config().net_settings().allow_private == ()

    moved = load(written(tmp_path, '[listen]\nhost = "127.0.0.1"')).at("192.168.1.2", 7013)
    assert (moved.listen.host, moved.listen.port) == ("192.168.1.2", 7013)
    assert moved.net_settings().allow_private == ()


def test_what_is_no_key_cannot_be_set(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[listen]\nnamed = true").startswith("`named` is no key of [listen]; ")


def test_the_network_takes_the_defaults_as_they_are() -> None:
    assert Config().net_settings() == NetSettings(port=Config().listen.port)


def test_the_default_file_explains_every_key_and_changes_nothing(tmp_path: Path) -> None:
    text = default_toml()

    assert load(written(tmp_path, text)) == Config()
    for key in keys():
        assert f"\n#{key.name} = " in text
        assert key.meaning.split()[0] in text


def test_the_default_file_without_its_comment_signs_says_the_defaults(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("#") if line.startswith("#") and not line.startswith("# ") else line
        for line in default_toml().splitlines()
    ]
    text = "\n".join(lines)

    assert load(written(tmp_path, text)) == Config().at("127.0.0.1", 7012)
    assert sum(len(section) for section in tomllib.loads(text).values()) == len(list(keys()))


def test_no_key_lacks_its_meaning() -> None:
    for key in keys():
        assert key.meaning.endswith("."), key
        assert len(key.meaning.split()) > 3, key
        assert key.allowed, key


def test_a_node_may_open_no_port_and_then_has_no_endpoint(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[listen]\nhost = "off"\n'))

    assert not config.listens
    assert not config.net_settings().listens
    assert config.net_settings().allow_private == ()
    told = refusal(tmp_path, '[listen]\nhost = "off"\n[reach]\nendpoints = ["https://a.example"]\n')
    assert told == "reach.endpoints must be empty where listen.host is `off`."


@pytest.mark.parametrize(
    "keys_set",
    [
        'mail_to = "a@example.org"',
        'mail_to = "a@example.org"\nmail_from = "a@example.org"',
        'mail_user = "anna"',
        'url = "https://bell.example/ring"',
    ],
)
def test_half_of_what_tells_the_owner_is_refused(keys_set: str, tmp_path: Path) -> None:
    assert "must be set all or none" in refusal(tmp_path, f"[notify]\n{keys_set}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mail_to", "anna"),
        ("mail_to", "Anna <anna@example.org>"),
        ("mail_to", "a@example.org\\r\\nBcc: b@example.org"),
        ("mail_to", "a@example.org, b@example.org"),
        ("mail_server", "mail.example.org"),
        ("mail_server", "mail.example.org:0"),
        ("mail_server", "mail.example.org:70000"),
        ("mail_user", "two\\nlines"),
    ],
)
def test_no_mail_goes_anywhere_but_to_one_address_of_the_owners(key: str, value: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, f'[notify]\n{key} = "{value}"').startswith(f"notify.{key} must be")
