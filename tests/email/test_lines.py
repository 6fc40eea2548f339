"""Lines to a mail server: encrypted, verified, and only where they may lead; and signing by DKIM."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from resa.channels.email import message
from resa.channels.email.composing import Composed
from resa.channels.email.definition import Dkim, Sender
from resa.channels.email.lines import Line, Trouble, reachable
from resa.channels.email.message import Envelope
from tests.email.conftest import Server

NAMED = frozenset({"localhost", "127.0.0.1"})


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of a host's name that vouches for itself, and its key."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    written = (folder / f"{name}.pem", folder / f"{name}.key")
    written[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    written[1].write_bytes(private(key))
    return written


def private(key: rsa.RSAPrivateKey) -> bytes:
    """A key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def serving(folder: Path, name: str, *, starttls: bool) -> tuple[Server, ssl.SSLContext]:
    """A server with a certificate of that name, and a context that trusts it."""
    files = certificate(folder, name)
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(*files)
    options = {"tls_context": inside, "require_starttls": True} if starttls else {"ssl_context": inside}
    server = Server(**options)
    server.controller.start()
    return server, ssl.create_default_context(cafile=str(files[0]))


def sender(server: Server, *, starttls: bool, host: str = "localhost") -> Sender:
    """To that server."""
    return Sender(
        host=host, port=server.port, security="starttls" if starttls else "tls", from_address="hello@shop.example"
    )


def test_a_server_is_spoken_to_under_tls_that_is_verified_and_not_otherwise(tmp_path: Path) -> None:
    server, trusting = serving(tmp_path, "localhost", starttls=True)
    line = Line(sender(server, starttls=True), NAMED, trusting)
    assert line.offer("a@shop.example", "ada@example.com").taken
    assert line.content(b"Subject: x\r\n\r\nhello").taken
    line.close()
    assert len(server.got) == 1
    with pytest.raises(Trouble) as unknown:
        Line(sender(server, starttls=True), NAMED).open()
    with pytest.raises(Trouble) as other:  # known, and of another name
        Line(sender(server, starttls=True, host="127.0.0.1"), NAMED, trusting).open()
    assert (unknown.value.code, other.value.code) == ("insecure", "insecure")
    server.controller.stop()


def test_private_addresses_are_called_only_where_the_operator_named_the_host() -> None:
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "0.0.0.0", "100.64.0.1"):
        with pytest.raises(Trouble) as refused:
            reachable(host, 25, frozenset())
        assert refused.value.code == "forbidden"
    assert reachable("127.0.0.1", 25, NAMED) == "127.0.0.1"
    assert reachable("9.9.9.9", 25, frozenset()) == "9.9.9.9"


def test_a_signature_of_dkim_is_verified_by_whoever_asks_the_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    import dkim

    key = rsa.generate_private_key(65537, 2048)
    monkeypatch.setenv("RESA_SMTP_DKIM", private(key).decode())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    told = Sender(
        host="x",
        from_address="hello@shop.example",
        dkim=Dkim(domain="shop.example", selector="resa", key_env="RESA_SMTP_DKIM"),
    )
    envelope = Envelope(
        "ada@example.com", "b@shop.example", "<m@shop.example>", 1_700_000_000_000, "https://x.example/e/u/1"
    )
    written = message.build(Composed("Hej å", "<p>å</p>", "å\n"), told, envelope)

    def asked(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"resa._domainkey.shop.example."
        return record

    assert dkim.verify(written, dnsfunc=asked)
    assert not dkim.verify(written.replace(b"=C3=A5", b"=C3=A4"), dnsfunc=asked)
    signed = next(
        line for line in written.split(b"\r\n\r\n")[0].split(b";") if b" h=" in line or b"h=" in line.strip()[:2]
    )
    assert b"list-unsubscribe" in signed.lower()  # RFC 8058 wants it signed


def test_headers_stay_on_one_line_whatever_stands_in_them() -> None:
    told = Sender(host="x", from_address="hello@shop.example", from_name="A\r\nBcc: eve@evil.example")
    envelope = Envelope("ada@example.com", "b@shop.example", "<m@shop.example>", 1_700_000_000_000, None)
    written = message.build(Composed("Hello", "<p>x</p>", "x\n"), told, envelope)
    head = written.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert b"eve@evil.example" in head
