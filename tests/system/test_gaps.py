# SPDX-License-Identifier: Apache-2.0
"""Does order hold, and is nothing lost for good or done twice, while things are killed and restarted?"""

import contextlib
import os
import random
import time

import pytest

from idle import wait_asleep, wait_rest
from records import OPERATIONAL, STATES, Records, overlaps
from sequences import LINK_EVENTS, LinkRecords, active_states, disorder, present_states, stray_units
from traffic import Traffic

LONG = True
BOTH_BUSES = True
STEPS = int(os.environ.get('NB_TEST_TRANSITIONS', '1000')) // 16
# So that the steps last through several disturbances.
STEP_SECONDS = 0.06

# What is done to the machine again and again, and the pause in between in seconds.
WITH_ANNOUNCEMENTS = {
    'kill nb-watch': ('systemctl kill --signal=KILL nb-watch.service', 0.5),
    'kill nb-start': ('systemctl kill --signal=KILL nb-start.service', 0.5),
    'daemon-reload': ('systemctl daemon-reload', 0.3),
    'daemon-reexec': ('systemctl daemon-reexec', 0.5),
}
# What networkd does not announce then is not recorded; so these are the last.
WITHOUT = {
    'restart networkd': ('systemctl restart systemd-networkd.service', 1),
    'restart dbus': ('systemctl restart dbus.service', 2),
}


@pytest.fixture(scope='module')
def traffic(machine):
    seed = int(os.environ.get('NB_TEST_SEED') or random.randrange(1 << 32))
    print(f'NB_TEST_SEED={seed}')
    machine.links = LinkRecords(machine)
    machine.records = Records(machine, (*STATES, *LINK_EVENTS), delay=200)
    machine.write('/etc/network-broker/routable.d/50-fail', '#!/bin/sh\n[ "$LINK" != still0 ] || exit 3\n', 0o755)
    machine.cable('still0', static='192.0.2.2/24', plugged=True)
    machine.cable('still1', static='192.0.2.6/24', plugged=True)
    traffic = Traffic(machine, 10, seed)
    traffic.settle()
    wait_equal(machine)
    assert machine.show('nb-run@routable:still0.service', 'ActiveState') == 'failed'
    return traffic


@contextlib.contextmanager
def disturbed(machine, command, pause):
    """`command` runs again and again meanwhile."""
    machine.write('/run/disturb', '')
    process = machine.background(['sh', '-c', f'while [ -e /run/disturb ]; do {command}; sleep {pause}; done'],
                                 '/run/disturbance')
    try:
        yield
    finally:
        machine.run(['rm', '-f', '/run/disturb'])
        process.wait(60)


def move(machine, traffic):
    """Random changes, at most so many a second."""
    begin = time.monotonic()
    for number in range(STEPS):
        traffic.step()
        machine.wait_for(lambda n=number: time.monotonic() - begin >= n * STEP_SECONDS)


def wait_equal(machine):
    """Until systemd shows what networkd does: still0's script in routable.d fails."""
    def expected():
        states = present_states(machine)
        states['still0'].discard('routable')
        return {name: s for name, s in states.items() if s}

    machine.wait_for(lambda: active_states(machine) == expected(), 60,
                     lambda: f'{active_states(machine)} is {expected()}')
    machine.wait_for(lambda: not machine.systemctl('list-jobs', '--no-legend').strip())


def still(machine, events=None):
    """The runs of the links that nobody touches."""
    return [(run.event, run.link) for run in machine.records.runs()
            if run.link.startswith('still') and (not events or run.event in events)]


def check(machine, before):
    """After everything has come to rest: order, no overlap, nothing left, nothing that spins."""
    wait_equal(machine)
    wait_rest(machine)
    wait_asleep(machine, 'nb-watch.service')
    runs = machine.records.runs()
    assert len(runs) > before
    assert overlaps(runs) == []
    assert stray_units(machine) == set()


@pytest.mark.parametrize('name', WITH_ANNOUNCEMENTS)
def test_disturbed(machine, traffic, name):
    before, untouched = len(machine.records.runs()), still(machine)
    with disturbed(machine, *WITH_ANNOUNCEMENTS[name]):
        move(machine, traffic)
    traffic.settle()
    check(machine, before)
    assert disorder(machine.records, machine.links) == []
    assert still(machine) == untouched


def open_anew(machine):
    """With its socket, which a restart leaves open."""
    machine.systemctl('daemon-reload')
    machine.systemctl('stop', 'nb-watch.service')
    machine.systemctl('start', 'nb-watch.service')


def test_overrun(machine, traffic):
    """More changes than the socket holds, but not more than networkd can follow: what is is looked up anew."""
    machine.write('/run/systemd/system/nb-watch.socket.d/tiny.conf', '[Socket]\nReceiveBuffer=4K\n')
    open_anew(machine)
    before, untouched, since = len(machine.records.runs()), still(machine), machine.cursor()
    machine.write('/run/routes', ''.join(f'route add unreachable 10.{n >> 8}.{n & 255}.1/32 table 77\n'
                                         for n in range(500)))
    with disturbed(machine, 'systemctl kill --signal=STOP nb-watch.service; ip -batch /run/routes; '
                            'ip route flush table 77; systemctl kill --signal=CONT nb-watch.service', 0.5):
        move(machine, traffic)
    traffic.settle()
    check(machine, before)
    assert disorder(machine.records, machine.links) == []
    assert still(machine) == untouched
    machine.cursor()
    assert [m for m in machine.messages('SYSLOG_IDENTIFIER=nb-watch', since=since) if 'had to drop' in m]
    machine.run(['rm', '-r', '/run/systemd/system/nb-watch.socket.d'])
    open_anew(machine)
    wait_equal(machine)


@pytest.mark.parametrize('name', WITHOUT)
def test_without_announcements(machine, traffic, name):
    before, untouched = len(machine.records.runs()), still(machine, OPERATIONAL)
    with disturbed(machine, *WITHOUT[name]):
        move(machine, traffic)
    traffic.settle()
    check(machine, before)
    assert still(machine, OPERATIONAL) == untouched
