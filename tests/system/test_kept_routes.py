# SPDX-License-Identifier: Apache-2.0
"""Where the kernel has many routes, nb-watch keeps those of links: are they right, and do scripts get them?"""

import json
import os
import pathlib
import random
import re
import time

import pytest

from faults import NO_FILTER, broken, traced
from idle import wait_asleep, wait_rest

LONG = True
MACHINE = {'files': NO_FILTER}
MANY = 100000
STEPS = int(os.environ.get('NB_TEST_ROUTE_STEPS', 200))
WALK = pathlib.Path(__file__).with_name('kept_routes.py').read_text()
SCRIPT = '#!/bin/sh\ncp "$JSON_FILE" /run/json\n'
SOCKET = '/run/nb-watch/routes'


@pytest.fixture(scope='module', autouse=True)
def many_routes(machine):
    assert not machine.path(SOCKET).exists()
    machine.write('/etc/network-broker/routable.d/10-script', SCRIPT, 0o755)
    for n, link in enumerate(('k0', 'k1', 'k2', 'k3')):
        machine.cable(link, static=f'10.{100 + n}.0.1/24', plugged=True)
    machine.cable('big0', static='10.30.0.1/24', plugged=True)
    machine.wait_for(lambda: all(machine.states().get(link) == ('routable', 'configured')
                                 for link in ('k0', 'k1', 'k2', 'k3', 'big0')), what=machine.states)
    machine.run(['ip', '-batch', '-'], timeout=300, input=''.join(
        f'route add 11.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 via 10.30.0.2\n' for i in range(MANY)))
    machine.systemctl('restart', 'nb-watch.service')
    machine.wait_for(machine.path(SOCKET).exists, what='the socket')


def different(lines):
    """How many different requests they are: one that a change disturbed is repeated."""
    return len({re.sub('nlmsg_seq=[0-9]+', '', line) for line in lines})


def calls(machine, link):
    machine.run(['strace', '-o', '/run/calls', 'nb-run', f'routable:{link}'])
    return machine.read('/run/calls')


def walks(machine, link):
    return different(line for line in calls(machine, link).splitlines() if 'RTM_GETROUTE' in line)


def wait_known(machine, link):
    """Until a run has got the routes from nb-watch: it does not wait for one that is busy."""
    machine.wait_for(lambda: 'RTM_GETROUTE' not in calls(machine, link), 60, f'nb-watch knows the routes of {link}')


def test_no_walk(machine):
    """From the second run on nothing is asked of the kernel that makes it walk all routes, and the JSON is the same."""
    assert walks(machine, 'k0') == 2
    before = json.loads(machine.read('/run/json'))
    wait_known(machine, 'k0')
    assert json.loads(machine.read('/run/json'))['Routes'] == before['Routes'] != []
    # They follow, and are not read anew for that.
    with traced(machine, machine.show('nb-watch.service', 'MainPID'), '--trace=sendto') as made:
        machine.run(['ip', 'route', 'add', '10.78.0.0/16', 'via', '10.100.0.9'])
        wait_known(machine, 'k0')
        assert ('10.78.0.0', '10.100.0.9') in [(r['Dst']['IP'], r['Gw']) for r in
                                               json.loads(machine.read('/run/json'))['Routes']]
        machine.run(['ip', 'route', 'del', '10.78.0.0/16'])
        wait_known(machine, 'k0')
        assert json.loads(machine.read('/run/json'))['Routes'] == before['Routes']
        assert 'RTM_GETROUTE' not in made()


def rules(machine, verb='--sync'):
    """How many requests of a sync make the kernel walk all routes."""
    machine.run(['strace', '-o', '/run/calls', 'nb-rules', verb, 'k1'])
    return different(line for line in machine.read('/run/calls').splitlines()
                     if 'RTM_GETROUTE' in line and 'sendto' in line and 'RTA_OIF' in line)


def test_rules_without_a_walk(machine):
    """A sync that has nothing to do asks the kernel for no walk; what it does, it does by the kernel's word."""
    table = 9999 + machine.index('k1')
    assert rules(machine) > 0
    machine.wait_for(lambda: rules(machine) == 0, 60, 'nb-watch knows the routes')
    machine.run(['ip', 'route', 'add', '10.79.0.0/16', 'dev', 'k1'])
    assert rules(machine) == 2
    assert '10.79.0.0/16' in machine.run(['ip', 'route', 'show', 'table', table])
    machine.wait_for(lambda: rules(machine) == 0, 60, 'nb-watch knows the routes')
    machine.run(['ip', 'route', 'del', '10.79.0.0/16', 'dev', 'k1'])
    assert rules(machine) == 2
    assert '10.79.0.0/16' not in machine.run(['ip', 'route', 'show', 'table', table])
    rules(machine, '--remove')


def test_a_gap_while_the_kernel_cannot_be_read(machine):
    """What was kept before is not told, nor is half of what is read anew."""
    machine.write('/etc/network-broker/addresses.d/10-log', '#!/bin/sh\necho "$LINK $ADDRESSES" >> /run/addresses\n', 0o755)
    wait_known(machine, 'k0')
    wait_rest(machine)
    # Every other call: a reading, which takes two, fails at its links or at its addresses. Some are messages for the log,
    # and some answers.
    with broken(machine, machine.show('nb-watch.service', 'MainPID'), 'recvmsg:error=ENOBUFS:when=1',
                'sendto:error=ENOMEM:when=2+2') as made:
        def answers():
            return re.findall('sendto.*AF_UNIX, sun_path=@.* = ([0-9]+)', made())

        machine.run(['ip', 'route', 'add', '10.80.0.0/16', 'via', '10.100.0.9'])
        machine.wait_for(lambda: re.search('sendto.*RTM_GETADDR.*INJECTED', made()), 60, made)
        machine.run(['ip', 'address', 'add', '10.100.0.7/24', 'dev', 'k0'])
        machine.wait_for(lambda: walks(machine, 'k0') == 2 and answers(), 60, made)
        assert '10.80.0.0' in [r['Dst']['IP'] for r in json.loads(machine.read('/run/json'))['Routes'] if r['Dst']]
        # Without a single route.
        assert set(answers()) == {'8'}
    machine.wait_for(lambda: machine.path('/run/addresses').exists() and
                     '10.100.0.7/24' in machine.read('/run/addresses'), 60)
    assert all('10.100.0.1/24' in line for line in machine.read('/run/addresses').splitlines())
    machine.path('/etc/network-broker/addresses.d/10-log').unlink()
    machine.sh('ip route del 10.80.0.0/16; ip address del 10.100.0.7/24 dev k0')


def test_a_link_that_cannot_be_kept(machine):
    """It is looked at again ten seconds after a change; another does not wait for that."""
    def batch(verb):
        machine.run(['ip', '-batch', '-'], input=''.join(f'route {verb} 10.81.0.{n} dev k2\n' for n in range(70)))

    batch('add')
    machine.run(['ip', 'route', 'add', '10.83.0.0/16', 'dev', 'k3'])
    wait_known(machine, 'k3')
    with traced(machine, machine.show('nb-watch.service', 'MainPID'), '-ttt', '--trace=sendto') as made:
        def read(link):
            """When nb-watch has asked for the routes of a link."""
            return [float(t) for t in re.findall(f'([0-9.]+) sendto.*RTM_GETROUTE.*if_nametoindex."{link}"', made())]

        calls(machine, 'k2')
        # Of both families.
        machine.wait_for(lambda: len(read('k2')) == 2, what=made)
        # A slow computer gets another chance.
        for mtu in (1400, 1300, 1200):
            # Until it might read again.
            wait_asleep(machine, 'nb-watch.service', 1)
            begin = time.time()
            machine.sh(f'ip route del 10.81.0.0 dev k2; ip route replace 10.83.0.0/16 dev k3 mtu {mtu}')
            wait_known(machine, 'k3')
            machine.run(['ip', 'route', 'add', '10.81.0.0', 'dev', 'k2'])
            if read('k3')[-1] - begin < 5:
                break
        else:
            pytest.fail(f'from {begin} on: {made()}')
    machine.run(['ip', 'route', 'del', '10.83.0.0/16', 'dev', 'k3'])
    batch('del')


def test_a_look_for_lost_routes_is_done_in_turns(machine):
    """The routes of five links are read, each of which takes long: not one after the other without a look at the rest."""
    machine.write('/etc/network-broker/routes.d/10-script', '#!/bin/sh\n', 0o755)
    machine.sh('ip route add 10.82.0.0/16 via 10.100.0.9')
    wait_rest(machine)
    with traced(machine, machine.show('nb-watch.service', 'MainPID'), '--trace=sendto,epoll_wait') as made:
        def turns():
            """How many walks each turn of the loop asked for."""
            calls = ('e' if line.startswith('epoll_wait') else 'w' for line in made().splitlines()
                     if line.startswith('epoll_wait') or 'RTM_GETROUTE' in line)
            return [len(walks) for walks in re.findall('w+', ''.join(calls))]

        machine.sh('ip route replace 10.82.0.0/16 via 10.100.0.8')
        machine.wait_for(lambda: sum(turns()) >= 10, what=turns)
        assert max(turns()) < 10
    machine.path('/etc/network-broker/routes.d/10-script').unlink()
    machine.sh('ip route del 10.82.0.0/16')


def test_a_script_that_runs_long(machine):
    machine.write('/etc/network-broker/addresses.d/10-long', '#!/bin/sh\n[ "$LINK" != k2 ] || sleep 100\n', 0o755)
    machine.sh('ip address add 10.102.0.5/24 dev k2; ip address add 10.100.0.5/24 dev k0')
    machine.wait_for(lambda: machine.show('nb-run@addresses:k2.service', 'ActiveState') == 'activating')
    machine.run(['ip', 'address', 'del', '10.100.0.5/24', 'dev', 'k0'])
    wait_known(machine, 'k0')
    assert machine.show('nb-run@addresses:k2.service', 'ActiveState') == 'activating'
    machine.path('/etc/network-broker/addresses.d/10-long').unlink()
    machine.systemctl('stop', 'nb-run@addresses:k2.service')
    machine.run(['ip', 'address', 'del', '10.102.0.5/24', 'dev', 'k2'])


def test_without_nb_watch(machine):
    """Its socket is gone with it, and nobody waits."""
    machine.systemctl('stop', 'nb-watch.service')
    assert not machine.path(SOCKET).exists()
    assert walks(machine, 'k0') == 2
    machine.systemctl('start', 'nb-watch.service')
    machine.wait_for(machine.path(SOCKET).exists, what='the socket')


def test_not_for_everybody(machine):
    ask = f'import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect("{SOCKET}")'
    status, output = machine.run(['python3', '-c', ask], check=False, user='nobody')
    assert status != 0 and 'PermissionError' in output
    machine.run(['python3', '-c', ask])


@pytest.mark.parametrize('what', ('plain', 'all'))
def test_random(machine, what):
    # Networkd would undo some of it, and set routes of its own meanwhile.
    machine.systemctl('stop', 'systemd-networkd.socket', 'systemd-networkd.service')
    seed = random.randrange(1 << 32)
    print('seed', seed)
    # Of the first link all but a few are known.
    enough = STEPS * 4 // (2 if what == 'plain' else 5)
    known, asked = map(int, machine.run(['python3', '-', seed, STEPS, enough, what, 'k0', 'k1', 'k2', 'k3'], input=WALK,
                                        timeout=600).split())
    print(known, 'of', asked, 'answers were known')
    assert known >= enough
