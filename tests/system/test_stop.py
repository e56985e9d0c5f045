# SPDX-License-Identifier: Apache-2.0
"""What is left of it when network-broker.target was stopped in the middle of something?"""

import pytest

LINKS = [f'br{n}' for n in range(30)]
MACHINE = {'files': {
    '/etc/network-broker/network-broker.toml': '[Network]\nRoutingPolicyRules="br*"\n',
    '/etc/network-broker/addresses.d/10-script': ('#!/bin/sh\n', 0o755),
}}


def left(machine):
    """Units of links, jobs, and policy rules."""
    units = machine.run(['systemctl', 'list-units', '--all', '--plain', '--no-legend', 'nb-*@*'])
    active = [line for line in units.splitlines() if 'inactive' not in line]
    rules = [line for line in machine.run(['ip', 'rule']).splitlines() if 'from 10.' in line]
    jobs = machine.run(['systemctl', 'list-jobs', '--no-legend'])
    return active, rules, [line for line in jobs.splitlines() if ' nb-' in line]


def test_everything_ends(machine):
    """What is asked for while the target stops, too."""
    machine.sh(''.join(f'ip link add {link} type bridge; ip link set {link} up; ip address add 10.5.{n}.1/24 dev {link};'
                       for n, link in enumerate(LINKS)))
    for turn in range(3):
        machine.systemctl('start', 'network-broker.target')
        machine.wait_for(lambda: len(left(machine)[1]) >= len(LINKS) and not left(machine)[2], what=lambda: left(machine))
        machine.sh(''.join(f'ip address add 10.6.{n}.{turn + 1}/24 dev {link};' for n, link in enumerate(LINKS)) +
                   'systemctl stop network-broker.target')
        machine.wait_for(lambda: left(machine) == ([], [], []), what=lambda: left(machine))
        assert machine.run(['systemctl', 'is-active', 'nb-watch.service', 'nb-start.service', 'nb-stop.service'],
                           check=False)[1].split() == ['inactive'] * 3
    assert not [m for m in machine.messages('SYSLOG_IDENTIFIER=nb-watch', 'PRIORITY=3')]


@pytest.mark.parametrize('unit', ['nb-watch.service', 'nb-start.service'])
def test_stopped_while_it_starts(machine, unit):
    drop_in = f'/run/systemd/system/{unit}.d/long.conf'
    machine.systemctl('stop', 'network-broker.target', unit)
    machine.write(drop_in, '[Service]\nExecStartPre=sleep infinity\n')
    machine.systemctl('daemon-reload')
    machine.systemctl('start', '--no-block', unit)

    # Before it is executed, the signal to end may pass it by.
    def runs():
        pid = machine.show(unit, 'ControlPID')
        return pid != '0' and machine.run(['cat', f'/proc/{pid}/comm'], check=False)[1] == 'sleep\n'

    machine.wait_for(runs, what=lambda: machine.show(unit, 'SubState'))
    machine.systemctl('stop', unit)
    assert machine.show(unit, 'ActiveState', 'Result') == {'ActiveState': 'inactive', 'Result': 'success'}
    machine.sh(f'rm {drop_in}; systemctl daemon-reload')
