# SPDX-License-Identifier: Apache-2.0
"""Does order hold, and is nothing lost for good or done twice, while things are killed and restarted?"""

import contextlib
import random
import time

import pytest

from records import OPERATIONAL, SETUP, STATES, Records, overlaps
from test_order import active_levels, network_levels, of_kind, without_reentries
from traffic import Traffic

BOTH_BUSES = True
STEPS = 150

# What is done to the machine again and again, and whether networkd's announcements can be trusted to be complete.
DISTURBANCES = {
    'kill nb-watch': ('systemctl kill --signal=KILL nb-watch.service', 0.5, True),
    'kill nb-start': ('systemctl kill --signal=KILL nb-start.service', 0.5, True),
    'restart networkd': ('systemctl restart systemd-networkd', 2, False),
    'daemon-reload': ('systemctl daemon-reload', 0.5, True),
    'daemon-reexec': ('systemctl daemon-reexec', 1, True),
    'restart dbus': ('systemctl restart dbus.service', 5, False),
}


@pytest.fixture(scope='module')
def traffic(machine):
    seed = random.randrange(1 << 32)
    print(f'seed {seed}')
    machine.records = Records(machine, (*STATES, 'link-renamed'), delay=200)
    machine.write('/etc/network-broker/routable.d/50-fail', '#!/bin/sh\n[ "$LINK" != still0 ] || exit 3\n', 0o755)
    machine.cable('still0', static='192.0.2.2/24', plugged=True)
    machine.wait_for(lambda: machine.show('nb-run@routable:still0.service', 'ActiveState') == 'failed')
    return Traffic(machine, 10, seed)


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


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(value in rest for value in part)


def expected_levels(machine):
    """What systemd should show as active: still0's script in routable.d fails."""
    levels = network_levels(machine)
    levels['still0'].discard('routable')
    return {name: states for name, states in levels.items() if states}


def wait_equal(machine):
    machine.wait_for(lambda: active_levels(machine) == expected_levels(machine), 90,
                     lambda: f'{active_levels(machine)} is {expected_levels(machine)}')
    machine.wait_for(lambda: not machine.systemctl('list-jobs', '--no-legend').strip(), 60)


def wait_idle(machine, seconds=0.3):
    """Waits until nb-watch has used no processor time for so long."""
    def ticks():
        pid = machine.show('nb-watch.service', 'MainPID')
        fields = machine.read(f'/proc/{pid}/stat').rsplit(')', 1)[1].split()
        return pid, int(fields[11]) + int(fields[12])

    seen = {'value': None, 'since': 0.0}

    def unchanged():
        value, now = ticks(), time.monotonic()
        if value != seen['value']:
            seen.update(value=value, since=now)
        return now - seen['since'] >= seconds

    machine.wait_for(unchanged, 30, lambda: f'nb-watch is busy: {seen}')


def check_order(records, runs, complete):
    happened = {}
    for transition in records.transitions():
        happened.setdefault(transition.index, []).extend(transition.values)
    for index in {run.index for run in runs}:
        mine = [run for run in runs if run.index == index]
        for kind in (OPERATIONAL, SETUP):
            ran = without_reentries(mine, kind)
            if complete:
                values = of_kind(happened.get(index, []), kind)
                assert is_subsequence(ran, values), (index, mine[-1].link, ran, values)


@pytest.mark.parametrize('name', DISTURBANCES)
def test_disturbed(machine, traffic, name):
    command, pause, complete = DISTURBANCES[name]
    records = machine.records
    before = len(records.runs())
    routable = [r for r in records.runs() if r.link == 'still0' and r.event == 'routable']
    with disturbed(machine, command, pause):
        begin = time.monotonic()
        for number in range(STEPS):
            traffic.step()
            # So that the steps last through several disturbances.
            machine.wait_for(lambda n=number: time.monotonic() - begin > n * 0.06)
    traffic.settle()
    wait_equal(machine)
    wait_idle(machine, 2)

    runs = records.runs()
    assert len(runs) > before
    assert overlaps(runs) == []
    # After a restart of networkd or of the bus the recording has a gap itself.
    if complete:
        check_order(records, runs, True)
    else:
        records.monitor()
    assert [r for r in runs if r.link == 'still0' and r.event == 'routable'] == routable
    names = set(machine.states())
    assert {u for u in machine.units('nb-run@*') if u.split(':', 1)[-1][:-len('.service')] not in names} == set()


def test_overrun(machine, traffic):
    """More changes than the socket holds: what is is looked up anew."""
    machine.write('/etc/systemd/system/nb-watch.socket.d/tiny.conf', '[Socket]\nReceiveBuffer=4K\n')
    machine.systemctl('daemon-reload')
    machine.systemctl('restart', 'nb-watch.service')
    wait_equal(machine)
    records = machine.records
    before = len(records.runs())
    since = machine.cursor()
    routes = ''.join(f'route add unreachable 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/32 table 77\n'
                     for n in range(20000))
    machine.run(['ip', '-batch', '-'], input=routes)
    for _ in range(STEPS // 3):
        traffic.step()
    machine.run(['ip', 'route', 'flush', 'table', '77'])
    traffic.settle()
    wait_equal(machine)
    wait_idle(machine)
    runs = records.runs()
    assert len(runs) > before
    assert overlaps(runs) == []
    machine.cursor()
    assert machine.journal('_SYSTEMD_UNIT=nb-watch.service', 'PRIORITY=4', since=since) or \
        machine.journal('_SYSTEMD_UNIT=nb-watch.service', 'PRIORITY=6', since=since)
    machine.run(['rm', '-r', '/etc/systemd/system/nb-watch.socket.d'])
    machine.systemctl('daemon-reload')
    machine.systemctl('restart', 'nb-watch.service')
    wait_equal(machine)


def test_a_restart_repeats_nothing(machine, traffic):
    """Neither what succeeded nor what failed runs once more when nothing changed."""
    runs = machine.records.runs()
    for command in ('systemctl restart nb-watch.service', 'systemctl kill --signal=KILL nb-watch.service',
                    'systemctl restart nb-start.service', 'systemctl daemon-reexec', 'systemctl daemon-reload'):
        watch = machine.show('nb-watch.service', 'MainPID')
        machine.sh(command)
        if 'nb-watch' in command:
            machine.wait_for(lambda p=watch: machine.show('nb-watch.service', 'MainPID') not in ('0', p) and
                             machine.show('nb-watch.service', 'ActiveState') == 'active')
        wait_idle(machine)
    # What comes next shows that it was awake.
    machine.unplug('still0')
    machine.wait_for(lambda: 'no-carrier' in active_levels(machine)['still0'])
    later = machine.records.runs()[len(runs):]
    assert [(r.event, r.link) for r in later] == [('no-carrier', 'still0')]
