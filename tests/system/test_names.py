# SPDX-License-Identifier: Apache-2.0
"""Are unit, environment and status right for every name that the kernel takes for a link?"""

import pytest

from records import Records

# The kernel takes none with a % in it, which would stand for a number.
NAMES = ['br-lan', 'eth0.100', 'veth-a', 'wlan0_x', 'x$HOME', 'x${LINK}', 'a\\b', 'éth0', 'a"b', "a'b", 'a*b',
         '-x', '.x', '@', 'fifteen-bytes-x']
PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@-'


@pytest.fixture(scope='module')
def records(machine):
    return Records(machine, ('no-carrier', 'unmanaged', 'link-removed'))


def unit_of(event, name):
    link = ''.join(chr(b) if chr(b) in PLAIN else f'\\x{b:02x}' for b in name.encode())
    return f'nb-run@{event}:{link}.service'


@pytest.mark.parametrize('name', NAMES)
def test_name(machine, records, name):
    machine.run(['ip', 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', 'other'])
    index = machine.index(name)
    machine.run(['ip', 'link', 'set', 'dev', name, 'up'])
    unit = unit_of('no-carrier', name)
    machine.wait_for(lambda: machine.show(unit, 'ActiveState') == 'active', what=lambda: machine.units())
    run = [r for r in records.runs() if r.index == index and r.event == 'no-carrier'][0]
    assert run.link == name

    machine.cursor()
    status = machine.systemctl('status', '--no-pager', unit)
    assert status.splitlines()[0].split()[1] == unit
    listed = machine.units('nb-run@no-carrier:*')
    assert listed[unit] == 'active'
    said = machine.journal(f'NB_LINK={name}')
    assert {r['NB_UNIT'] for r in said if r.get('NB_EVENT') == 'no-carrier' and 'NB_UNIT' in r} == {unit}

    machine.run(['ip', 'link', 'delete', 'dev', name])
    machine.wait_for(lambda: not [u for u in machine.units() if u.endswith(unit.split(':', 1)[1])],
                     what=lambda: machine.units())
    assert [r.link for r in records.runs() if r.index == index and r.event == 'link-removed'] == [name]
