# SPDX-License-Identifier: Apache-2.0
"""Runs inside a test machine: are the routes that nb-watch keeps those that the kernel has?

kept_routes.py SEED STEPS KNOWN all|plain LINK...: changes routes, addresses and links at random, asks nb-watch after each
change and compares what it answers with a dump, so many times, and until so many answers were known, which takes the longer
the more else the computer has to do. Prints how many were. The first link is only asked about, the others change, too;
'plain' leaves out what makes a link's routes unknown for long."""

import itertools
import random
import socket
import struct
import subprocess
import sys
import time

RTM_NEWROUTE, RTM_GETROUTE, DONE = 24, 26, 3
RTA_OIF, RTA_CACHEINFO, RTA_TABLE = 4, 12, 15
LOCAL, CLONED, CARRIER_FLAGS = 255, 0x200, 1 | 16
ANSWER = '/run/nb-watch/routes'


def messages(data):
    while data:
        length, kind = struct.unpack_from('=IH', data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def describe(body):
    """A route as far as it does not change in silence."""
    head = list(struct.unpack_from('=8BI', body))
    head[8] &= ~CARRIER_FLAGS
    attributes, rest = {}, body[12:]
    while rest:
        length, kind = struct.unpack_from('=HH', rest)
        if kind != RTA_CACHEINFO:
            attributes[kind] = rest[4:length]
        rest = rest[(length + 3) & ~3:]
    return tuple(head), tuple(sorted(attributes.items()))


def table(route):
    return struct.unpack('=I', dict(route[1])[RTA_TABLE])[0]


def dump(ifindex):
    routes = []
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
            s.setsockopt(270, 12, 1)
            s.send(struct.pack('=IHHII8BIHHI', 36, RTM_GETROUTE, 0x301, 1, 0, family, *[0] * 7, 0, 8, RTA_OIF, ifindex))
            done = False
            while not done:
                for kind, body in messages(s.recv(1 << 16)):
                    done |= kind == DONE
                    if kind == RTM_NEWROUTE:
                        routes.append(describe(body))
    return [r for r in routes if table(r) != LOCAL and not r[0][8] & CLONED]


def ask(ifindex):
    """What nb-watch says; None if it does not know."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.settimeout(60)
        s.connect(ANSWER)
        s.bind('')
        s.send(struct.pack('=iI', ifindex, 0))
        data = s.recv(1 << 16)
    index, known = struct.unpack_from('=iI', data)
    assert index == ifindex
    return [describe(body) for _, body in messages(data[8:])] if known else None


def wait_known(indexes, seconds=0.8):
    """Until all are read anew; those of some links cannot be kept, and are not waited for longer."""
    deadline = time.monotonic() + seconds
    while any(ask(index) is None for index in indexes) and time.monotonic() < deadline:
        time.sleep(0.02)


def ip(text):
    subprocess.run(['ip', *text.split()], stderr=subprocess.DEVNULL, check=False)


def change(pick, links, plain):
    """One command of ip(8); many of them are refused, which is as good."""
    link, other = pick.choice(links), pick.choice(links)
    n, m = pick.randrange(1, 6), pick.randrange(1, 6)
    metric, where = pick.choice((0, 50, 100)), pick.choice(('', 'table 500', 'table 700'))
    verb = pick.choice(('add', 'add', 'add', 'replace', 'append', 'del', 'del', 'del', 'change', 'prepend'))
    source = f'src 10.{n}.0.{m}' if pick.random() < 0.2 else ''
    ip4, ip6 = f'10.77.{n}.0/24', f'2001:db8:77:{n}::/64'
    dst = pick.choice((ip4, ip4, 'default', '10.77.0.0/16', '10.77.1.1'))
    commands = [
        f'route {verb} {dst} dev {link} metric {metric} {where} {source}',
        f'route {verb} {dst} via 10.{n}.0.9 dev {link} onlink metric {metric} {where} {source}',
        f'route {verb} {dst} via 10.{n}.0.9 dev {link} onlink tos 0x10 mtu 1400 metric {metric}',
        f'route {verb} blackhole {dst} metric {metric} {where}',
        f'-6 route {verb} {ip6} dev {link} metric {metric + 1} {where}',
        f'-6 route {verb} default via 2001:db8:{n}::9 dev {link} onlink metric {metric + m}',
        f'address {pick.choice(("add", "del"))} 10.{n}.0.{m}/24 dev {link}',
        f'address {pick.choice(("add", "del"))} 2001:db8:{n}::{m}/64 dev {link} nodad',
        f'-n peer link set p{link[1:]} {pick.choice(("down", "up", "up"))}',
        f'link set {link} {pick.choice(("down", "up", "up", "up"))}',
    ]
    if not plain:
        commands += [
            f'route {verb} {dst} metric {metric} nexthop via 10.1.0.9 dev {link} onlink '
            f'nexthop via 10.2.0.9 dev {other} onlink',
            f'-6 route {verb} {ip6} dev {link} metric 1 mtu 1400',
            f'-6 route {verb} {ip6} dev {link} metric 1 expires 5',
            f'address change 2001:db8:{n}::{m}/64 dev {link} valid_lft 1000 preferred_lft 500 nodad',
            f'nexthop {pick.choice(("add", "replace", "del"))} id {n} via 10.{n}.0.9 dev {link} onlink',
            f'route {verb} {dst} nhid {n} metric {metric}',
            f'link set {link} mtu {pick.choice((1500, 1400, 1200))}',
        ]
    return pick.choice(commands)


def main():
    pick, (steps, enough) = random.Random(int(sys.argv[1])), map(int, sys.argv[2:4])
    plain, links = sys.argv[4] == 'plain', sys.argv[5:]
    indexes = {link: socket.if_nametoindex(link) for link in links}
    known = asked = 0
    for step in itertools.count():
        if step >= steps and known >= enough:
            break
        done = [change(pick, links[1:], plain) for _ in range(pick.choice((1, 1, 1, 4)))]
        for command in done:
            ip(command)
        if pick.random() < 0.2:
            wait_known(indexes.values())
        for link, index in indexes.items():
            asked += 1
            have, answer = dump(index), ask(index)
            # What the kernel does later by itself came between the two.
            while answer is not None and answer != have and have != dump(index):
                have, answer = dump(index), ask(index)
            if answer is not None:
                known += 1
                assert answer == have, (step, link, done, [r for r in have if r not in answer],
                                        [r for r in answer if r not in have], sorted(answer) == sorted(have))
    print(known, asked)


main()
