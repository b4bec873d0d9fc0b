"""server.py: a `gyre serve` for tests, and requests to it.

    with server.Server("--threads", "2", cwd="loans") as s:
        status, body = s.json("/v2/models")
        status, body = s.json("/v1/models/loans:predict", {"instances": [...]})
        answer = s.raw(b"GET /livez HTTP/1.1\\r\\n...")     # bytes in, bytes out until it is quiet or closed

GYRE_SERVE names another program than GYRE to serve with (tests/tsan).
"""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading


class Server:
    def __init__(self, *arguments, cwd=".", env=None):
        self.process = subprocess.Popen([os.environ.get("GYRE_SERVE", os.environ["GYRE"]), "serve", "--port", "0", "--grace-s", "0", *arguments], cwd=cwd,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(env or {})})
        self.said, self.port, self.tls = [], None, None      # tls: an ssl.SSLContext for https
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))
            if found := re.search(r"listening on \w+://\S+:(\d+)$", line):
                self.port = int(found[1])
                break
        if not self.port:
            raise RuntimeError("gyre serve did not start: " + "\n".join(self.said))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(timeout=60)
        self.reader.join(10)
        return status

    def connect(self, timeout=30):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, path, body=None, method=None, headers=None, connection=None):
        """(status, headers, bytes)"""
        c = connection or self.connect()
        c.request(method or ("GET" if body is None else "POST"), path, body=body, headers=headers or {})
        answer = c.getresponse()
        result = answer.status, answer.headers, answer.read()
        if not connection:
            c.close()
        return result

    def json(self, path, value=None, method=None, headers=None, connection=None):
        body = None if value is None else json.dumps(value).encode()
        headers = {**({"Content-Type": "application/json"} if body else {}), **(headers or {})}
        status, _, data = self.request(path, body, method, headers, connection)
        return status, json.loads(data)

    def raw(self, data, timeout=5):
        """What comes back, and "closed", "reset" or "open"."""
        out = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
                while True:
                    part = s.recv(65536)
                    if not part:
                        return out, "closed"
                    out += part
                    if self._is_whole(out):
                        s.settimeout(0.2)
            except (TimeoutError, socket.timeout):
                return out, "open"
            except ConnectionError:
                return out, "reset"

    @staticmethod
    def _is_whole(out):
        head, separator, body = out.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return bool(separator) and length and len(body) >= int(length[1])
