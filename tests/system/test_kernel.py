# SPDX-License-Identifier: Apache-2.0
"""Does Generator="kernel" see what networkd would have said?"""

import re

from records import OPERATIONAL, Records
from idle import wait_rest

# What an administrator does by hand, and the state that each step ends in.
STEPS = [
    ('ip link add card0 type veth peer name card0 netns peer', 'off'),
    ('ip link set card0 addrgenmode none up', 'no-carrier'),
    ('ip -n peer link set card0 up', 'carrier'),
    ('ip address add 169.254.7.7/16 dev card0 scope link', 'degraded'),
    ('ip address add 192.0.2.2/24 dev card0', 'routable'),
    ('ip -n peer link set card0 down', 'no-carrier'),
    ('ip -n peer link set card0 up', 'routable'),
    ('ip address del 192.0.2.2/24 dev card0', 'degraded'),
    ('ip address del 169.254.7.7/16 dev card0', 'carrier'),
    ('ip -6 address add 2001:db8::2/64 dev card0 nodad', 'routable'),
    ('ip -6 address del 2001:db8::2/64 dev card0', 'carrier'),
    ('ip link add bridge0 type bridge; ip link set bridge0 up; ip link set card0 master bridge0', 'enslaved'),
    ('ip link set card0 nomaster', 'carrier'),
    ('ip link set card0 down', 'off'),
]


def sequence(machine):
    """The operational states that ran for card0, step by step."""
    records = Records(machine, OPERATIONAL) if machine.networkd else Runs(machine)
    for command, state in STEPS:
        machine.sh(command)
        machine.wait_for(lambda s=state: machine.show(f'nb-run@{s}:card0.service', 'ActiveState') == 'active',
                         what=lambda c=command, s=state: f'{s} after {c}: {machine.units()}')
    wait_rest(machine, states=('off',))
    return [run.event for run in records.runs() if run.link == 'card0']


class Runs(Records):
    """Only what ran: there is no networkd to listen to."""

    def monitor(self):
        pass


def test_same_sequence_as_networkd(new_machine):
    sequences = {}
    for generator, enable in (('systemd-networkd', ['systemd-networkd.service']), ('kernel', [])):
        m = new_machine(config=f'[System]\nGenerator="{generator}"\n', enable=enable,
                        files={'/etc/systemd/network/00-none.network': '[Match]\nName=*\n[Link]\nUnmanaged=yes\n'})
        m.networkd = bool(enable)
        if not enable:
            assert m.show('systemd-networkd.service', 'ActiveState') == 'inactive'
        sequences[generator] = sequence(m)
        m.power_off()
    assert [s for s in sequences['kernel'] if s != 'missing'] == \
        [s for s in sequences['systemd-networkd'] if s != 'missing']
    assert sequences['kernel'][-1] == 'off'


def test_networkd_that_is_not_there(new_machine):
    m = new_machine(enable=[])
    m.wait_for(lambda: m.show('nb-watch.service', 'ActiveState') == 'active')
    m.wait_for(lambda: 'networkd' in m.show('nb-watch.service', 'StatusText'),
               what=lambda: m.show('nb-watch.service', 'StatusText'))
    m.cursor()
    errors = [r['MESSAGE'] for r in m.journal('_SYSTEMD_UNIT=nb-watch.service') if int(r['PRIORITY']) <= 3]
    assert len(errors) == 1 and re.search('networkd', errors[0]), errors
    assert m.show('systemd-networkd.service', 'ActiveState') == 'inactive'
    # It is there as soon as networkd is.
    m.systemctl('start', 'systemd-networkd.service')
    Records(m)
    m.cable('eth0', static='192.0.2.2/24', plugged=True)
    m.wait_for(lambda: m.show('nb-run@routable:eth0.service', 'ActiveState') == 'active')
