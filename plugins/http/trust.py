"""Whom TLS trusts. A context costs time and memory, so that all templates of a configuration share theirs."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from gtm import PluginFault, Setup


@dataclass(frozen=True, slots=True)
class Trust:
    """How TLS is spoken. ``looking`` trusts everybody: it finds out what the certificate is that was not trusted."""

    context: ssl.SSLContext
    looking: ssl.SSLContext
    sni: bool
    warn_days: int


def trusting(setup: Setup, *, sni: bool, warn_days: int, verify: bool = False, file: Path | None = None) -> Trust:
    """Trust everybody, or, to ``verify``, whom the machine or a file of authorities trusts; PluginFault if that can't be read."""
    looking = setup.once((__name__,), _everybody)
    context = setup.once((__name__, file), lambda: _somebody(file)) if verify else looking
    return Trust(context, looking, sni, warn_days)


def _everybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _somebody(file: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(file)
    except ssl.SSLError as fault:
        raise PluginFault(f'ca_file "{file}" holds no certificate; it must be PEM') from fault
    except OSError as fault:
        raise PluginFault(f'ca_file "{file}" can\'t be read: {fault.strerror}') from fault
    return context
