# SPDX-License-Identifier: Apache-2.0
"""A network of namespaces in which nb-rules runs: this process is the host, "wire" the rest of the world."""

import ctypes
import json
import os
import shutil
import subprocess
import threading
import time

import pytest

PROGRAM = os.environ.get("NB_RULES", os.path.join(os.path.dirname(__file__), "../../build/bin/nb-rules"))
RECORDS = "/run/network-broker/rules"
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
BASE, PROTOCOL = 9999, 201
# For what comes within a moment, even if the computer has much else to do.
DEADLINE = 60


def enter_namespaces():
    """A network and a /run of our own, for this process and all that it starts."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS | CLONE_NEWNET) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for command in ("mount --make-rprivate /", "mount -t tmpfs tmpfs /run", "ip link set lo up",
                    "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0"):
        run(command)
    os.makedirs(RECORDS)


def run(command, check=True, stdin=None, environment=None):
    p = subprocess.run(command.split() if isinstance(command, str) else command, text=True, input=stdin,
                       capture_output=True, timeout=DEADLINE, env=environment)
    if check and p.returncode != 0:
        raise AssertionError(f"{command}: {p.returncode}: {p.stderr or p.stdout}")
    return p


def ip(arguments, check=True):
    return run("ip " + arguments, check).stdout


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def query(arguments):
    """Tables that do not exist are empty."""
    p = run("ip -j " + arguments, check=False)
    return json.loads(p.stdout or "[]") if p.returncode == 0 else []


def environment_of(**changes):
    return {"NB_ROUTE_TABLE_BASE": str(BASE), "NB_RULE_PROTOCOL": str(PROTOCOL), "PATH": os.environ["PATH"],
            **{k: str(v) for k, v in changes.items()}}


def nb_rules(*arguments, check=True, **environment):
    p = subprocess.run([PROGRAM, *arguments], text=True, capture_output=True, timeout=DEADLINE,
                       env=environment_of(**environment))
    if check and p.returncode != 0:
        raise AssertionError(f"nb-rules {arguments}: {p.returncode}: {p.stderr}")
    return p


def sync(link, check=True, **environment):
    return nb_rules("--sync", link, check=check, **environment)


def needs_strace():
    if not shutil.which("strace"):
        pytest.fail("no strace") if os.environ.get("CI") else pytest.skip("no strace")


def with_injection(call, what, number):
    """The beginning of a command: the system call of this number, of those of this name, meets with this."""
    return ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{what}:when={number}"]


def ifindex(link):
    return query(f"link show {link}")[0]["ifindex"]


def link(name, peer=None, up=True):
    ip(f"link add {name} type veth peer name {peer or 'x' + name}")
    if up:
        ip(f"link set {peer or 'x' + name} up")
        ip(f"link set {name} up")
        wait_for(lambda: {name, peer or "x" + name} <= with_link_local())


def with_link_local():
    """The links whose link-local address is complete: the last of what the kernel makes by itself when they come up."""
    return {r.get("dev") for r in query("-6 route show table local type local") if r["dst"].startswith("fe80::")}


def rules():
    return [r for family in ("-4", "-6") for r in query(f"-N {family} rule")]


def routes(table="all"):
    return [r for family in ("-4", "-6") for r in query(f"-N {family} route show table {table}")]


def our_rules(protocol=PROTOCOL):
    return [r for r in rules() if r.get("protocol", "2") == str(protocol) and 31000 <= r["priority"] <= 31003]


def our_routes(table, protocol=PROTOCOL):
    return [r for r in routes(table) if r.get("protocol") == str(protocol)]


def expected_rules(addresses, table, to=True):
    """(priority, from, to, table, suppress) as rule_keys() has them."""
    keys = []
    for a in addresses:
        keys += [(31000, a, "all", str(table), 0), (31001, a, "all", "254", 0), (31002, a, "all", str(table), None)]
        if to:
            keys.append((31003, "all", a, str(table), None))
    return sorted(keys, key=str)


def rule_key(r):
    return (r["priority"], r["src"], r.get("dst", "all"), r["table"], r.get("suppress_prefixlen"))


def rule_keys(listed=None, protocol=PROTOCOL):
    return sorted((rule_key(r) for r in (our_rules(protocol) if listed is None else listed)), key=str)


class Monitor:
    """What `ip monitor` sees of rules and routes between the beginning and the end of a with block."""

    MARK = 64999

    def __enter__(self):
        self.process = subprocess.Popen(["ip", "monitor", "rule", "route"], text=True, stdout=subprocess.PIPE)
        self.lines, self.seen, self.n_marks = [], set(), 0
        self.condition = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        # It listens once it shows a change of ours.
        deadline = time.monotonic() + DEADLINE
        while not self._mark(0.1):
            assert time.monotonic() < deadline, "ip monitor shows nothing"
        return self

    def _read(self):
        for line in self.process.stdout:
            with self.condition:
                if f"{self.MARK}:" not in line:
                    self.lines.append(line.strip())
                elif line.startswith("Deleted"):
                    self.seen.add(int(line.split(" lookup ")[1].split()[0]))
                    self.condition.notify_all()

    def _mark(self, timeout):
        """Each time a rule of another table, so that what is shown late is not taken for the next one."""
        self.n_marks += 1
        rule = f"pref {self.MARK} from 192.0.2.255 lookup {self.MARK + self.n_marks}"
        ip("rule add " + rule)
        ip("rule del " + rule)
        with self.condition:
            return self.condition.wait_for(lambda: self.MARK + self.n_marks in self.seen, timeout)

    def __exit__(self, *_):
        try:
            assert self._mark(DEADLINE), "ip monitor does not show its end"
        finally:
            self.process.terminate()
            self.process.wait()
