# SPDX-License-Identifier: Apache-2.0
"""Do the policy rules follow the network and the configuration, and survive networkd's sweeps?"""

import datetime
import json
import re

import pytest

from idle import wait_rest

CONFIG = '[Network]\nRoutingPolicyRules="eth1"\n'
FILE = '/etc/network-broker/network-broker.toml'
SWEEPS = 5


def rules(machine, protocol='201'):
    found = [r for f in ('-4', '-6') for r in json.loads(machine.sh(f'ip -j -N {f} rule'))]
    return sorted((r['priority'], r['src'], r.get('dst', 'all'), r['table']) for r in found
                  if r.get('protocol', '2') == protocol and 31000 <= r['priority'] <= 31003)


def routes(machine, table):
    return machine.sh(f'ip route show table {table} 2>/dev/null || true; ip -6 route show table {table} || true')


def expected(machine, base=9999, link='eth1'):
    table = str(base + machine.index(link))
    found = []
    for a in ('10.9.0.12', '2001:db8:9::12'):
        found += [(31000, a, 'all', table), (31001, a, 'all', '254'), (31002, a, 'all', table),
                  (31003, 'all', a, table)]
    return sorted(found)


@pytest.fixture(scope='module')
def links(machine):
    for event in ('routable', 'addresses'):
        machine.write(f'/etc/network-broker/{event}.d/10-see',
                      f'#!/bin/sh\necho "{event} $LINK $(ip rule | grep -c ^3100)" >> /run/seen\n', 0o755)
    machine.cable('eth0', static='10.8.0.11/24', lines='Gateway=10.8.0.1', plugged=True)
    machine.cable('eth1', static='10.9.0.12/24', lines='Address=2001:db8:9::12/64\nGateway=10.9.0.1', plugged=True)
    for link in ('eth0', 'eth1'):
        machine.wait_for(lambda l=link: machine.states()[l] == ('routable', 'configured'), what=machine.states)
    in_place(machine)


def in_place(machine, **options):
    machine.wait_for(lambda: rules(machine, options.get('protocol', '201')) == expected(
        machine, options.get('base', 9999)), what=lambda: rules(machine, options.get('protocol', '201')))


def in_place_with(machine, address):
    """Its rules, and no others besides."""
    machine.wait_for(lambda: rules(machine) == sorted(expected(machine) + with_address(machine, address)) and
                     len(with_address(machine, address)) == 4, what=lambda: rules(machine))


def configure(machine, lines=''):
    machine.write(FILE, CONFIG + lines)
    machine.systemctl('daemon-reload')


def test_the_link_has_its_set(machine, links):
    table = 9999 + machine.index('eth1')
    assert 'default via 10.9.0.1 dev eth1' in routes(machine, table)
    assert machine.show('nb-rules@eth1.service', 'ActiveState') == 'active'
    assert machine.show('nb-rules@eth1.service', 'User') == 'network-broker'
    assert machine.read('/run/network-broker/rules/eth1').startswith('LINK=eth1\n')


def test_scripts_find_the_rules_in_place(machine, links):
    machine.wait_for(lambda: 'routable eth1' in machine.read('/run/seen'))
    assert re.findall('routable eth1 (.*)', machine.read('/run/seen'))[-1] == '4'
    machine.write('/run/seen', '')
    machine.sh('ip addr add 10.9.0.77/24 dev eth1')
    machine.wait_for(lambda: 'addresses eth1' in machine.read('/run/seen'))
    assert 'addresses eth1 8' in machine.read('/run/seen')
    machine.sh('ip addr del 10.9.0.77/24 dev eth1')
    in_place(machine)


def gaps(text):
    """Seconds between the removal of each rule of ours and its return."""
    found, gone = [], {}
    for line in text.splitlines():
        m = re.match(r'\[(.+?)\] (Deleted )?(3100[0-3]:.*)', line)
        if not m:
            continue
        at, rule = datetime.datetime.fromisoformat(m[1]), m[3]
        if m[2]:
            gone[rule] = at
        elif rule in gone:
            found.append((at - gone.pop(rule)).total_seconds())
    return found, gone


class Sweeps:
    """`ip monitor` around something that makes networkd sweep."""

    def __init__(self, machine):
        self.machine = machine

    def around(self, command, done):
        m = self.machine
        m.write('/run/sweep', '')
        m.sh('ip -ts monitor rule > /run/sweep 2>&1 & echo $! > /run/sweep.pid')
        mark = 'ip rule add pref 99 from 192.0.2.99 lookup 99 protocol 2; ip rule del pref 99'
        try:
            m.wait_for(lambda: m.sh(mark) is not None and '192.0.2.99' in m.read('/run/sweep'))
            m.sh(command)
            done()
            m.write('/run/before', m.read('/run/sweep'))
            m.sh(mark.replace('.99', '.98'))
            m.wait_for(lambda: '192.0.2.98' in m.read('/run/sweep'))
        finally:
            m.sh('kill $(cat /run/sweep.pid)')
        return m.read('/run/sweep')


@pytest.mark.parametrize('command', ['networkctl reconfigure eth0', 'networkctl reconfigure eth1',
                                     'systemctl restart systemd-networkd'])
def test_back_after_a_sweep(machine, links, command):
    slowest = []

    def settled():
        machine.wait_for(lambda: all(machine.states()[l] == ('routable', 'configured') for l in ('eth0', 'eth1')),
                         what=machine.states)
        in_place(machine)

    for _ in range(SWEEPS):
        machine.systemctl('reset-failed', 'systemd-networkd.service', 'systemd-networkd.socket')
        found, gone = gaps(Sweeps(machine).around(command, settled))
        assert gone == {}
        if found:
            slowest.append(max(found))
    print(f'{command}: {[round(s * 1000) for s in slowest]} ms')
    # Where networkd takes the address away, too, the rules go with it and come with it.
    if command == 'networkctl reconfigure eth0':
        assert len(slowest) == SWEEPS, 'networkd removed nothing'


@pytest.fixture
def hold(machine):
    """Holds the runs of an event until it is left."""
    scripts = []

    def begin(event):
        scripts.append(f'/etc/network-broker/{event}.d/20-hold')
        machine.write(scripts[-1], '#!/bin/sh\nwhile [ -e /run/hold ]; do sleep 0.1; done\n', 0o755)
        machine.write('/run/hold', '')

    yield begin
    machine.path('/run/hold').unlink()
    for script in scripts:
        machine.path(script).unlink()


def test_put_back_beside_a_running_script(machine, links, hold):
    """At once, not when the link's turn comes."""
    hold('addresses')
    machine.sh('ip addr add 10.9.0.76/24 dev eth1')
    machine.wait_for(lambda: machine.show('nb-run@addresses:eth1.service', 'ActiveState') == 'activating')
    machine.sh('ip rule del priority 31002 from 10.9.0.12')
    machine.wait_for(lambda: len(with_address(machine, '10.9.0.12')) == 4, what=lambda: rules(machine))
    assert machine.show('nb-run@addresses:eth1.service', 'ActiveState') == 'activating'
    machine.sh('ip addr del 10.9.0.76/24 dev eth1')
    in_place(machine)


def test_follow_beside_a_running_script(machine, links, hold):
    """Packets do not wait for scripts."""
    hold('addresses')
    machine.sh('ip addr add 10.9.0.76/24 dev eth1')
    machine.wait_for(lambda: machine.show('nb-run@addresses:eth1.service', 'ActiveState') == 'activating')
    for turn in range(2):
        for n in range(80, 90):
            machine.sh(f'ip addr add 10.9.0.{n}/24 dev eth1')
        machine.wait_for(lambda: all(len(with_address(machine, f'10.9.0.{n}')) == 4 for n in range(80, 90)),
                         what=lambda: rules(machine))
        for n in range(80, 90):
            machine.sh(f'ip addr del 10.9.0.{n}/24 dev eth1')
        in_place_with(machine, '10.9.0.76')
    assert machine.show('nb-run@addresses:eth1.service', 'ActiveState') == 'activating'
    machine.sh('ip addr del 10.9.0.76/24 dev eth1')
    in_place(machine)


def test_a_new_link_has_them_beside_a_running_script(machine, links, hold):
    """It, and one that was renamed."""
    machine.write(FILE, '[Network]\nRoutingPolicyRules="eth1 new*"\n')
    machine.systemctl('daemon-reload')
    for event, link, command in (
            ('link-added', 'new0', 'ip link add new0 type bridge; ip link set new0 up'),
            ('link-renamed', 'new1', 'ip link set new0 down; ip link set new0 name new1; ip link set new1 up')):
        hold(event)
        machine.sh(command)
        machine.wait_for(lambda: machine.show(f'nb-run@{event}:{link}.service', 'ActiveState') == 'activating')
        for n in (1, 2):
            machine.sh(f'ip addr add 10.31.0.{n}/24 dev {link} 2>&1 || true')
            machine.wait_for(lambda: len(with_address(machine, f'10.31.0.{n}')) == 4, what=lambda: rules(machine))
        assert machine.show(f'nb-run@{event}:{link}.service', 'ActiveState') == 'activating'
        machine.path('/run/hold').unlink()
        machine.wait_for(lambda: machine.show(f'nb-run@{event}:{link}.service', 'ActiveState') == 'inactive')
    machine.sh('ip link del new1')
    machine.wait_for(lambda: with_address(machine, '10.31.0.1') == [], what=lambda: rules(machine))
    machine.write('/run/hold', '')
    configure(machine)
    in_place(machine)


def test_a_link_that_goes_while_its_rules_are_on_their_way(machine, links, hold):
    machine.write(FILE, '[Network]\nRoutingPolicyRules="eth1 new*"\n')
    machine.write('/run/systemd/system/nb-rules@.service.d/slow.conf',
                  "[Service]\nExecStartPre=sh -c 'while [ -e /run/slow ]; do sleep 0.1; done'\n")
    machine.systemctl('daemon-reload')
    hold('link-added')
    machine.write('/run/slow', '')
    machine.sh('ip link add new0 type bridge; ip addr add 10.31.0.1/24 dev new0; ip link set new0 up')
    machine.wait_for(lambda: machine.show('nb-rules@new0.service', 'ActiveState') == 'activating')
    machine.sh('ip link del new0')
    machine.path('/run/hold').unlink()
    machine.wait_for(lambda: machine.show('nb-run@link-added:new0.service', 'ActiveState') == 'inactive')
    machine.path('/run/slow').unlink()
    machine.path('/run/systemd/system/nb-rules@.service.d/slow.conf').unlink()
    machine.write('/run/hold', '')
    configure(machine)
    machine.wait_for(lambda: machine.show('nb-rules@new0.service', 'ActiveState') == 'inactive')
    assert with_address(machine, '10.31.0.1') == []
    in_place(machine)


def test_protocol_kernel_is_never_gone(machine, links):
    configure(machine, 'RuleProtocol="kernel"\n')
    in_place(machine, protocol='2')
    assert rules(machine) == []
    text = Sweeps(machine).around('networkctl reconfigure eth0', lambda: machine.wait_for(
        lambda: machine.states()['eth0'] == ('routable', 'configured'), what=machine.states))
    assert not re.search(r'Deleted 3100[0-3]:', text)
    configure(machine)
    in_place(machine)
    assert rules(machine, '2') == []


def test_another_base_live(machine, links):
    old = 9999 + machine.index('eth1')
    configure(machine, 'RouteTableBase=20000\n')
    in_place(machine, base=20000)
    assert routes(machine, old).strip() == ''
    configure(machine)
    in_place(machine)
    assert routes(machine, 20000 + machine.index('eth1')).strip() == ''


DIE = """\
[Service]
ExecReload=
ExecReload=/bin/sh -c 'read -r now rest < /proc/uptime; \
                       if [ -d /run/die ]; then echo $$now >> /run/die/times; kill -9 $$$$; fi; \
                       echo $$now >> /run/lived; exec nb-rules --instance --sync %i'
"""


@pytest.fixture
def dying(machine, links):
    """A function that makes each sync from now on die (True) or not; when those did is in /run/die/times, when others
    began in /run/lived."""
    drop_in = '/etc/systemd/system/nb-rules@.service.d/die.conf'
    machine.write(drop_in, DIE)
    machine.systemctl('daemon-reload')
    in_place(machine)
    wait_rest(machine)

    def die(yes):
        machine.write('/run/lived', '', 0o666)
        machine.sh('mkdir -m 777 /run/die' if yes else 'rm -rf /run/died; mv /run/die /run/died')

    yield die
    machine.sh(f'rm -rf /run/die {drop_in}; ip addr del 10.9.0.78/24 dev eth1 2>/dev/null || true')
    machine.systemctl('daemon-reload')
    in_place(machine)


def times(machine, path):
    return [float(line) for line in machine.read(path).splitlines()] if machine.path(path).exists() else []


def deaths(machine):
    return len(times(machine, '/run/die/times'))


def with_address(machine, address):
    return [r for r in rules(machine) if address in r[1:3]]


def test_a_sync_that_died_is_tried_again(machine, dying):
    dying(True)
    machine.sh('ip addr add 10.9.0.78/24 dev eth1')
    machine.wait_for(lambda: deaths(machine) >= 2)
    assert with_address(machine, '10.9.0.78') == []
    dying(False)
    machine.wait_for(lambda: len(with_address(machine, '10.9.0.78')) == 4, what=lambda: rules(machine))
    assert machine.show('nb-rules@eth1.service', 'ActiveState') == 'active'


def test_healed_though_a_sync_died(machine, dying):
    for _ in range(3):
        dying(True)
        machine.sh('ip addr add 10.9.0.78/24 dev eth1')
        machine.wait_for(lambda: deaths(machine) >= 4)
        dying(False)
        machine.sh('ip rule del priority 31002 from 10.9.0.12')
        machine.wait_for(lambda: len(with_address(machine, '10.9.0.12')) == 4 and
                         len(with_address(machine, '10.9.0.78')) == 4, what=lambda: rules(machine))
        # Not by the next try, which comes ten seconds after the fourth; a slow computer gets another chance.
        if times(machine, '/run/lived')[0] - times(machine, '/run/died/times')[-1] < 10:
            return
        machine.sh('ip addr del 10.9.0.78/24 dev eth1')
        in_place(machine)
    pytest.fail('it came with the next try')


def test_a_failed_healing_is_named_and_tried_again(machine, dying):
    cursor = machine.cursor()
    dying(True)
    machine.sh('ip rule del priority 31002 from 10.9.0.12')
    machine.wait_for(lambda: deaths(machine) >= 2)
    assert "Putting rules back: nb-rules@eth1.service ended with 'failed', trying again." in machine.messages(
        '_SYSTEMD_UNIT=nb-watch.service', since=cursor)
    dying(False)
    in_place(machine)


def test_stopped_by_hand(machine, links):
    """Neither a change nor a try starts it again; but from a start by hand on it follows."""
    unit = '/org/freedesktop/systemd1/unit/nb_2drules_40eth1_2eservice'
    machine.background(['busctl', 'monitor', '--json=short', "--match=interface='org.example.Begin'",
                        f"--match=type='method_call',path='{unit}'"], '/run/asked')
    machine.wait_for(lambda: machine.run(['busctl', 'emit', '/', 'org.example.Begin', 'Begin']) or
                     '"Begin"' in machine.read('/run/asked'))
    since = machine.cursor()
    machine.systemctl('stop', 'nb-rules@eth1.service')
    nothing_left(machine, 9999 + machine.index('eth1'))
    machine.sh('ip addr add 10.9.0.79/24 dev eth1')
    machine.wait_for(lambda: 'invalid' in ' '.join(machine.messages('_SYSTEMD_UNIT=nb-watch.service', since=since)))
    # The try asks about the unit first.
    machine.wait_for(lambda: unit in machine.read('/run/asked'))
    wait_rest(machine)
    assert rules(machine) == []
    assert machine.show('nb-rules@eth1.service', 'ActiveState') == 'inactive'
    machine.systemctl('start', 'nb-rules@eth1.service')
    machine.sh('ip addr del 10.9.0.79/24 dev eth1')
    in_place(machine)


def test_stopped_in_the_middle(machine, links):
    """Of a sync, which ends before: the unit has not failed."""
    drop_in = '/run/systemd/system/nb-rules@eth1.service.d/slow.conf'
    machine.write(drop_in, "[Service]\nExecReload=\nExecReload=sh -c 'while [ -e /run/slow ]; do sleep 0.1; done'\n")
    machine.systemctl('daemon-reload')
    machine.write('/run/slow', '')
    machine.systemctl('reload', '--no-block', 'nb-rules@eth1.service')
    machine.wait_for(lambda: machine.show('nb-rules@eth1.service', 'ActiveState') == 'reloading')
    machine.systemctl('stop', '--no-block', 'nb-rules@eth1.service')
    machine.wait_for(lambda: machine.show('nb-rules@eth1.service', 'ActiveState') != 'reloading')
    machine.path('/run/slow').unlink()
    nothing_left(machine, 9999 + machine.index('eth1'))
    machine.wait_for(lambda: machine.show('nb-rules@eth1.service', 'ActiveState') == 'inactive')
    machine.path(drop_in).unlink()
    machine.systemctl('daemon-reload')
    machine.systemctl('start', 'nb-rules@eth1.service')
    in_place(machine)


def test_what_is_left_out_is_said_once(machine, links):
    """Not again by each sync, but when something else is left out, and by the next start."""
    def said():
        return [m for m in machine.messages('NB_LINK=eth1', since=since) if 'encap' in m]

    since = machine.cursor()
    machine.sh('ip route add 198.51.100.0/24 dev eth1 encap ip id 1 dst 10.9.0.1')
    machine.wait_for(said, what=lambda: machine.messages(since=since))
    for n in range(3):
        machine.sh(f'ip addr add 10.9.0.{80 + n}/24 dev eth1')
        machine.wait_for(lambda n=n: f'10.9.0.{80 + n}' in machine.sh('ip rule'))
        machine.systemctl('reload', 'nb-rules@eth1.service')
    machine.run(['journalctl', '--sync'])
    assert len(said()) == 1
    machine.sh('ip route add 203.0.113.0/24 dev eth1 encap ip id 1 dst 10.9.0.1')
    machine.wait_for(lambda: len(said()) == 3, what=said)
    machine.systemctl('restart', 'nb-rules@eth1.service')
    machine.wait_for(lambda: len(said()) == 5, what=said)
    machine.sh('ip route del 198.51.100.0/24; ip route del 203.0.113.0/24; '
               'for n in 80 81 82; do ip addr del 10.9.0.$n/24 dev eth1; done')
    in_place(machine)


def nothing_left(machine, table):
    machine.wait_for(lambda: rules(machine) == [] and routes(machine, table).strip() == '',
                     what=lambda: rules(machine))


def test_nothing_is_left(machine, links):
    table = 9999 + machine.index('eth1')
    machine.write(FILE, '[Network]\nRoutingPolicyRules=""\n')
    machine.systemctl('daemon-reload')
    nothing_left(machine, table)
    configure(machine)
    in_place(machine)

    machine.systemctl('stop', 'network-broker.target')
    nothing_left(machine, table)
    assert machine.sh('ls /run/network-broker/rules').split() == []
    machine.systemctl('start', 'network-broker.target')
    in_place(machine)

    machine.delete('eth1')
    nothing_left(machine, table)
    machine.wait_for(lambda: machine.show('nb-rules@eth1.service', 'ActiveState') == 'inactive')
