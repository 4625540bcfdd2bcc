"""A chat client of the simplest TCP kind: no framing at all.

It sends `name: text` in one send with no newline, and prints whatever one recv(1024) returns, decoded as UTF-8. A
message cut inside a character makes the decoding fail, and the program with it.

Usage: unframed_chat.py HOST PORT NAME   (what to say comes as lines on standard input)
"""

import os
import socket
import sys
import threading


def receive(connection):
    while True:
        data = connection.recv(1024)
        if not data:
            print("(closed)", flush=True)
            os._exit(0)
        try:
            print(data.decode("utf-8"), flush=True)
        except UnicodeDecodeError as error:
            print(f"(mangled: {error})", flush=True)
            os._exit(1)


def main():
    host, port, name = sys.argv[1:4]
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.settimeout(None)
    threading.Thread(target=receive, args=(connection,), daemon=True).start()
    for line in sys.stdin:
        connection.sendall(f"{name}: {line.rstrip()}".encode("utf-8"))


main()
