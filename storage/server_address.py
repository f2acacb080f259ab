"""Server address: how is TLS spoken with a server, whichever kind it is of, and what if it is not believed?"""

import ssl
from pathlib import Path

from engine.errors import BadInput


def tls_context(
    where: object, mode: str, root: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Return how the wire to the server `where` is encrypted, with sslmode `mode` as PostgreSQL has it.

    What is believed is what PostgreSQL's own programs believe, on whichever Python: from 3.13 on it would refuse an
    authority of one's own that does not follow RFC 5280 to the letter. Raises BadInput for certificates that are none.
    """
    try:
        context = ssl.create_default_context(cafile=root)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = mode == "verify-full"
        if mode == "require" and root is None:
            context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"the certificates for {where} cannot be read: {error}") from error
    return context


def distrust(error: BaseException) -> tuple[str, str] | None:
    """Return words and hint if `error` says that the server's certificate is not believed."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return None
    return f"shows a certificate that cannot be trusted: {error.verify_message}", "sslrootcert names who vouches for it"
