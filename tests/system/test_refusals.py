# SPDX-License-Identifier: Apache-2.0
"""What if networkd refuses to answer? It cannot put a name that is not UTF-8 into a message, nor into its JSON."""

import json

import pytest

from records import Records

ODD = 'b\udcffd'
NETWORKD = ('org.freedesktop.network1', '/org/freedesktop/network1')
MANAGER = ('busctl', 'call', *NETWORKD, 'org.freedesktop.network1.Manager')
STATES = ('no-carrier', 'routable', 'configured')
SCRIPT = '#!/bin/sh\ncat "$JSON_FILE" > "/run/json-$EVENT.new"; mv "/run/json-$EVENT.new" "/run/json-$EVENT"\n'
MISSING = 'systemd-networkd does not say what it knows'


@pytest.fixture(scope='module')
def records(machine):
    records = Records(machine, STATES)
    machine.cable('eth0', static='192.0.2.2/24', lines='DNS=192.0.2.3', plugged=True)
    wait_states(machine, 'routable')
    return records


def is_active(machine, event, link='eth0'):
    return machine.show(f'nb-run@{event}:{link}.service', 'ActiveState') == 'active'


def wait_states(machine, operational):
    machine.wait_for(lambda: is_active(machine, operational) and is_active(machine, 'configured'),
                     what=lambda: machine.units())


def wait_file(machine, text):
    """networkd's own file, as its list of links is refused."""
    path = f'/run/systemd/netif/links/{machine.index("eth0")}'
    machine.wait_for(lambda: text in machine.read(path).splitlines(), what=lambda: machine.read(path))


def ran(machine, records):
    return [run.event for run in records.runs() if run.index == machine.index('eth0')]


def test_list_of_links(machine, records):
    machine.run(['ip', 'link', 'add', ODD, 'type', 'veth', 'peer', 'name', 'other'])
    machine.run(['ip', 'link', 'set', ODD, 'up'])
    machine.wait_for(lambda: is_active(machine, 'no-carrier', 'b\\xffd'), what=lambda: machine.units())
    assert machine.run([*MANAGER, 'ListLinks'], check=False)[0] != 0
    since, before = machine.cursor(), len(ran(machine, records))

    machine.systemctl('stop', 'nb-watch.service')
    machine.unplug('eth0')
    wait_file(machine, 'OPER_STATE=no-carrier')
    machine.systemctl('start', 'nb-watch.service')
    wait_states(machine, 'no-carrier')
    assert not is_active(machine, 'routable')
    assert ran(machine, records)[before:] == ['no-carrier']

    machine.systemctl('stop', 'systemd-networkd.service')
    machine.plug('eth0')
    machine.systemctl('start', 'systemd-networkd.service')
    wait_file(machine, 'ADMIN_STATE=configured')
    wait_states(machine, 'routable')

    before = len(ran(machine, records))
    machine.systemctl('stop', 'network-broker.target')
    machine.systemctl('start', 'network-broker.target')
    wait_states(machine, 'routable')
    machine.wait_for(lambda: is_active(machine, 'no-carrier', 'b\\xffd'), what=lambda: machine.units())
    assert sorted(ran(machine, records)[before:]) == ['configured', 'routable']
    machine.run(['journalctl', '--sync'])
    assert not [m for m in machine.messages('_SYSTEMD_UNIT=nb-watch.service', since=since) if 'Failed to read' in m]
    machine.run(['ip', 'link', 'delete', ODD])


def document(machine, event):
    """What the script gets when the link enters the state."""
    path = machine.path(f'/run/json-{event}')
    path.unlink(missing_ok=True)
    (machine.plug if event == 'routable' else machine.unplug)('eth0')
    machine.wait_for(path.exists, what=lambda: machine.units())
    wait_states(machine, event)
    return json.loads(path.read_text())


def test_description(machine, records):
    for event in ('no-carrier', 'routable'):
        machine.write(f'/etc/network-broker/{event}.d/20-json', SCRIPT, 0o755)
        assert document(machine, event)['DNS'] == ['192.0.2.3']

    since = machine.cursor()
    machine.run(['ip', 'link', 'property', 'add', 'dev', 'eth0', 'altname', 'n\udcff'])
    index = str(machine.index('eth0'))
    machine.wait_for(lambda: machine.run([*MANAGER, 'DescribeLink', 'i', index], check=False)[0] != 0)
    for event in ('no-carrier', 'routable', 'no-carrier', 'routable'):
        d = document(machine, event)
        assert (d['OperationalState'], d['AddressState'], d['DNS'], d['NetworkFile']) == (event, '', None, '')
    machine.run(['journalctl', '--sync'])
    for event in ('no-carrier', 'routable'):
        said = machine.messages(f'NB_UNIT=nb-run@{event}:eth0.service', since=since)
        assert len([m for m in said if MISSING in m]) == 2
