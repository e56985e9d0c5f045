# SPDX-License-Identifier: Apache-2.0
"""What do scripts get when systemd-networkd is busy, and answers late or never?"""

import itertools
import json
import os
import signal
import time

import pytest

UNIT = 'nb-run@addresses:eth0.service'
MISSING = 'systemd-networkd does not say what it knows'
# nb-run waits for one second. A slow computer may answer later, or not get to see it wait: then once more.
TRIES = 10
# $JSON may be too large for a variable, the file never is.
SCRIPT = """\
#!/bin/sh
cat "$JSON_FILE" > /run/out/.new
mv /run/out/.new "/run/out/${ADDRESSES_ADDED%/*}"
"""
numbers = itertools.count(1)


@pytest.fixture(scope='module', autouse=True)
def cable(machine):
    machine.cable('eth0', static='10.1.0.2/24', lines='DNS=10.1.0.3\nDomains=a.example\nNTP=ntp.example', plugged=True)
    machine.wait_for(lambda: machine.states().get('eth0') == ('routable', 'configured'), what=machine.states)
    machine.sh('mkdir -p /run/out')
    machine.write('/etc/network-broker/addresses.d/record', SCRIPT, 0o755)


def networkd(machine, number):
    machine.run(['kill', f'-{number.name}', machine.show('systemd-networkd.service', 'MainPID')])


def add(machine):
    """Adds an address to the link. Returns it."""
    address = f'10.9.0.{next(numbers)}'
    machine.run(['ip', 'address', 'add', f'{address}/32', 'dev', 'eth0'])
    return address


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


def output(machine, address):
    return machine.path(f'/run/out/{address}')


def document(machine, address):
    path = output(machine, address)
    machine.wait_for(path.exists)
    return json.loads(path.read_text())


def known(d):
    return d['DNS'], d['Domains'], d['NTP'], bool(d['NetworkFile'])


WHOLE = (['10.1.0.3'], ['a.example'], ['ntp.example'], True)
WITHOUT = (None, None, None, False)


def ended(machine):
    networkd(machine, signal.SIGCONT)
    machine.wait_for(lambda: machine.show(UNIT, 'ActiveState') not in ('activating', 'deactivating'))


@pytest.fixture(autouse=True)
def end(machine):
    yield
    ended(machine)


def answers(machine):
    """Whether scripts get what networkd says."""
    return any(known(document(machine, add(machine))) == WHOLE for _ in range(TRIES))


def caught(machine, function):
    """Whether the function returns true when it is called while nb-run waits for networkd, which is stopped; its
    arguments are the address that was added, and where the journal was before."""
    for _ in range(TRIES):
        since = machine.cursor()
        networkd(machine, signal.SIGSTOP)
        address = add(machine)
        machine.wait_for(lambda: waits(machine) or output(machine, address).exists())  # pylint: disable=cell-var-from-loop
        if waits(machine) and not output(machine, address).exists() and function(address, since):
            return True
        ended(machine)
    return False


def said(machine, since):
    machine.run(['journalctl', '--sync'])
    return [m for m in machine.messages(f'NB_UNIT={UNIT}', since=since) if MISSING in m]


def test_in_time(machine):
    assert answers(machine)


def test_late(machine):
    def answer(address, _):
        networkd(machine, signal.SIGCONT)
        return known(document(machine, address)) == WHOLE

    assert caught(machine, answer)


def test_never(machine):
    since = machine.cursor()
    networkd(machine, signal.SIGSTOP)
    begin = time.monotonic()
    address = add(machine)
    d = document(machine, address)
    assert time.monotonic() - begin > 0.9
    assert known(d) == WITHOUT
    assert [a['IP'] for a in d['Address'] if a['IP'] == address]
    machine.wait_for(lambda: said(machine, since))
    networkd(machine, signal.SIGCONT)
    assert answers(machine)


def test_stopped_while_it_waits(machine):
    """What has waited to the end says so."""
    def stop(address, since):
        machine.systemctl('stop', UNIT)
        assert machine.show(UNIT, 'Result') == 'success'
        return not said(machine, since) and not output(machine, address).exists()

    assert caught(machine, stop)


def test_nb_watch_ends_while_it_waits(machine):
    """The next nb-watch knows nothing of the question: what waits goes on without, once."""
    def restart(address, _):
        machine.systemctl('restart', 'nb-watch')
        assert known(document(machine, address)) == WITHOUT
        return True

    assert caught(machine, restart)
    networkd(machine, signal.SIGCONT)
    machine.wait_for(lambda: UNIT not in machine.units() or machine.units()[UNIT] == 'inactive')
    assert not machine.path('/run/network-broker/state/addresses:eth0').exists()


def test_without_networkd(machine):
    """What it said last is passed on, and nobody waits for more."""
    assert answers(machine)
    machine.systemctl('stop', 'systemd-networkd.socket', 'systemd-networkd.service')
    try:
        machine.wait_for(lambda: 'systemd-networkd' in machine.show('nb-watch.service', 'StatusText'))
        since = machine.cursor()
        assert known(document(machine, add(machine))) == WHOLE
        assert not said(machine, since)
    finally:
        machine.systemctl('start', 'systemd-networkd.socket', 'systemd-networkd.service')
        machine.wait_for(lambda: machine.states().get('eth0') == ('routable', 'configured'), what=machine.states)
