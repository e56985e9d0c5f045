# SPDX-License-Identifier: Apache-2.0
"""What do scripts get when systemd-networkd is busy, and answers late or never?"""

import json
import os
import signal
import time

import pytest

UNIT = 'nb-run@addresses:eth0.service'
# $JSON may be too large for a variable, the file never is.
SCRIPT = """\
#!/bin/sh
cat "$JSON_FILE" > /run/out/.new
mv /run/out/.new "/run/out/$ADDRESSES_ADDED"
"""


@pytest.fixture(scope='module', autouse=True)
def cable(machine):
    machine.cable('eth0', static='10.1.0.2/24', lines='DNS=10.1.0.3\nDomains=a.example\nNTP=ntp.example', plugged=True)
    machine.wait_for(lambda: machine.states().get('eth0') == ('routable', 'configured'), what=machine.states)
    machine.sh('mkdir -p /run/out')
    machine.write('/etc/network-broker/addresses.d/record', SCRIPT, 0o755)


def networkd(machine, number):
    machine.run(['kill', f'-{number.name}', machine.show('systemd-networkd.service', 'MainPID')])


def add(machine, address):
    machine.run(['ip', 'address', 'add', f'{address}/32', 'dev', 'eth0'])


def waits(machine):
    """Whether nb-run waits for the answer: the folder of what it has open."""
    pid = machine.show(UNIT, 'MainPID')
    if pid == '0':
        return False
    for fd in machine.path(f'/proc/{pid}/fd').glob('*'):
        try:
            if os.readlink(fd) == 'anon_inode:inotify':
                return True
        except OSError:
            pass
    return False


def document(machine, address):
    path = machine.path(f'/run/out/{address}/32')
    machine.wait_for(path.exists)
    return json.loads(path.read_text())


def known(d):
    return d['DNS'], d['Domains'], d['NTP'], bool(d['NetworkFile'])


WHOLE = (['10.1.0.3'], ['a.example'], ['ntp.example'], True)
WITHOUT = (None, None, None, False)


@pytest.fixture(autouse=True)
def folders(machine):
    machine.sh('for i in 1 2 3 4 5 6 7 8; do mkdir -p /run/out/10.9.0.$i; done')
    yield
    networkd(machine, signal.SIGCONT)
    machine.wait_for(lambda: machine.show(UNIT, 'ActiveState') != 'activating')


def test_in_time(machine):
    add(machine, '10.9.0.1')
    assert known(document(machine, '10.9.0.1')) == WHOLE


def test_late(machine):
    networkd(machine, signal.SIGSTOP)
    add(machine, '10.9.0.2')
    machine.wait_for(lambda: waits(machine))
    assert not machine.path('/run/out/10.9.0.2/32').exists()
    networkd(machine, signal.SIGCONT)
    assert known(document(machine, '10.9.0.2')) == WHOLE


def test_never(machine):
    since = machine.cursor()
    networkd(machine, signal.SIGSTOP)
    begin = time.monotonic()
    add(machine, '10.9.0.3')
    d = document(machine, '10.9.0.3')
    assert 0.9 < time.monotonic() - begin < 3
    assert known(d) == WITHOUT
    assert [a['IP'] for a in d['Address'] if a['IP'] == '10.9.0.3']
    machine.wait_for(lambda: any('systemd-networkd does not say what it knows' in m for m in
                                 machine.messages(f'NB_UNIT={UNIT}', since=since)))
    networkd(machine, signal.SIGCONT)
    add(machine, '10.9.0.4')
    assert known(document(machine, '10.9.0.4')) == WHOLE


def test_stopped_while_it_waits(machine):
    since = machine.cursor()
    networkd(machine, signal.SIGSTOP)
    add(machine, '10.9.0.5')
    machine.wait_for(lambda: waits(machine))
    machine.systemctl('stop', UNIT)
    assert machine.show(UNIT, 'Result') == 'success'
    # What has waited to the end says so.
    machine.run(['journalctl', '--sync'])
    assert not [m for m in machine.messages(f'NB_UNIT={UNIT}', since=since) if 'does not say what it knows' in m]
    assert not machine.path('/run/out/10.9.0.5/32').exists()


def test_nb_watch_ends_while_it_waits(machine):
    """The next nb-watch knows nothing of the question: what waits goes on without, once."""
    networkd(machine, signal.SIGSTOP)
    add(machine, '10.9.0.6')
    machine.wait_for(lambda: waits(machine))
    machine.systemctl('restart', 'nb-watch')
    assert known(document(machine, '10.9.0.6')) == WITHOUT
    networkd(machine, signal.SIGCONT)
    machine.wait_for(lambda: UNIT not in machine.units() or machine.units()[UNIT] == 'inactive')
    assert not machine.path('/run/network-broker/state/addresses:eth0').exists()


def test_without_networkd(machine):
    """What it said last is passed on, and nobody waits for more."""
    add(machine, '10.9.0.7')
    assert known(document(machine, '10.9.0.7')) == WHOLE
    machine.systemctl('stop', 'systemd-networkd.socket', 'systemd-networkd.service')
    try:
        machine.wait_for(lambda: 'systemd-networkd' in machine.show('nb-watch.service', 'StatusText'))
        since = machine.cursor()
        add(machine, '10.9.0.8')
        assert known(document(machine, '10.9.0.8')) == WHOLE
        machine.run(['journalctl', '--sync'])
        assert not [m for m in machine.messages(f'NB_UNIT={UNIT}', since=since) if 'does not say what it knows' in m]
    finally:
        machine.systemctl('start', 'systemd-networkd.socket', 'systemd-networkd.service')
        machine.wait_for(lambda: machine.states().get('eth0') == ('routable', 'configured'), what=machine.states)
