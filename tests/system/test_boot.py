# SPDX-License-Identifier: Apache-2.0
"""What is delivered at boot, what at power off, and what do `isolate` and a second start change?"""

import pytest

from records import STATES
from idle import wait_rest

# A link that is there before networkd, with a carrier and an address; its script says on the console what it does.
EARLY = """\
[Unit]
DefaultDependencies=no
Before=systemd-networkd.service network-pre.target
After=systemd-sysctl.service systemd-tmpfiles-setup.service

[Service]
Type=oneshot
ExecStart=ip netns add peer
ExecStart=ip link add early0 type veth peer name early0 netns peer
ExecStart=ip -n peer link set early0 up

[Install]
WantedBy=sysinit.target
"""
NETWORK = '[Match]\nName=early0\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nAddress=192.0.2.2/24\n'
SLOW = """\
#!/bin/sh
echo "$EVENT $LINK" >> /run/ran
echo "began $EVENT $LINK" > /dev/console
trap : TERM
if [ "$EVENT" = routable ]; then
        while [ ! -e /run/go ]; do sleep 0.1; done
fi
"""


def boot(new_machine):
    files = {
        '/etc/systemd/system/early.service': EARLY,
        '/etc/systemd/network/50-early0.network': NETWORK,
        **{f'/etc/network-broker/{event}.d/10-slow': (SLOW, 0o755) for event in STATES},
    }
    return new_machine(broker=False, cables=False, files=files,
                       enable=['systemd-networkd.service', 'early.service', 'network-broker.target'])


def ran(m):
    text = m.read('/run/ran') if m.path('/run/ran').exists() else ''
    return [line for line in text.splitlines() if line.endswith(' early0')]


def test_boot(new_machine):
    m = boot(new_machine)
    # The boot has ended, the script has not.
    m.wait_for(lambda: m.show('nb-run@routable:early0.service', 'ActiveState') == 'activating')
    assert m.show('multi-user.target', 'ActiveState') == 'active'
    assert m.run(['systemctl', 'is-system-running'], check=False)[1].strip() == 'running'
    assert not [message for message in m.messages('_PID=1') if 'ordering cycle' in message]
    assert not m.path('/run/go').exists()
    m.write('/run/go', '')
    m.wait_for(lambda: m.show('nb-run@routable:early0.service', 'ActiveState') == 'active')
    m.wait_for(lambda: m.show('nb-run@configured:early0.service', 'ActiveState') == 'active')
    wait_rest(m)
    first = ran(m)
    assert first.count('routable early0') == first.count('configured early0') == 1

    # A second start delivers what came meanwhile, and nothing else.
    m.systemctl('stop', 'nb-watch.service')
    m.sh('ip link add late0 type bridge')
    m.systemctl('start', 'nb-watch.service')
    m.wait_for(lambda: m.show('nb-run@unmanaged:late0.service', 'ActiveState') == 'active', what=m.units)
    wait_rest(m)
    assert ran(m) == first

    m.systemctl('isolate', 'multi-user.target')
    wait_rest(m)
    assert m.show('nb-run@routable:early0.service', 'ActiveState') == 'active'
    assert m.show('nb-watch.service', 'ActiveState') == 'active'
    assert ran(m) == first

    m.systemctl('stop', 'network-broker.target')
    m.wait_for(lambda: set(m.units('nb-*').values()) <= {'inactive'}, what=lambda: m.units('nb-*'))
    assert ran(m) == first


def test_power_off_with_a_running_script(new_machine):
    m = boot(new_machine)
    m.wait_for(lambda: m.show('nb-run@routable:early0.service', 'ActiveState') == 'activating')
    m.wait_for(lambda: 'began routable' in m.read_console())
    before = m.read_console().count('began ')
    m.power_off()
    assert m.last_words.count('began ') == before


@pytest.mark.parametrize('target', ('rescue.target', 'emergency.target'))
def test_isolate(new_machine, target):
    """Of a target that does not want the broker ends the watching; and the states too where PID 1 passes the stop on."""
    m = boot(new_machine)
    m.write('/run/go', '')
    m.wait_for(lambda: m.show('nb-run@routable:early0.service', 'ActiveState') == 'active')
    m.systemctl('isolate', '--no-block', target)
    m.wait_for(lambda: m.show('nb-watch.service', 'ActiveState') == 'inactive')
    m.wait_for(lambda: not m.run(['systemctl', 'list-jobs', '--no-legend']).strip(),
               what=lambda: m.run(['systemctl', 'list-jobs']))
    passed_on = int(m.run(['systemctl', '--version']).split()[1]) == 252
    assert m.show('nb-run@routable:early0.service', 'ActiveState') == ('inactive' if passed_on else 'active')
