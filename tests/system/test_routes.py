# SPDX-License-Identifier: Apache-2.0
"""Which routes are events, and does nb-watch survive the others?"""

import re
import time

import pytest

from idle import wait_rest

SCRIPT = '#!/bin/sh\necho "${0%/*} $LINK" >> /run/routes\nsleep 0.2\n'


@pytest.fixture(scope='module')
def links(machine):
    machine.write('/run/routes', '')
    machine.write('/etc/network-broker/routes.d/10-new', SCRIPT, 0o755)
    machine.write('/etc/network-broker/routes-modified.d/20-old', SCRIPT, 0o755)
    for number, name in enumerate(('eth0', 'eth1')):
        machine.cable(name, static=f'192.0.2.{4 * number + 2}/30', plugged=True)
        machine.wait_for(lambda n=name: machine.states()[n] == ('routable', 'configured'), what=machine.states)


def routes(machine, link):
    """The number of runs of each of the two directories for a link; they differ only while one is going on."""
    lines = [line.split() for line in machine.read('/run/routes').splitlines()]
    counts = {d: sum(where.endswith(f'/{d}') and name == link for where, name in lines)
              for d in ('routes.d', 'routes-modified.d')}
    return counts['routes.d'], counts['routes-modified.d']


def changes(machine, link, *commands):
    """How many runs the commands cause."""
    wait_rest(machine)
    before = routes(machine, link)
    for command in commands:
        machine.sh(command)
    wait_rest(machine)
    after = routes(machine, link)
    assert after[0] - before[0] == after[1] - before[1]
    return after[0] - before[0]


def follows(machine, link):
    """Whether an ordinary route still causes one run when it comes, and one when it goes."""
    route = f'203.0.113.200/32 dev {link}'
    return [changes(machine, link, f'ip route {verb} {route}') for verb in ('add', 'del')] == [1, 1]


def watch_pid(machine):
    return machine.show('nb-watch.service', 'MainPID')


def test_both_directories_run(machine, links):
    assert follows(machine, 'eth0')


@pytest.mark.parametrize('route', [
    'unreachable 203.0.113.0/28', 'blackhole 203.0.113.16/28', 'prohibit 203.0.113.32/28',
    'throw 203.0.113.48/28 table 100',
    '203.0.113.9/32 dev eth0 protocol 201', '203.0.113.10/32 dev eth0 table 10001 protocol 201',
])
def test_no_event(machine, links, route):
    """A route out of no link, or one that nb-rules made."""
    pid = watch_pid(machine)
    bare = re.sub(' (dev|protocol) [^ ]+', '', route)
    assert changes(machine, 'eth0', f'ip route add {route}', f'ip route del {bare}') == 0
    assert watch_pid(machine) == pid


def test_multipath_is_an_event_of_each_leg(machine, links):
    pid = watch_pid(machine)
    before = [routes(machine, link)[0] for link in ('eth0', 'eth1')]
    machine.sh('ip route add 203.0.113.64/28 nexthop via 192.0.2.1 dev eth0 nexthop via 192.0.2.5 dev eth1')
    wait_rest(machine)
    assert [routes(machine, link)[0] for link in ('eth0', 'eth1')] == [n + 1 for n in before]
    machine.sh('ip route del 203.0.113.64/28')
    wait_rest(machine)
    assert [routes(machine, link)[0] for link in ('eth0', 'eth1')] == [n + 2 for n in before]
    assert watch_pid(machine) == pid


def test_route_of_a_link_that_goes(machine, links):
    pid = watch_pid(machine)
    machine.cable('gone0', static='192.0.2.18/30', plugged=True)
    machine.wait_for(lambda: machine.states()['gone0'] == ('routable', 'configured'), what=machine.states)
    machine.sh('ip route add 203.0.113.128/28 via 192.0.2.17 dev gone0; ip link delete gone0')
    assert follows(machine, 'eth0')
    assert watch_pid(machine) == pid
    assert not [u for u in machine.units() if u.endswith(':gone0.service')]


def runs_once_more(machine, link, verb):
    """Changes a route and waits for the run that this causes: nb-watch has seen all that came before."""
    before = routes(machine, link)[0]
    machine.sh(f'ip route {verb} 203.0.113.201/32 dev {link}')
    machine.wait_for(lambda: routes(machine, link)[0] > before, 120)


def test_hundred_thousand_routes(machine, links):
    pid = watch_pid(machine)
    wait_rest(machine)
    before, begun = routes(machine, 'eth0')[0], time.monotonic()
    batch = ''.join(f'route add 10.{n >> 16}.{n >> 8 & 255}.{n & 255}/32 dev eth0 table 500\n' for n in range(100000))
    machine.run(['ip', '-batch', '-'], input=batch, timeout=120)
    machine.wait_for(lambda: routes(machine, 'eth0')[0] > before)
    runs_once_more(machine, 'eth1', 'add')
    # Merged: no more than one each 0.4 s that the two scripts take, and far from one each route.
    assert routes(machine, 'eth0')[0] - before <= (time.monotonic() - begun) / 0.4 + 1
    assert watch_pid(machine) == pid
    # networkd describes the link with all its routes in one message of 35 MiB; beside it there is next to nothing.
    memory = int(re.search(r'VmHWM:\s+(\d+)', machine.read(f'/proc/{pid}/status'))[1])
    assert memory < 48 * 1024, f'{memory} KiB'
    machine.sh('ip route flush table 500')
    runs_once_more(machine, 'eth1', 'del')
