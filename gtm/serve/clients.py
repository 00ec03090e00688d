"""Who is connected: connections and queries are counted for each client, which is an IPv4 address or an IPv6 network of 64 bits."""

from socket import AF_INET6, inet_pton


class Client:
    """``count`` connections are open; ``spent`` is how many queries were answered on them, and on closed ones, since the last beat."""

    __slots__ = ("count", "spent")

    def __init__(self) -> None:
        """Begin with none."""
        self.count = self.spent = 0


class Clients:
    """The clients that have connections, or had one since the last beat: who hangs up and comes again has spent what it spent."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str | bytes, Client] = {}

    def enter(self, peer: str, most: int) -> Client | None:
        """Count one more connection of a peer's; None when it has ``most`` already."""
        key = _key(peer)
        client = self._known.get(key)
        if client is None:
            client = self._known[key] = Client()
        if client.count >= most:
            return None
        client.count += 1
        return client

    def beat(self) -> None:
        """Let a new second begin."""
        self._known = {key: client for key, client in self._known.items() if client.count}
        for client in self._known.values():
            client.spent = 0

    def __len__(self) -> int:
        """Count the clients."""
        return len(self._known)


def _key(peer: str) -> str | bytes:
    return inet_pton(AF_INET6, peer.partition("%")[0])[:8] if ":" in peer else peer
