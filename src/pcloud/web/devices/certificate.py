"""The certificate that the page shows to this network: made by the node, its key sealed in the node's folder.

No authority knows it, so a browser warns once. What it shows of the certificate is to be compared with the
fingerprint that the node shows (RFC 5280).
"""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pcloud.web.devices.book import Shelf

CERTIFICATE: Final = "lan.crt"
KEY: Final = "lan.key"
DAYS_VALID: Final = 730
DAYS_LEFT_MIN: Final = 30
"""With fewer a new one is made."""
_NAME: Final = "pcloud page"


class Shown(NamedTuple):
    """What a listener needs, and what an owner compares."""

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the certificate, as browsers write it: hex in pairs."""


def certificate(shelf: Shelf, host: str, now: int, seal: bytes) -> Shown:
    """The certificate for an address, made where there is none that fits. Raises OSError.

    `seal` is what the key's file is encrypted with.
    """
    found = _load(shelf, host, now)
    if found is None:
        found = _make(shelf, host, now, seal)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(shelf.folder / CERTIFICATE, shelf.folder / KEY, seal.hex())
    except ssl.SSLError:  # a key of another vault, or half of a pair: neither can be used
        found = _make(shelf, host, now, seal)
        context.load_cert_chain(shelf.folder / CERTIFICATE, shelf.folder / KEY, seal.hex())
    return Shown(context, fingerprint(found))


def fingerprint(found: x509.Certificate) -> str:
    """As browsers show it."""
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def _load(shelf: Shelf, host: str, now: int) -> x509.Certificate | None:
    """The one that is there, if it fits."""
    try:
        found = x509.load_pem_x509_certificate((shelf.folder / CERTIFICATE).read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return None
    left = found.not_valid_after_utc - _at(now)
    fits = ip_address(host) in names.get_values_for_type(x509.IPAddress)
    return found if fits and left >= timedelta(days=DAYS_LEFT_MIN) else None


def _make(shelf: Shelf, host: str, now: int, seal: bytes) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    begin = _at(now) - timedelta(days=1)  # the clock of a phone may be behind
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=DAYS_VALID))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(seal.hex().encode()),
    )
    shelf.write_file(KEY, sealed)
    shelf.write_file(CERTIFICATE, made.public_bytes(serialization.Encoding.PEM))
    return made


def _at(now: int) -> datetime:
    return datetime.fromtimestamp(now, UTC)
