"""Score a luigid-compatible server against Luigi's own tests, one command.

  score a server         run.py --cmd 'PROG --port {port} --config {config}' --expect expected.json
  prove the harness      run.py --reference --expect expected.json
  record an expectation  run.py --reference --all --names-only --out FILE
  find weak tests        run.py --null --out FILE

The tests are those of Luigi's source distribution (--tests DIR, target/luigi/test by default). They run unmodified,
from a copy that is thrown away. Several test files run at once, each in a network namespace of its own where the
kernel permits, because some use fixed ports. Exit status 0: every expected test passed.
See luigi_conformance.py for what a server under test must do.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent.resolve()
# The test files of expected.json: those of a scheduler's behaviour and of its wire.
CORE = """scheduler_api_test scheduler_test scheduler_message_test rpc_test server_test remote_scheduler_test
    task_status_message_test task_progress_percentage_test task_running_resources_test
    task_forwarded_attributes_test""".split()
# These start luigi.server.run in a child process themselves, on a fixed port or a unix socket.
OWN_SERVER = {"server_test", "scheduler_test", "task_running_resources_test"}
FIXED_PORTS = (8082, 8083)
# Files that sleep a lot are split, so that two cores have something to do meanwhile. pytest -k expressions; what none
# of them selects is one more part.
PARTS = {
    "server_test": ["INETProcessServerTest", "INETURLLibServerTest", "INETLuigidServerTest", "INETLuigidDaemonServerTest", "UNIXServerTest"],
}
# Longest first keeps the last worker from being left alone with a long file.
SLOW_FIRST = ["server_test", "worker_test", "rpc_test", "task_running_resources_test", "scheduler_test", "spark_test", "range_test"]
FILE_SECONDS_MAX = 900
START_SECONDS_MAX = 60
NOT_PERMITTED = 97  # private_loopback.py


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def taken(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port):
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


@contextlib.contextmanager
def server(argv):
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def probe(template, scratch):
    """Starts the server once and says what it said if it does not listen: else each of hundreds of tests waits for it."""
    port, place = free_port(), scratch / "probe"
    place.mkdir()
    config = place / "luigi.cfg"
    config.write_text(f"[scheduler]\nstate_path = {place}/state/luigi-state\n")
    with (place / "log").open("wb") as log:
        argv = shlex.split(template.format(port=port, config=config, unix_socket=""))
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=place)
    deadline = time.monotonic() + START_SECONDS_MAX
    while not taken(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            text = (place / "log").read_text(errors="replace")[-2000:]
            raise SystemExit(f"the server under test does not start (status {process.poll()}):\n{text}")
        time.sleep(0.02)
    process.kill()
    process.wait()


def may_isolate():
    probe = [sys.executable, str(HERE / "private_loopback.py"), "true"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def sweep(place):
    """Kills what was started from a file in `place` and outlived its test: a server whose first request came from a
    task's own process is not in the list of the test's process. The folder's name is ours alone."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(place) in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue  # it ended meanwhile, or is not ours


class Unit:
    """One pytest process: a test file, or a part of one."""

    def __init__(self, path, keyword=None, part=None):
        self.path, self.keyword, self.part = path, keyword, part
        self.name = pathlib.PurePath(path).stem

    @property
    def title(self):
        return f"{self.name} ({self.part})" if self.part else self.name


def units_of(path):
    name = pathlib.PurePath(path).stem
    parts = PARTS.get(name)
    if not parts:
        return [Unit(path)]
    rest = "not (" + " or ".join(parts) + ")"
    return [Unit(path, part, part) for part in parts] + [Unit(path, rest, "rest")]


class Harness:
    def __init__(self, args, tests, scratch):
        self.args, self.tests, self.scratch = args, tests, scratch
        self.isolate = may_isolate()
        self.fixed_port_lock = threading.Lock()  # without namespaces, one file at a time may use the fixed ports
        self.reference = f"{sys.executable} {HERE}/reference_server.py"
        self.numbers = itertools.count()
        self.url = args.url
        self.wanted = set(expected_names(args)) if args.expect else None  # what is not expected is not tried again
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("LUIGI_", "PYTEST_"))}
        self.env.update(PYTHONPATH=str(HERE), LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1")
        if args.unix_cmd:
            self.env["LUIGI_CONFORMANCE_UNIX_CMD"] = args.unix_cmd
        if args.reference or args.reference_cmd:
            self.env["LUIGI_CONFORMANCE_UNIX_CMD"] = f"{self.reference} --unix {{unix_socket}} {{config}}"

    def command_of(self, unit):
        """The template that starts a server per Scheduler, or None: one server (self.url) holds them all."""
        if self.args.cmd:
            return self.args.cmd
        if self.args.reference_cmd or (self.args.reference and unit.name in OWN_SERVER):
            return f"{self.reference} {{port}} {{config}}"
        return None

    def blocked(self, unit):
        """Why this file cannot be judged on this machine, or None."""
        if self.isolate or unit.name not in OWN_SERVER:
            return None
        busy = [str(p) for p in FIXED_PORTS if taken(p)]
        return f"port {' and '.join(busy)} taken, and the kernel permits no network namespace" if busy else None

    def pytest(self, unit, only=None):
        """Runs one process. Answers ({test id: what happened}, its output)."""
        place = self.scratch / f"u{next(self.numbers)}"
        place.mkdir()
        report = place / "report.json"
        env = dict(self.env, LUIGI_CONFORMANCE_REPORT=str(report), TMPDIR=str(place))
        command = self.command_of(unit)
        env["LUIGI_CONFORMANCE_CMD" if command else "LUIGI_CONFORMANCE_URL"] = command or self.url
        what = [f"{unit.path}::{t.split('::', 1)[1]}" for t in only] if only else [unit.path]
        if unit.keyword and not only:
            what += ["-k", unit.keyword]
        argv = [sys.executable, "-m", "pytest", "-p", "luigi_conformance", "-q", "--tb=short", "-p", "no:cacheprovider",
                "-o", "addopts=", "-W", "ignore", f"--timeout={self.args.test_timeout}", *what]  # fmt: skip
        if command and self.isolate:
            argv = [sys.executable, str(HERE / "private_loopback.py"), *argv]
        guard = self.fixed_port_lock if unit.name in OWN_SERVER and not self.isolate else contextlib.nullcontext()
        with guard:
            process = subprocess.Popen(argv, cwd=self.tests.parent, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)  # fmt: skip
            try:
                text, _ = process.communicate(timeout=FILE_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # its own session: start_new_session
                text, _ = process.communicate()
                text += f"\nkilled after {FILE_SECONDS_MAX} s\n"
        sweep(place)
        found = json.loads(report.read_text()) if report.exists() else {}
        if not found and not report.exists():
            print(text[-2000:], file=sys.stderr)
        shutil.rmtree(place, ignore_errors=True)
        return found, text

    def score(self, unit):
        began = time.monotonic()
        why = self.blocked(unit)
        if why:
            return unit, {}, f"{unit.title:44} not run: {why}"
        found, text = self.pytest(unit)
        if self.args.logs:
            self.args.logs.mkdir(parents=True, exist_ok=True)
            (self.args.logs / f"{unit.title.replace(' ', '-')}.log").write_text(text)
        return unit, found, f"{unit.title:44} {counts(found)}  {time.monotonic() - began:6.1f} s"


    def retry(self, unit, found):
        """Runs what failed once more, with nothing else running: some tests allow few real seconds."""
        again = [t for t, r in found.items() if r["outcome"] == "failed" and (self.wanted is None or t in self.wanted)]
        if not again:
            return
        second, _ = self.pytest(unit, again)
        for t, r in second.items():
            found[t] = dict(r, flaky=True) if r["outcome"] == "passed" else r
        print(f"{unit.title:44} again, alone: {counts({t: found[t] for t in again})}", flush=True)


def counts(found):
    count = collections.Counter(r["outcome"] for r in found.values())
    return " ".join(f"{count[k]:4} {k}" for k in ("passed", "failed", "skipped", "local"))


def files_of(args, tests):
    """Paths of test files as pytest is to get them, relative to the folder above `tests`."""
    if args.files:
        wanted = set(args.files)
    elif args.all:
        wanted = None
    elif args.expect:
        wanted = {t.split("::")[0][:-3] for path in args.expect for t in json.loads(path.read_text())}
    else:
        wanted = set(CORE)
    every = {p.stem: str(p.relative_to(tests.parent)) for p in sorted(tests.rglob("*.py")) if p.stem.endswith("_test") or p.stem.startswith("test_")}
    for name in sorted((wanted or set()) - set(every)):
        raise SystemExit(f"no test file `{name}` under {tests}")
    names = [n for n in every if (wanted is None or n in wanted) and not (args.all and n in CORE)]
    order = {n: i for i, n in enumerate(SLOW_FIRST)}
    return [every[n] for n in sorted(names, key=lambda n: (order.get(n, len(order)), n))]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = p.add_mutually_exclusive_group(required=True)
    how.add_argument("--cmd", help="starts one server, with {port} and {config}")
    how.add_argument("--url", help="a running server that honours X-Luigi-Test-Scheduler and X-Luigi-Test-Config")
    how.add_argument("--reference", action="store_true", help="Python's own luigid: one process for most tests, one each where a test starts its own")
    how.add_argument("--reference-cmd", action="store_true", help="Python's own luigid, one process per Scheduler (slow)")
    how.add_argument("--null", action="store_true", help="a server that knows nothing")
    p.add_argument("--unix-cmd", help="starts one server on {unix_socket} with {config}")
    p.add_argument("--tests", type=pathlib.Path, default=HERE.parent.parent / "target/luigi/test", help="Luigi's test folder (default: %(default)s)")
    p.add_argument("--all", action="store_true", help="every test file but those of expected.json")
    p.add_argument("--jobs", type=int, default=os.cpu_count() + 1, help="test files at once (default: %(default)s; tests sleep a lot)")
    p.add_argument("--out", type=pathlib.Path, help="write what happened to each test")
    p.add_argument("--names-only", action="store_true", help="--out only the outcome of those that passed")
    p.add_argument("--logs", type=pathlib.Path, help="folder for pytest's output, one file a test file")
    p.add_argument("--expect", type=pathlib.Path, action="append", help="an earlier --out: its passed tests must pass; may be repeated")
    p.add_argument("--retry", type=int, default=2, help="run failed tests again this often, alone (tests with real seconds in them are flaky on a busy machine)")
    p.add_argument("--test-timeout", type=int, default=120, help="seconds a test may take")
    p.add_argument("files", nargs="*", help="test files, without .py; default: those of --expect")
    args = p.parse_args()
    if not args.tests.is_dir():
        raise SystemExit(f"{args.tests} is not a folder: run scripts/bootstrap, or give --tests")
    return args


def expected_names(args):
    wanted = [t for path in args.expect for t, r in json.loads(path.read_text()).items() if r["outcome"] == "passed"]
    return [t for t in wanted if not args.files or t.split("::")[0][:-3] in args.files]


def compare(args, found, not_run):
    wanted = expected_names(args)
    skipped = [t for t in wanted if t.split("::")[0][:-3] in not_run]
    short = [t for t in wanted if found.get(t, {}).get("outcome") != "passed" and t not in skipped]
    for t in short:
        print("falls short:", t, found.get(t, {}).get("outcome", "not run"), found.get(t, {}).get("why", "")[:200])
    others = [t for t, r in found.items() if r["outcome"] == "failed" and t not in wanted]
    if others:
        print(f"{len(others)} that failed do not count: they fail on Python's luigid over HTTP, too, or need its process")
    tail = f", {len(skipped)} skipped" if skipped else ""
    print(f"{len(wanted) - len(short) - len(skipped)} passed, {len(short)} failed{tail}")
    return not short


def main():
    args = arguments()
    with contextlib.ExitStack() as stack:
        # Short, because a unix socket's path has at most 108 bytes.
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lc-", ignore_cleanup_errors=True)))
        source = args.tests.resolve()
        tests = scratch / "luigi" / "test"
        shutil.copytree(source, tests)
        if (source.parent / "examples").is_dir():
            shutil.copytree(source.parent / "examples", tests.parent / "examples")
        if args.cmd:
            probe(args.cmd, scratch)
        harness = Harness(args, tests, scratch)
        if args.reference or args.null:
            port = free_port()
            stack.enter_context(server([sys.executable, str(HERE / "reference_server.py"), str(port), "--many"] if args.reference else [sys.executable, str(HERE / "null_server.py"), str(port)]))
            wait_for(port)
            harness.url = f"http://127.0.0.1:{port}"
        found, not_run, results = {}, set(), []
        units = [unit for path in files_of(args, tests) for unit in units_of(path)]
        with concurrent.futures.ThreadPoolExecutor(max(1, args.jobs)) as pool:
            for done in concurrent.futures.as_completed([pool.submit(harness.score, unit) for unit in units]):
                unit, one, line = done.result()
                print(line, flush=True)
                results.append((unit, one))
                if "not run:" in line:
                    not_run.add(unit.name)
        for unit, one in results:
            for _ in range(0 if args.null else args.retry):
                harness.retry(unit, one)
            found.update(one)
    print(f"{'total':44} {counts(found)}")
    if args.out:
        kept = {t: {"outcome": r["outcome"]} for t, r in found.items() if r["outcome"] == "passed"} if args.names_only else found
        args.out.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    if args.expect and not compare(args, found, not_run):
        sys.exit(1)


if __name__ == "__main__":
    main()
