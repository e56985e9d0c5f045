# SPDX-License-Identifier: Apache-2.0
"""Do rules and events follow routes that the kernel takes away without announcing it?"""

import pytest

from faults import traced
from idle import wait_rest, wait_seen

CONFIG = '[Network]\nRoutingPolicyRules="eth8"\n'
METRIC = 3005


@pytest.fixture(scope='module')
def links(machine):
    machine.write('/run/routes', '')
    machine.write('/etc/network-broker/routes.d/10-count', '#!/bin/sh\necho "$LINK" >> /run/routes\n', 0o755)
    for n in (5, 8):
        machine.cable(f'eth{n}', static=f'10.{n}.0.2/24', lines=f'Address=2001:db8:{n}::2/64', plugged=True)
    for link in ('eth5', 'eth8'):
        machine.wait_for(lambda l=link: machine.states()[l] == ('routable', 'configured'), what=machine.states)
    machine.run(['ip', 'netns', 'add', 'away'])


def events(machine, link='eth8'):
    return machine.read('/run/routes').splitlines().count(link)


def table(machine):
    """The defaults with our metric in the table of eth8."""
    number = 9999 + machine.index('eth8')
    text = ''.join(machine.sh(f'ip {f} route show table {number} 2>/dev/null || true') for f in ('-4', '-6'))
    return [line for line in text.splitlines() if line.startswith('default') and f'metric {METRIC}' in line]


def wan():
    return 'ip link add wan1 type veth peer name wan2; ip addr add 10.9.0.2/24 dev wan1; ip link set wan1 up; ip link set wan2 up; '


LEGS = f'ip route add default metric {METRIC} nexthop via 10.8.0.1 dev eth8 nexthop via 10.9.0.1 dev wan1'
GROUP = ('ip nexthop add id 5 via 10.8.0.1 dev eth8; ip nexthop add id 6 via 10.5.0.1 dev eth5; '
         f'ip nexthop add id 7 group 5/6; ip route add default nhid 7 metric {METRIC}')
LOSSES = {
    'replaced by another link': (f'ip route replace default via 10.8.0.1 dev eth8 metric {METRIC}',
                                 f'ip route replace default via 10.5.0.1 dev eth5 metric {METRIC}'),
    'replaced by a blackhole': (f'ip route add default via 10.8.0.1 dev eth8 metric {METRIC}',
                                f'ip route replace blackhole default metric {METRIC}'),
    'IPv6 replaced': (f'ip -6 route add default via 2001:db8:8::1 dev eth8 metric {METRIC}',
                      f'ip -6 route replace default via 2001:db8:5::1 dev eth5 metric {METRIC}'),
    'several legs replaced': (wan() + LEGS, f'ip route replace default via 10.5.0.1 dev eth5 metric {METRIC}'),
    'the other leg deleted': (wan() + LEGS, 'ip link del wan1'),
    'the other leg moved': (wan() + LEGS, 'ip link set wan1 netns away'),
    'source deleted': (wan() + f'ip route add default via 10.8.0.1 dev eth8 src 10.9.0.2 metric {METRIC}',
                       'ip addr del 10.9.0.2/24 dev wan1'),
    'nexthop deleted': (f'ip nexthop add id 5 via 10.8.0.1 dev eth8; ip route add default nhid 5 metric {METRIC}',
                        'ip nexthop del id 5'),
    'nexthop moved': (f'ip nexthop add id 5 via 10.8.0.1 dev eth8; ip route add default nhid 5 metric {METRIC}',
                      'ip nexthop replace id 5 via 10.5.0.1 dev eth5'),
    'group without our leg': (GROUP, 'ip nexthop replace id 7 group 6'),
    'group deleted': (GROUP, 'ip nexthop del id 7'),
}
CLEANUP = (f'ip route flush metric {METRIC}; ip -6 route flush metric {METRIC}; ip nexthop flush; ip link del wan1; '
           'ip netns exec away ip link del wan1; true')


@pytest.mark.parametrize('loss', LOSSES)
def test_loss_is_followed(machine, links, loss):
    make, lose = LOSSES[loss]
    try:
        machine.sh(make)
        machine.wait_for(lambda: table(machine), what='the table has no default')
        wait_rest(machine)
        before = events(machine)
        machine.sh(lose)
        machine.wait_for(lambda: not table(machine), what=lambda: table(machine))
        machine.wait_for(lambda: events(machine) > before, what='no event')
    finally:
        machine.run(['sh', '-c', CLEANUP], check=False)


def test_others_are_not_told(machine, links):
    """Routes of one link replaced again and again are nothing to the other."""
    unit = 'nb-rules@eth8.service'
    batch = ''.join(f'route replace 10.{n >> 16}.{n >> 8 & 255}.{n & 255}/32 dev eth5 table 500\n' for n in range(20000))
    machine.run(['ip', '-batch', '-'], input=batch, timeout=120)
    wait_rest(machine)
    cursor, before = machine.cursor(), (events(machine, 'eth5'), events(machine, 'eth8'))
    machine.run(['ip', '-batch', '-'], input=batch.replace('dev', 'via 10.5.0.1 dev'), timeout=120)
    machine.wait_for(lambda: events(machine, 'eth5') > before[0])
    wait_rest(machine)
    # A link that goes is a reason to look once more.
    with traced(machine, machine.show('nb-watch.service', 'MainPID'), '--trace=sendto') as calls:
        wait_seen(machine)
        machine.wait_for(lambda: 'RTM_GETROUTE' in calls() and 'if_nametoindex("eth8")' in calls(), what=calls)
    wait_rest(machine)
    assert events(machine, 'eth8') == before[1]
    machine.cursor()
    assert len([m for m in machine.messages(f'UNIT={unit}', since=cursor) if m.startswith('Reloading')]) <= 1
    machine.sh('ip route flush table 500')
