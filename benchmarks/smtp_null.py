"""An SMTP server that says yes and forgets: as little work as Python allows, so that senders are what is timed.

python -m benchmarks.smtp_null      prints its port, serves until killed
"""

import socket
import threading

ANSWERS = {b"QUIT": b"221 bye\r\n", b"EHLO": b"250-null\r\n250 PIPELINING\r\n"}  # as every server in use offers


def talk(line: socket.socket) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(b"220 null\r\n")
    rest = b""
    while data := line.recv(65536):
        rest += data
        while b"\n" in rest:
            command, rest = rest.split(b"\n", 1)
            word = command[:4].upper().strip()
            if word == b"DATA":
                line.sendall(b"354 go\r\n")
                rest = swallow(line, rest)
            line.sendall(ANSWERS.get(word, b"250 ok\r\n"))


def swallow(line: socket.socket, rest: bytes) -> bytes:
    """Reads until the final dot; returns what came after it."""
    while b"\r\n.\r\n" not in rest:
        data = line.recv(65536)
        if not data:
            return b""
        rest += data
    return rest.split(b"\r\n.\r\n", 1)[1]


def main() -> None:
    server = socket.create_server(("127.0.0.1", 0), backlog=50)
    print(server.getsockname()[1], flush=True)
    while True:
        line, _peer = server.accept()
        threading.Thread(target=talk, args=(line,), daemon=True).start()


if __name__ == "__main__":
    main()
