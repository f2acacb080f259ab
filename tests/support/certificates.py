"""Certificates for a day, for servers and clients of tests."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.adapters import clock

_Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files: what vouches for the server, what does not, and the server's own for `localhost`, with its key."""

    root: Path
    stranger: Path
    server: Path


def made(folder: Path) -> Certificates:
    """Write new ones into `folder`."""
    (root_key, root), (_, stranger) = _authority("root"), _authority("stranger")
    own = ec.generate_private_key(ec.SECP256R1())
    server = _written(folder / "server.pem", _signed("localhost", own, root_key, root.subject, is_authority=False))
    with server.open("ab") as opened:
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        opened.write(own.private_bytes(*form))
    return Certificates(
        root=_written(folder / "root.pem", root),
        stranger=_written(folder / "stranger.pem", stranger),
        server=server,
    )


def _authority(name: str) -> tuple[_Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _signed(name, key, key, _named(name), is_authority=True)


def _signed(name: str, key: _Key, by: _Key, issuer: x509.Name, *, is_authority: bool) -> x509.Certificate:
    now = clock.now()
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return built.sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _written(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
