"""Run a command with a loopback interface of its own: private_loopback.py COMMAND ARG...

Luigi's tests use the fixed ports 8082 and 8083. In a network namespace of its own, each process of the harness has
those ports to itself: nothing that listens on the machine disturbs a test, and several test files run at once.

Exit status 97 and one line on stderr when the kernel does not permit it (then nothing has been run).
"""
import ctypes
import fcntl
import os
import socket
import struct
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
NOT_PERMITTED = 97


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def enter():
    uid, gid = os.getuid(), os.getgid()
    try:
        unshare(CLONE_NEWNET)
    except PermissionError:
        # Not root: a user namespace gives the right. We stay who we are in it, so files keep their owner.
        unshare(CLONE_NEWUSER | CLONE_NEWNET)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as f:
                f.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))


if __name__ == "__main__":
    try:
        enter()
    except OSError as error:
        print(f"private_loopback: {error}", file=sys.stderr)
        sys.exit(NOT_PERMITTED)
    os.execvp(sys.argv[1], sys.argv[1:])
