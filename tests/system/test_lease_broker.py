# SPDX-License-Identifier: Apache-2.0
"""Which lease events does nb-watch make of lease files, and what does it do to the units of leases?"""

import time

import pytest

from leases import FOLDER, all_runs, changes, dns, lease, record, runs, settled, wait_change

CONFIG = """\
[System]
Generator = "dhclient"
[Network]
UseDNS = true
"""
MACHINE = {'enable': ['systemd-networkd.service', 'systemd-resolved.service']}
BROKER = False
FILE = '/var/lib/dhcp/dhclient.{}.leases'
DROP_IN = '/etc/network-broker/network-broker.toml.d/test.toml'


@pytest.fixture(scope='module', autouse=True)
def broker(machine):
    """One lease is there before the broker starts."""
    record(machine, 'lease', 'routable', 'link-renamed', 'link-removed')
    machine.cable('eth0', managed=False, plugged=True)
    write(machine, 'eth0', '10.0.0.5')
    machine.systemctl('enable', '--now', 'network-broker.target')


def write(machine, link, address, expire='never'):
    machine.write(FILE.format(link), f'lease {{\n  interface "{link}";\n  fixed-address {address};\n'
                                     f'  option domain-name-servers 10.0.0.1;\n  expire {expire};\n}}\n')


def test_at_start(machine):
    wait_change(machine, 'eth0', ['bound'], 20)
    machine.wait_for(lambda: dns(machine) == ['10.0.0.1'])
    machine.wait_for(lambda: len(runs(machine, 'routable', 'eth0')) == 1)


def test_restart_repeats_nothing(machine):
    expected = changes(machine, 'eth0')
    machine.systemctl('restart', 'nb-watch.service')
    write(machine, 'eth0', '10.0.0.6')
    wait_change(machine, 'eth0', expected + ['changed'], 20)
    # And what happens while it is down is told once.
    machine.systemctl('stop', 'nb-watch.service')
    write(machine, 'eth0', '10.0.0.7')
    machine.wait_for(lambda: lease(machine)['ADDRESS'] == '10.0.0.7')
    machine.systemctl('start', 'nb-watch.service')
    wait_change(machine, 'eth0', expected + ['changed', 'changed'], 20)
    assert runs(machine, 'lease', 'eth0')[-1]['previous'] == '10.0.0.6'


def test_expiry(machine):
    # A computer that is slow gets longer ones, until it has seen one of them before it expired.
    for seconds, seen in ((4, 'changed'), (15, 'bound'), (60, 'bound')):
        before = len(changes(machine, 'eth0'))
        end = int(time.time()) + seconds
        write(machine, 'eth0', '10.0.0.8', f'epoch {end}')
        machine.wait_for(lambda: 'lost' in changes(machine, 'eth0')[before:] or
                         time.time() > end + 20 and not lease(machine), seconds + 60)
        assert time.time() >= end
        machine.wait_for(lambda: settled(machine) and dns(machine) == [])
        if changes(machine, 'eth0')[before:] == [seen, 'lost']:
            break
    else:
        pytest.fail(f'{changes(machine, "eth0")}')


@pytest.mark.parametrize('config', ['[Network]\nUseDNS = false\n', '[System]\nGenerator = "systemd-networkd"\n',
                                    '[Network]\nLinks = "eth1"\n'])
def test_switched_off_by_a_reload(machine, config):
    write(machine, 'eth0', '10.0.0.9')
    machine.wait_for(lambda: changes(machine, 'eth0')[-1] == 'bound')
    machine.wait_for(lambda: dns(machine) == ['10.0.0.1'])
    machine.write(DROP_IN, config)
    try:
        machine.systemctl('daemon-reload')
        machine.wait_for(lambda: dns(machine) == [])
        if 'UseDNS' not in config:
            machine.wait_for(lambda: machine.show('nb-lease@eth0.path', 'ActiveState') == 'inactive')
            machine.wait_for(lambda: changes(machine, 'eth0')[-1] == 'lost')
    finally:
        machine.path(DROP_IN).unlink()
        machine.systemctl('daemon-reload')
    # On again.
    machine.wait_for(lambda: changes(machine, 'eth0')[-1] == 'bound')
    machine.wait_for(lambda: dns(machine) == ['10.0.0.1'])
    machine.path(FILE.format('eth0')).unlink()
    machine.wait_for(lambda: changes(machine, 'eth0')[-1] == 'lost')
    machine.wait_for(lambda: settled(machine))


@pytest.mark.parametrize('link', ['br-lan', 'a$b', 'a.b@c', 'éth', '0123456789abcde'])
def test_link_that_comes_and_goes(machine, link):
    write(machine, link, '10.0.1.5')
    machine.run(['ip', 'link', 'add', link, 'type', 'bridge'])
    machine.wait_for(lambda: changes(machine, link) == ['bound'], what=lambda: changes(machine, link))
    machine.wait_for(lambda: dns(machine, link) == ['10.0.0.1'])
    machine.run(['ip', 'link', 'delete', link])
    machine.wait_for(lambda: list(machine.path('/run/network-broker/resolve').iterdir()) == [])
    # Nothing is left of it; eth0 is there still.
    machine.wait_for(lambda: [p.name for p in machine.path(FOLDER).iterdir()] == ['eth0:files'])
    wait_gone(machine, link)


def wait_gone(machine, link):
    """A lease is lost before its link is removed, and both are told once."""
    expected = [('lease', 'bound'), ('lease', 'lost'), ('link-removed', '')]

    def told():
        return [(r['event'], r['change']) for r in all_runs(machine, link) if r['event'] != 'routable']

    # What happens to the next one of that name comes after all that.
    machine.run(['ip', 'link', 'add', link, 'type', 'bridge'])
    machine.wait_for(lambda: told()[3:], what=told)
    assert told() == expected + [('lease', 'bound')]
    machine.run(['ip', 'link', 'delete', link])
    machine.wait_for(lambda: told() == expected + expected, what=told)
    assert [r['previous'] for r in runs(machine, 'lease', link)] == ['', '10.0.1.5'] * 2


@pytest.mark.parametrize('moment', ['before', 'while lost waits', 'while lost runs', 'while link-removed runs'])
def test_link_that_goes_with_its_lease_and_a_restart(machine, moment):
    link = f'br-{len(moment)}'
    held = {'while lost waits': 'bound', 'while lost runs': 'lost', 'while link-removed runs': ''}.get(moment)
    for event in ('lease', 'link-removed'):
        machine.write(f'/etc/network-broker/{event}.d/60-wait',
                      '#!/bin/sh\nwhile [ -e "/run/hold-$LINK-$LEASE_EVENT" ]; do sleep 0.05; done\n', 0o755)
    if held is not None:
        machine.write(f'/run/hold-{link}-{held}', '')
    write(machine, link, '10.0.1.5')
    machine.run(['ip', 'link', 'add', link, 'type', 'bridge'])
    machine.wait_for(lambda: changes(machine, link) == ['bound'])
    if moment == 'before':
        wait_change(machine, link, ['bound'], 20)
        machine.systemctl('stop', 'nb-watch.service')
    machine.run(['ip', 'link', 'delete', link])
    if held == 'bound':
        machine.wait_for(lambda: lease(machine, link) is None)
    elif held is not None:
        machine.wait_for(lambda: all_runs(machine, link)[-1]['change'] == held)
    machine.systemctl('kill', '--signal=KILL', 'nb-watch.service')
    machine.systemctl('restart', 'nb-watch.service')
    if held is not None:
        machine.path(f'/run/hold-{link}-{held}').unlink()
    wait_gone(machine, link)
    machine.sh('rm /etc/network-broker/*.d/60-wait')


def test_lease_that_the_new_name_has_not_is_lost_by_a_rename(machine):
    """dhclient's file says the old name, and no file of a lease changes that nb-lease could make or remove."""
    write(machine, 'br7', '10.0.1.5')
    machine.run(['ip', 'link', 'add', 'br7', 'type', 'bridge'])
    wait_change(machine, 'br7', ['bound'], 20)
    machine.run(['ip', 'link', 'set', 'br7', 'name', 'br8'])
    wait_change(machine, 'br8', ['lost'], 20)
    assert [(r['event'], r['previous']) for r in all_runs(machine, 'br8')] == [('link-renamed', ''),
                                                                              ('lease', '10.0.1.5')]
    machine.run(['ip', 'link', 'delete', 'br8'])


def test_lease_that_the_new_name_has_too_is_changed_by_a_rename(machine):
    write(machine, 'br5', '10.0.1.5')
    write(machine, 'br6', '10.0.1.6')
    machine.run(['ip', 'link', 'add', 'br5', 'type', 'bridge'])
    wait_change(machine, 'br5', ['bound'], 20)
    machine.run(['ip', 'link', 'set', 'br5', 'name', 'br6'])
    wait_change(machine, 'br6', ['changed'], 20)
    machine.run(['ip', 'link', 'delete', 'br6'])
