# SPDX-License-Identifier: Apache-2.0
"""Many random changes, nb-rules killed in the middle of many a sync: each time it settles to exactly what should be.

It is killed at one of its system calls, not after a time: so it depends on the seed alone where that was.

NB_RANDOM_STEPS and NB_RANDOM_SEED choose other runs; the seed is in the message of a failure."""

import os
import random
import signal
import time

import lab
import model
from lab import ip

STEPS = int(os.environ.get("NB_RANDOM_STEPS", "1000"))
SEED = int(os.environ.get("NB_RANDOM_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
LINKS = ("eth1", "eth2")
PROTOCOLS = (2, 3, 4, 9, 16, 66, 84, 99, 186, 255)
# A sync sends this many questions before it changes anything.
QUESTIONS = 8


class World:
    def __init__(self, seed):
        self.random = random.Random(seed)
        for l in LINKS:
            lab.link(l)
        self.foreign = []
        self.log = []
        self.n_killed, self.n_halfway = 0, 0

    def do(self, command):
        """Refused is fine: the network may be in any state."""
        self.log.append(command)
        return lab.run("ip " + command, check=False).returncode == 0

    def number(self, l):
        return 10 + LINKS.index(l)

    def step(self):
        l = self.random.choice(LINKS)
        self.random.choice([
            self.address, self.address, self.address6, self.remove_address, self.down_or_up, self.up, self.recreate,
            self.gateway, self.gateway, self.gateway6, self.no_gateway, self.host_address, self.multipath,
            self.multipath6, self.second_default, self.ra_default, self.foreign_rule, self.foreign_route,
            self.remove_foreign])(l)

    def address(self, l):
        self.do(f"addr add 10.{self.number(l)}.{self.random.randrange(2)}.{self.random.randrange(2, 9)}/"
                f"{self.random.choice((24, 24, 25, 32))} dev {l}")

    def address6(self, l):
        self.do(f"-6 addr add 2001:db8:{self.number(l)}::{self.random.randrange(2, 9)}/64 dev {l} nodad")

    def remove_address(self, l):
        have = [(a["local"], a["prefixlen"]) for i in lab.query(f"addr show dev {l}") for a in i["addr_info"]
                if a["scope"] == "global"]
        if have:
            a, n = self.random.choice(have)
            self.do(f"addr del {a}/{n} dev {l}")

    def down_or_up(self, l):
        self.do(f"link set {l} {self.random.choice(('up', 'down'))}")

    def up(self, l):
        self.do(f"link set {l} up")

    def recreate(self, l):
        index = lab.ifindex(l)
        self.do(f"link del {l}")
        if self.random.random() < 0.5:
            self.settle_one(l)
        reuse = f"index {index} " if self.random.random() < 0.3 else ""
        self.do(f"link add {l} {reuse}type veth peer name x{l}")
        if not lab.query(f"link show {l}"):
            self.do(f"link add {l} type veth peer name x{l}")
        self.do(f"link set x{l} up")
        self.do(f"link set {l} up")

    def gateway(self, l):
        self.do(f"route replace default via 10.{self.number(l)}.0.{self.random.randrange(250, 254)} dev {l} "
                f"metric {self.number(l)}")

    def gateway6(self, l):
        self.do(f"-6 route replace default via 2001:db8:{self.number(l)}::{self.random.randrange(90, 94)} dev {l} "
                f"metric {self.number(l)}")

    def no_gateway(self, l):
        self.do(f"{self.random.choice(('-4', '-6'))} route del default dev {l}")

    def host_address(self, l):
        self.do(f"addr add 10.{self.number(l)}.7.7/32 dev {l}")
        self.do(f"route add default via 172.31.{self.number(l)}.1 dev {l} onlink metric 7{self.number(l)}")

    def multipath(self, l):
        both = self.random.random() < 0.5
        second = f"via 10.{self.number(LINKS[1])}.0.251 dev {LINKS[1]}" if both else \
            f"via 10.{self.number(l)}.0.252 dev {l} weight 3"
        first = LINKS[0] if both else l
        self.do(f"route replace default metric 50 nexthop via 10.{self.number(first)}.0.250 dev {first} "
                f"nexthop {second}")

    def multipath6(self, l):
        n = self.number(l)
        self.do(f"-6 route {self.random.choice(('replace', 'append'))} default metric 1024 "
                f"nexthop via 2001:db8:{n}::{self.random.randrange(80, 84)} dev {l} weight 2 "
                f"nexthop via 2001:db8:{n}::{self.random.randrange(84, 88)} dev {l}")

    def second_default(self, l):
        self.do(f"route add default via 10.{self.number(l)}.0.249 dev {l} metric {self.random.randrange(200, 203)}")

    def ra_default(self, l):
        self.do(f"-6 route add default via fe80::{self.number(l)} dev {l} proto ra metric 512 "
                f"expires {self.random.choice((1, 1, 600))}")

    def foreign_rule(self, l):
        protocol = self.random.choice(PROTOCOLS)
        table = self.random.choice((254, 5000, lab.BASE + lab.ifindex(l)))
        rule = (f"{self.random.choice(('from', 'to'))} 10.{self.number(l)}.0.{self.random.randrange(2, 9)}"
                f"{self.random.choice(('', '/31'))} lookup {table} "
                f"pref {self.random.choice((100, 31000, 31001, 31002, 31003, 32000))} protocol {protocol}")
        if self.do(f"rule add {rule}"):
            self.foreign.append(f"rule del {rule}")

    def foreign_route(self, l):
        """In a table of its own; in ours it stops the sync, which then must not change a thing."""
        protocol = self.random.choice(PROTOCOLS)
        place = f"203.0.113.{self.random.randrange(250)}/32 dev lo table "
        if self.random.random() < 0.5:
            if self.do(f"route add {place}5000 protocol {protocol}"):
                self.foreign.append(f"route del {place}5000 protocol {protocol}")
            return
        table = lab.BASE + lab.ifindex(l)
        assert self.do(f"route add {place}{table} protocol {protocol}")
        self.address(l)
        before = model.Seen()
        p = lab.sync(l, check=False)
        after = model.Seen()
        assert p.returncode == 1 and f"table {table} holds routes" in p.stderr
        assert (before.rules, before.ours, before.foreign) == (after.rules, after.ours, after.foreign)
        assert self.do(f"route del {place}{table} protocol {protocol}")

    def remove_foreign(self, l):
        if self.foreign:
            self.do(self.foreign.pop(self.random.randrange(len(self.foreign))))

    def killed_sync(self, l):
        """While it asks, before and behind what it sends to change something, or as it writes its record."""
        call, number = self.random.choice([("sendto", self.random.randrange(1, 2 * QUESTIONS + 1)), ("sendto", 9),
                                           ("sendto", 10), ("write", 1), ("/^rename", 1)])
        p = lab.run([*lab.with_injection(call, "signal=KILL", number), lab.PROGRAM, "--sync", l], check=False,
                    environment=lab.environment_of())
        killed = p.returncode == -signal.SIGKILL
        halfway = call != "sendto" or number > QUESTIONS
        # Of a link that is gone it asks less, or nothing.
        assert killed or p.returncode == 0 and (halfway or not lab.query(f"link show {l}"))
        self.n_killed += killed
        self.n_halfway += killed and halfway
        self.log.append(f"killed at {call} {number}: {killed}")

    def settle_one(self, l):
        if self.random.random() < 0.4:
            self.killed_sync(l)
        lab.sync(l)

    def settle(self):
        deadline = time.monotonic() + lab.DEADLINE
        while True:
            before = model.Seen()
            for l in self.random.sample(LINKS, len(LINKS)):
                self.settle_one(l)
            after = model.Seen()
            wrong = model.difference(after, LINKS)
            # A route expires, a link-local address appears: only then is the first answer not the last.
            if not wrong or time.monotonic() > deadline or (before.main == after.main and not after.expiring):
                break
        assert not wrong
        assert before.foreign == after.foreign


def test_random_changes():
    lab.needs_strace()
    world = World(SEED)
    for i in range(STEPS):
        try:
            world.step()
            world.settle()
        except AssertionError as e:
            raise AssertionError(f"NB_RANDOM_SEED={SEED}, step {i}, after {world.log[-12:]}: {e}") from e
    assert world.n_killed > STEPS / 20 and world.n_halfway > STEPS / 50, (SEED, world.n_killed, world.n_halfway)
    print(f"killed {world.n_killed} times, {world.n_halfway} of them halfway")
    foreign = model.Seen().foreign
    with lab.Monitor() as monitor:
        for l in LINKS:
            lab.sync(l)
    # A route may expire just now.
    assert [l for l in monitor.lines if f"proto {lab.PROTOCOL}" in l] == []
    assert model.Seen().foreign == foreign
    for l in LINKS:
        lab.nb_rules("--remove", l)
    assert model.Seen().rules == [] and model.Seen().ours == {}
