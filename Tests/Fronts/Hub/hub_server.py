"""A Hub on the loopback interface: what huggingface.co answers to a client that downloads models and data sets, and its misbehaviour.

Two servers on two ports: the Hub and, as on the real one, a store on another host that large files redirect to.
Validated by huggingface_hub as client (test_peer.py).
"""

import hashlib
import http.server
import json
import re
import threading
import time
import urllib.parse

GOOD_TOKEN = "hf_goodtokengoodtokengoodtokengoodtoken"


class Repository:
    def __init__(self, files, large_from=4096, gated=False, private=False, revisions=("main",)):
        self.files = dict(files)
        self.large_from = large_from
        self.gated, self.private = gated, private
        listing = json.dumps([[path, hashlib.sha256(data).hexdigest()] for path, data in sorted(self.files.items())])
        self.commit = hashlib.sha1(listing.encode()).hexdigest()
        self.revisions = set(revisions) | {self.commit}

    def is_large(self, path):
        return len(self.files[path]) >= self.large_from

    def etag(self, path):
        data = self.files[path]
        if self.is_large(path):
            return hashlib.sha256(data).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def entry(self, path):
        size = len(self.files[path])
        entry = {"type": "file", "oid": self.etag(path), "size": size, "path": path}
        if self.is_large(path):
            pointer = b"version https://git-lfs.github.com/spec/v1\n"
            entry["oid"] = hashlib.sha1(pointer + path.encode()).hexdigest()
            entry["lfs"] = {"oid": self.etag(path), "size": size, "pointerSize": 134}
        return entry


class DataSet:
    """A repository of data: the commits of `main` that there were, and the Hub's parquet copy of it."""

    def __init__(self, files, copy=None, **options):
        self.options = options
        self.commits = [Repository(files, **options)]
        self.copy = None if copy is None else Repository(copy, **options)

    def change(self, files):
        self.commits.append(Repository(files, **self.options))

    @property
    def main(self):
        return self.commits[-1]

    def at(self, revision):
        """The files of a revision, or None."""
        if revision in (None, "main"):
            return self.main
        if revision == "refs/convert/parquet":
            return self.copy
        found = [commit for commit in [*self.commits, self.copy] if commit and commit.commit == revision]
        return found[0] if found else None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away in mid-sentence is what many of the tests are about."""


class Hub:
    """`faults` is a list of functions (handler, where) -> True if they have answered; `log` the requests there were."""

    page_size = 3

    def __init__(self, repositories, data_sets=None):
        self.repositories, self.data_sets = repositories, data_sets or {}
        self.faults, self.log, self.lock = [], [], threading.Lock()
        self.seconds_per_chunk, self.chunk = 0.0, 1 << 16
        self.servers = [self._server(HubHandler), self._server(StoreHandler)]
        self.address, self.store = (f"http://127.0.0.1:{server.server_port}" for server in self.servers)

    def _server(self, handler):
        server = Server(("127.0.0.1", 0), handler)
        server.hub = self
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def requests(self, where, path=""):
        with self.lock:
            return [entry for entry in self.log if entry["where"] == where and path in entry["path"]]

    def bytes_sent(self, path=""):
        return sum(entry["sent"] for entry in self.requests("store", path))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    where = ""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.handle_request()

    def do_GET(self):
        self.handle_request()

    def handle_request(self):
        hub = self.server.hub
        self.entry = {"where": self.where, "method": self.command, "path": self.path, "sent": 0,
                      "authorization": self.headers.get("Authorization"), "range": self.headers.get("Range"),
                      "time": time.monotonic()}
        with hub.lock:
            hub.log.append(self.entry)
            faults = list(hub.faults)
        try:
            for fault in faults:
                if fault(self, self.where):
                    return
            self.answer(hub)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(body)

    def send_body(self, body):
        hub = self.server.hub
        for start in range(0, len(body), hub.chunk):
            part = body[start:start + hub.chunk]
            self.wfile.write(part)
            self.entry["sent"] += len(part)
            if hub.seconds_per_chunk:
                time.sleep(hub.seconds_per_chunk)

    def send_json(self, value, status=200, **headers):
        self.send(status, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def refuse(self, status, code, message):
        self.send(status, json.dumps({"error": message}).encode(), X_Error_Code=code, X_Error_Message=message)

    def break_off(self, body, after, **headers):
        """Promises a body and closes the connection in its middle."""
        self.send_response(206 if self.entry["range"] else 200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:after])
        self.wfile.flush()
        self.entry["sent"] += after
        self.close_connection = True
        self.connection.close()


class HubHandler(Handler):
    where = "hub"

    def answer(self, hub):
        address = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(address.path)
        if path == "/api/whoami-v2":
            return self.whoami()
        found = re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/(revision|tree)/(.+))?", path)
        if found:
            return self.model(hub, found, urllib.parse.parse_qs(address.query), is_data=True)
        found = re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if found:
            return self.resolve(hub, *found.groups(), is_data=True)
        found = re.fullmatch(r"/api/models/([^/]+/[^/]+)/auth-check", path)
        if found:
            return self.auth_check(hub, *found.groups())
        found = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/(.+))?", path)
        if found:
            return self.model(hub, found, urllib.parse.parse_qs(address.query))
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if found:
            return self.resolve(hub, *found.groups())
        self.send(404, b"not found")

    @property
    def token(self):
        return (self.entry["authorization"] or "").removeprefix("Bearer ")

    def whoami(self):
        if self.token != GOOD_TOKEN:
            return self.send_json({"error": "Invalid username or password."}, 401,
                                  X_Error_Message="Invalid username or password.")
        self.send_json({"type": "user", "name": "tester", "fullname": "Terry Tester", "orgs": [],
                        "auth": {"type": "access_token",
                                 "accessToken": {"displayName": "laptop", "role": "read"}}})

    def repository(self, hub, name, revision, is_data=False):
        """The repository, or None after a refusal."""
        if self.token not in ("", GOOD_TOKEN):
            self.send_json({"error": "Invalid credentials in Authorization header"}, 401,
                           X_Error_Message="Invalid credentials in Authorization header")
            return None
        data_set = hub.data_sets.get(name) if is_data else None
        repository = data_set.main if is_data and data_set else None if is_data else hub.repositories.get(name)
        if repository is None or (repository.private and self.token != GOOD_TOKEN):
            self.refuse(404 if self.token else 401, "RepoNotFound", "Repository not found")
            return None
        if is_data and data_set.at(revision) is not None:
            return data_set.at(revision)
        if revision is not None and (is_data or revision not in repository.revisions):
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repository

    def auth_check(self, hub, name):
        repository = self.repository(hub, name, None)
        if repository is None:
            return
        if repository.gated and self.token != GOOD_TOKEN:
            return self.refuse(401, "GatedRepo", f"Access to model {name} is restricted.")
        self.send_json({})

    def model(self, hub, found, query, is_data=False):
        name, kind, revision = found.groups()
        repository = self.repository(hub, name, revision, is_data)
        if repository is None:
            return
        if kind != "tree":
            return self.send_json({"id": name, "modelId": name, "sha": repository.commit, "private": repository.private,
                                   "gated": "manual" if repository.gated else False, "tags": [], "downloads": 0,
                                   "siblings": [{"rfilename": path} for path in repository.files]})
        entries = [repository.entry(path) for path in sorted(repository.files)]
        folders = sorted({path.rsplit("/", 1)[0] for path in repository.files if "/" in path})
        entries += [{"type": "directory", "oid": "0" * 40, "size": 0, "path": folder} for folder in folders]
        start = int(query.get("cursor", ["0"])[0])
        headers = {}
        if start + hub.page_size < len(entries):
            query["cursor"] = [str(start + hub.page_size)]
            where = hub.address + urllib.parse.urlsplit(self.path).path + "?" + urllib.parse.urlencode(query, True)
            headers["Link"] = f'<{where}>; rel="next"'
        self.send_json(entries[start:start + hub.page_size], **headers)

    def resolve(self, hub, name, revision, path, is_data=False):
        repository = self.repository(hub, name, revision, is_data)
        if repository is None:
            return
        if repository.gated and self.token != GOOD_TOKEN:
            return self.refuse(401, "GatedRepo", f"Access to {name} is restricted.")
        if path not in repository.files:
            return self.refuse(404, "EntryNotFound", "Entry not found")
        etag, data = repository.etag(path), repository.files[path]
        common = {"X_Repo_Commit": repository.commit, "Accept_Ranges": "bytes"}
        if repository.is_large(path):
            place = f"{hub.store}/{name}/{etag}?X-Amz-Signature=0123"
            return self.send(302, X_Linked_Etag=f'"{etag}"', X_Linked_Size=str(len(data)), Location=place,
                             ETag='"0123456789abcdef"', **common)
        self.send(200, data, ETag=f'"{etag}"', **common)


class StoreHandler(Handler):
    where = "store"

    def data(self, hub):
        etag = urllib.parse.urlsplit(self.path).path.rsplit("/", 1)[-1]
        data = [commit for found in hub.data_sets.values() for commit in [*found.commits, found.copy] if commit]
        for repository in [*hub.repositories.values(), *data]:
            for path, data in repository.files.items():
                if repository.is_large(path) and repository.etag(path) == etag:
                    return data
        return None

    def part(self, data):
        """The bytes asked for, and the headers that say so."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.entry["range"] or "")
        if not asked:
            return 200, data, {}
        start = int(asked.group(1))
        if start >= len(data):
            return 416, b"", {"Content_Range": f"bytes */{len(data)}"}
        return 206, data[start:], {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}

    def answer(self, hub):
        data = self.data(hub)
        if data is None:
            return self.send(404, b"no such blob")
        status, body, headers = self.part(data)
        self.send(status, body, ETag='"store"', **headers)
