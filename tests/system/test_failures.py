# SPDX-License-Identifier: Apache-2.0
"""What does the broker do while the system fails it: is it said once, and does it go on by itself?"""

import os
import re

import pytest

from faults import NO_FILTER, broken
from idle import wait_asleep, wait_rest

MACHINE = {'files': NO_FILTER}

CONNECT = '''\
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect('/run/network-broker/start')
open('/tmp/connected', 'w')
s.send(b'7\\0start\\0no-unit.service\\0')
open('/tmp/answered', 'wb').write(s.recv(1024))
'''
WRONG = '/etc/network-broker/network-broker.toml.d/wrong.toml'


@pytest.fixture(scope='module')
def link(machine):
    machine.write('/etc/network-broker/addresses.d/10-log', '#!/bin/sh\necho "$ADDRESSES" >> /run/addresses\n', 0o755)
    machine.cable('eth0', static='192.0.2.2/24', plugged=True)
    machine.wait_for(lambda: machine.states()['eth0'] == ('routable', 'configured'), what=machine.states)
    wait_rest(machine)
    return 'eth0'


def said(machine, unit, text, since):
    machine.run(['journalctl', '--sync'])
    return [m for m in machine.messages(f'_SYSTEMD_UNIT={unit}', since=since) if text in m]


def test_no_descriptor_for_a_connection(machine, link):
    """The connection waits, nb-start does not spin, and takes it as soon as it can."""
    failed = 'Failed to accept a connection'
    since = machine.cursor()
    pid = machine.show('nb-start.service', 'MainPID')
    used = max(map(int, os.listdir(machine.path(f'/proc/{pid}/fd')))) + 1
    limit = machine.run(['prlimit', f'--pid={pid}', '--nofile', '--raw', '--noheadings', '--output=SOFT']).strip()
    machine.write('/run/connect.py', CONNECT)

    machine.run(['prlimit', f'--pid={pid}', f'--nofile={used}:'])
    try:
        machine.background(['python3', '/run/connect.py'], user='network-broker')
        machine.wait_for(machine.path('/tmp/connected').exists)
        machine.wait_for(lambda: said(machine, 'nb-start.service', failed, since))
        wait_asleep(machine, 'nb-start.service')
    finally:
        machine.run(['prlimit', f'--pid={pid}', f'--nofile={limit}:'])
    machine.wait_for(lambda: machine.path('/tmp/answered').exists() and machine.read('/tmp/answered'))
    assert len(said(machine, 'nb-start.service', failed, since)) == 1
    assert machine.show('nb-start.service', 'MainPID') == pid


def test_kernel_that_answers_nothing(machine, link):
    """A gap, and for some seconds nothing can be read."""
    failed = 'Failed to read links and addresses'
    since = machine.cursor()
    pid = machine.show('nb-watch.service', 'MainPID')
    with broken(machine, pid, 'recvmsg:error=ENOBUFS:when=1', 'sendto:error=ENOMEM') as calls:
        machine.sh('ip address add 192.0.2.3/24 dev eth0')
        machine.wait_for(lambda: len(re.findall('RTM_GETLINK.*INJECTED', calls())) >= 3)
    machine.wait_for(lambda: '192.0.2.3/24' in machine.read('/run/addresses'))
    assert len(said(machine, 'nb-watch.service', failed, since)) == 1
    assert machine.show('nb-watch.service', 'MainPID') == pid


def test_script_of_the_network_fails(machine, link):
    """The event has no link, and is named all the same."""
    script = '/etc/network-broker/manager.d/10-fail'
    since = machine.cursor()
    machine.write(script, '#!/bin/sh\nexit 1\n', 0o755)
    machine.unplug(link)
    machine.wait_for(lambda: said(machine, 'nb-watch.service', 'nb-run@manager.service', since))
    assert set(said(machine, 'nb-watch.service', 'nb-run@manager.service', since)) == {
        "network: manager: nb-run@manager.service ended with 'failed'."}
    machine.path(script).unlink()
    machine.plug(link)
    machine.wait_for(lambda: machine.states()[link] == ('routable', 'configured'), what=machine.states)
    wait_rest(machine)


def test_folder_of_units_that_cannot_be_listed(machine, link):
    """Units may be enabled there: an event without scripts starts its unit, and why is said once."""
    folder = '/usr/local/lib/systemd/system'
    failed = f'Failed to list {folder}'

    def active(state):
        return machine.show(f'nb-run@{state}:{link}.service', 'ActiveState') == 'active'

    assert not active('routable')
    since = machine.cursor()
    machine.run(['mkdir', '--parents', folder])
    machine.run(['chmod', '0700', folder])
    machine.systemctl('daemon-reload')
    machine.unplug(link)
    machine.wait_for(lambda: active('no-carrier'))
    machine.plug(link)
    machine.wait_for(lambda: active('routable'))
    assert len(said(machine, 'nb-watch.service', failed, since)) == 1

    # It is looked at again, though its time stamp is the same.
    machine.run(['chmod', '0755', folder])
    machine.unplug(link)
    machine.wait_for(lambda: machine.states()[link] == ('no-carrier', 'configured'), what=machine.states)
    wait_rest(machine)
    assert not active('no-carrier')
    machine.run(['rmdir', folder])
    machine.systemctl('daemon-reload')
    machine.plug(link)
    machine.wait_for(lambda: machine.states()[link] == ('routable', 'configured'), what=machine.states)
    wait_rest(machine)


def test_stopped_while_it_looks_back(machine, link):
    """A stop in the middle of finding out what was delivered before is no error."""
    machine.systemctl('stop', 'nb-watch.service')
    since = machine.cursor()
    folder = machine.path('/run/network-broker/state')
    started = (folder / '@broker').stat().st_mtime_ns
    # Each one is a question to PID 1.
    for number in range(20000):
        (folder / f'addresses:gone{number}').write_text('9999 1\n')
    machine.systemctl('start', '--no-block', 'nb-watch.service')
    machine.wait_for(lambda: (folder / '@broker').stat().st_mtime_ns != started)
    machine.systemctl('stop', 'nb-watch.service')
    assert not machine.journal('MESSAGE_ID=39f53479d3a045ac8e11786248231fbf', 'UNIT=nb-watch.service', since=since), \
        'it had looked back already'
    machine.run(['journalctl', '--sync'])
    assert not [r for r in machine.journal('_SYSTEMD_UNIT=nb-watch.service', since=since) if r['PRIORITY'] <= '4']
    assert machine.show('nb-watch.service', 'Result') == 'success'

    for path in folder.glob('addresses:gone*'):
        path.unlink()
    machine.systemctl('start', 'nb-watch.service')


def test_start_while_networkd_is_off_the_bus(machine, link):
    """networkd does not come back to a bus that was restarted. What it writes into files is followed, and only that is
    said."""
    def status():
        return machine.show('nb-watch.service', 'StatusText')

    assert 'systemd-networkd' not in status()
    machine.systemctl('restart', 'dbus.service')
    machine.wait_for(lambda: 'not on the bus' in status(), what=status)
    since = machine.cursor()
    machine.systemctl('restart', 'nb-watch.service')
    machine.wait_for(lambda: 'not on the bus, following its files' in status(), what=status)
    assert not said(machine, 'nb-watch.service', 'is not running', since)
    assert len(said(machine, 'nb-watch.service', 'following its files', since)) == 1

    # Nothing new is nothing to say.
    machine.write(WRONG, '[Network]\nLinks = 7\n')
    machine.systemctl('daemon-reload')
    machine.wait_for(lambda: '1 configuration error' in status(), what=status)
    machine.path(WRONG).unlink()
    machine.systemctl('daemon-reload')
    machine.wait_for(lambda: 'configuration error' not in status(), what=status)
    wait_rest(machine)
    assert len(said(machine, 'nb-watch.service', 'following its files', since)) == 1
    machine.systemctl('restart', 'systemd-networkd.service')
    machine.wait_for(lambda: 'systemd-networkd' not in status(), what=status)
