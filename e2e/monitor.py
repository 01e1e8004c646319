"""Reads a ledger over C2SP tlog-tiles as a stranger would: monitor.py URL

Takes the checkpoint, then every tile and entry bundle that a tree of that size has, recomputes all hashes from the entries up,
and compares. Checks what may be cached, and that what no checkpoint covers is not given. Prints the number of entries.
Written from the specification; standard library only, so it says nothing about signatures.
"""
import base64
import gzip
import hashlib
import sys
import urllib.error
import urllib.request

WIDTH = 256


def get(path):
    request = urllib.request.Request(URL + path, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        body = reply.read()
        if reply.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return body, reply.headers


def missing(path):
    try:
        get(path)
    except urllib.error.HTTPError as error:
        return error.code == 404
    return False


def index_path(index):
    path = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03}/{path}"
    return path


def path(place, index, width):
    return f"/tile/{place}/{index_path(index)}" + (f".p/{width}" if width < WIDTH else "")


def immutable(place, index, width):
    body, headers = get(path(place, index, width))
    assert "immutable" in headers["Cache-Control"], (place, index, headers["Cache-Control"])
    assert headers["Content-Type"] == "application/octet-stream"
    return body


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root(hashes[:split]), root(hashes[split:]))


def leaves(bundle):
    at = 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        yield bundle[at + 2 : at + 2 + length]
        at += 2 + length


def widths(count):
    """The tiles of a level that has so many hashes."""
    return [(index, min(WIDTH, count - index * WIDTH)) for index in range((count + WIDTH - 1) // WIDTH)]


def main():
    note, headers = get("/checkpoint")
    assert headers["Content-Type"] == "text/plain; charset=utf-8" and "immutable" not in headers["Cache-Control"]
    _, size, signed_root = note.decode().split("\n")[:3]
    size = int(size)
    hashes = []
    for index, width in widths(size):
        bundle = list(leaves(immutable("entries", index, width)))
        assert len(bundle) == width, (index, width, len(bundle))
        hashes += [hashlib.sha256(b"\x00" + leaf).digest() for leaf in bundle]
    level, row = 0, hashes
    while row:
        for index, width in widths(len(row)):
            tile = immutable(level, index, width)
            assert tile == b"".join(row[index * WIDTH : index * WIDTH + width]), (level, index)
            if width > 1:
                assert tile.startswith(immutable(level, index, width - 1)), "an older, narrower tile stays"
        row = [root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)]
        level += 1
    assert base64.b64encode(root(hashes)).decode() == signed_root, "the entries do not make the signed root"
    beyond = size // WIDTH + 1
    for path_beyond in [path(0, beyond, WIDTH), path("entries", beyond, 1), path(40, 0, 1), "/tile/0/0", "/tile/0/000.p/0"]:
        assert missing(path_beyond), path_beyond
    print(size)


URL = sys.argv[1].rstrip("/")
main()
