"""Server address: how is TLS spoken with a server, whichever kind it is of?"""

import ssl
from pathlib import Path

from engine.errors import BadInput


def tls_context(
    where: object, mode: str, root: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Return how the wire to the server `where` is encrypted, with sslmode `mode` as PostgreSQL has it.

    Raises BadInput for certificates that are none.
    """
    try:
        context = ssl.create_default_context(cafile=root)
        context.check_hostname = mode == "verify-full"
        if mode == "require" and root is None:
            context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"the certificates for {where} cannot be read: {error}") from error
    return context
