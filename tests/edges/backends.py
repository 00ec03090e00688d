"""Web servers on loopback addresses, each a process of its own, so that its death, its hanging and its silence are real ones."""

import asyncio
import contextlib
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator


class Backend:
    """One server. It is well until told otherwise; every word is done when the call returns."""

    def __init__(self, address: str, port: int, certificate: str = "") -> None:
        self.address, self._given = address, [address, str(port), *([certificate] if certificate else [])]
        self.revive()

    def revive(self) -> None:
        """Start the process (again)."""
        command = [sys.executable, "-I", __file__, *self._given]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "done\n", "it can't listen"

    def say(self, word: str) -> None:
        """Tell the process how to be: any of those that ``Site.obey`` knows."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(word, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "done\n"

    def kill(self) -> None:
        """Kill the process: connections are refused."""
        self.process.kill()
        self._reap()

    def hang(self) -> None:
        """Stop the process: the system still takes connections for it, and nobody says anything."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a stopped process go on."""
        self.process.send_signal(signal.SIGCONT)

    def _reap(self) -> None:
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def close(self) -> None:
        """End the process, if it lives."""
        if self.process.returncode is None:
            self.kill()


@contextlib.contextmanager
def backends(port: int, *addresses: str, certificate: str = "") -> Iterator[list[Backend]]:
    """Run a server at each address."""
    with contextlib.ExitStack() as stack:
        made = []
        for address in addresses:
            made.append(Backend(address, port, certificate))
            stack.callback(made[-1].close)
        yield made


def free(*addresses: str) -> int:
    """Find a TCP port that nobody has at any of these addresses."""
    while True:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            first = stack.enter_context(socket.socket())
            first.bind((addresses[0], 0))
            port = int(first.getsockname()[1])
            for address in addresses[1:]:
                stack.enter_context(socket.socket()).bind((address, port))
            return port


class Site:
    """What the process runs."""

    def __init__(self, address: str, port: int) -> None:
        self._place = (address, port)
        self._status, self._pause = "200 OK", 0.0
        self._tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None

    async def obey(self, word: str, *given: str) -> None:
        """Be well, answer another ``status``, be ``slow`` by some seconds, ``refuse``, or ``wear`` another certificate."""
        self._status, self._pause = "200 OK", 0.0
        if word == "status":
            self._status = f"{given[0]} Status"
        elif word == "slow":
            self._pause = float(given[0])
        elif word == "wear":
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(given[0])
        if self._server is not None and word in ("refuse", "wear"):
            self._server.close()
            self._server = None
        if self._server is None and word != "refuse":
            self._server = await asyncio.start_server(self._answer, *self._place, ssl=self._tls, backlog=1000)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(self._pause)
            writer.write(f"HTTP/1.1 {self._status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()


async def main(address: str, port: str, certificate: str = "") -> None:
    """Obey what comes in, line by line."""
    loop, words = asyncio.get_running_loop(), asyncio.StreamReader()
    loop.set_exception_handler(lambda *_: None)  # probes break connections off, and that is all right
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    site = Site(address, int(port))
    await site.obey(*(("wear", certificate) if certificate else ("well",)))
    print("done", flush=True)
    while line := await words.readline():
        await site.obey(*line.decode().split())
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
