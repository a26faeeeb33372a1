"""[TRANSPORT-1]: an endpoint has one form; everything else that a URL could be is not dialled."""

from ipaddress import ip_address

import pytest

from pcloud.net.endpoint import Endpoint, read_endpoint


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("https://node.example", Endpoint("https", "node.example", 443, "")),
        ("http://node.example", Endpoint("http", "node.example", 80, "")),
        ("https://node.example:8443/a/b-c_d.e~f", Endpoint("https", "node.example", 8443, "/a/b-c_d.e~f")),
        ("https://xn--bcher-kva.example/M", Endpoint("https", "xn--bcher-kva.example", 443, "/M")),
        ("https://192.0.2.1", Endpoint("https", "192.0.2.1", 443, "")),
        ("https://[2001:db8::1]:7012/x", Endpoint("https", "2001:db8::1", 7012, "/x")),
        ("https://[::ffff:192.0.2.1]", Endpoint("https", str(ip_address("::ffff:192.0.2.1")), 443, "")),
        ("https://a/...", Endpoint("https", "a", 443, "/...")),
        ("https://" + "a" * 63 + ".example", Endpoint("https", "a" * 63 + ".example", 443, "")),
        ("https://a:65535", Endpoint("https", "a", 65_535, "")),
    ],
)
def test_an_endpoint_names_scheme_host_port_and_path(text: str, endpoint: Endpoint) -> None:
    assert read_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "node.example",
        "//node.example",
        "https:node.example",
        "https:/node.example",
        "https://",
        "https:///path",
        "HTTPS://node.example",
        "https://Node.example",
        "https://node.example.",
        "https://.node.example",
        "https://node..example",
        "https://-node.example",
        "https://node-.example",
        "https://no_de.example",
        "https://b\xfccher.example",
        "https://node.example\u3002com",
        "https://\uff4eode.example",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 127 + "aa",
        "https://a@b.example",
        "https://a:b@c.example",
        "https://node.example:",
        "https://node.example:0",
        "https://node.example:0443",
        "https://node.example:65536",
        "https://node.example:99999",
        "https://node.example:443443",
        "https://node.example:+443",
        "https://node.example:443:443",
        "https://node.example/",
        "https://node.example/a/",
        "https://node.example//a",
        "https://node.example/.",
        "https://node.example/a/../b",
        "https://node.example/%61",
        "https://node.example/a b",
        "https://node.example/a\\b",
        "https://node.example\\@b.example",
        "https://node.example?q",
        "https://node.example#f",
        "https://node.example/;a",
        " https://node.example",
        "https://node.example\n",
        "https://node.example\t",
        "https://node.example\0",
        "https://node.example/" + "a" * 240,
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://0",
        "https://127.0.0.256",
        "https://1.2.3.4.5",
        "https://1.2.3.04",
        "https://node.0x7f",
        "https://node.1",
        "https://[fe80::1%25eth0]",
        "https://[fe80::1%eth0]",
        "https://[::1",
        "https://::1",
        "https://[1::2::3]",
        "https://[v1.fe80]",
        "https://[127.0.0.1]",
        "https://[FC00::1]",
        "ftp://node.example",
        "file:///etc/passwd",
        "gopher://node.example:70",
        "unix:/run/docker.sock",
        "data:text/plain,x",
        "javascript:alert(1)",
        "ws://node.example",
        "wss://node.example",
    ],
)
def test_another_text_is_no_endpoint_and_the_error_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ValueError, match="endpoint") as refused:
        read_endpoint(text)
    assert "example" not in str(refused.value)
    assert "127" not in str(refused.value)


def test_the_texts_of_a_host_header_that_mean_it() -> None:
    assert read_endpoint("https://a.example").authorities == {"a.example", "a.example:443"}
    assert read_endpoint("https://a.example:80/x").authorities == {"a.example:80"}
    assert read_endpoint("http://a.example").authorities == {"a.example", "a.example:80"}
    assert read_endpoint("https://[::1]").authorities == {"[::1]", "[::1]:443"}


def test_the_endpoint_of_the_worked_handshake_is_one() -> None:
    assert read_endpoint("https://relay.example/m").path == "/m"
