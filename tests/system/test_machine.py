# SPDX-License-Identifier: Apache-2.0
"""Does the test machine itself work: boot, cables, DHCP, power off, and nothing left behind?"""

import pathlib

BROKER = False


def test_boots_without_a_failed_unit(machine):
    assert machine.systemctl('--failed', '--no-legend', '--plain') == ''
    assert machine.run(['systemctl', 'is-system-running']).strip() == 'running'


def test_static_cable(machine):
    machine.cable('static0', static='192.0.2.2/24')
    machine.wait_for(lambda: machine.states()['static0'] == ('no-carrier', 'configuring'), what=machine.states)
    machine.plug('static0')
    machine.wait_for(lambda: machine.states()['static0'] == ('routable', 'configured'), what=machine.states)
    machine.unplug('static0')
    machine.wait_for(lambda: machine.states()['static0'][0] == 'no-carrier', what=machine.states)


def test_dhcp_cable(machine):
    number = machine.cable('dhcp0', dhcp=True, plugged=True)
    machine.wait_for(lambda: machine.states()['dhcp0'] == ('routable', 'configured'), what=machine.states)
    assert f'10.200.{number}.' in machine.run(['ip', 'address', 'show', 'dev', 'dhcp0'])


def test_files_and_users(machine):
    machine.write('/run/some/where/file', '#!/bin/sh\nid -un\n', 0o755)
    assert machine.run(['/run/some/where/file'], user='nobody') == 'nobody\n'


def test_leaves_nothing(new_machine):
    m = new_machine(broker=False)
    name, leader = m.name, pathlib.Path('/proc', str(m.leader))
    assert leader.exists()
    m.power_off()
    assert not leader.exists()
    assert name not in pathlib.Path('/proc/mounts').read_text()
    assert not list(pathlib.Path('/sys/fs/cgroup').rglob(name))
