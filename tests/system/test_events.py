# SPDX-License-Identifier: Apache-2.0
"""The main job: does each transition of a link run its script, once and in order, and does systemd show it?"""

import pytest

from idle import wait_rest, wait_seen
from records import EDGES, OPERATIONAL, SETUP, Records, overlaps

BOUND = """\
[Unit]
BindsTo=nb-run@routable:{link}.service
After=nb-run@routable:{link}.service

[Service]
ExecStart=sleep infinity

[Install]
WantedBy=nb-run@routable:{link}.service
"""


AGAIN = """\
[Service]
ExecStart=sleep infinity

[Install]
WantedBy=nb-run@configured:{link}.service
"""


@pytest.fixture(scope='module')
def records(machine):
    return Records(machine)


def settled(machine, records, *names):
    """Waits until all that networkd announced about the links has run. Returns the units that should be active."""
    indices = [machine.index(name) for name in names]
    machine.wait_for(lambda: not any(records.differences(i) for i in indices),
                     what=lambda: [records.differences(i) for i in indices])


def active_units(machine, name):
    """The active units of one link."""
    return {unit for unit, state in machine.units(f'nb-run@*:{name}.service').items() if state == 'active'}


def cable(machine, name, **kwargs):
    machine.cable(name, **kwargs)
    machine.wait_for(lambda: machine.states()[name] == ('no-carrier', 'configuring'), what=machine.states)


def wait_state(machine, name, *states):
    machine.wait_for(lambda: machine.states()[name][:len(states)] == states, what=machine.states)


def test_ten_times_up_and_down(machine, records):
    cable(machine, 'static0', static='192.0.2.2/24')
    cable(machine, 'dhcp0', dhcp=True)
    links = ('static0', 'dhcp0')
    for _ in range(10):
        machine.plug(*links)
        for link in links:
            wait_state(machine, link, 'routable', 'configured')
        machine.unplug(*links)
        for link in links:
            wait_state(machine, link, 'no-carrier')
    settled(machine, records, *links)
    # A second run of anything would show at the latest before what comes next.
    machine.plug(*links)
    for link in links:
        wait_state(machine, link, 'routable', 'configured')
    settled(machine, records, *links)

    assert not overlaps(records.runs())
    for link in links:
        ran = records.ran(machine.index(link))
        assert ran.count('routable') == 11
        assert ran.count('configured') == 11
        for kind in (OPERATIONAL, SETUP):
            runs = [r for r in records.runs() if r.link == link and r.event in kind]
            assert [r.previous for r in runs[1:]] == [r.event for r in runs[:-1]]


def test_active_units_are_the_present_states(machine, records):
    cable(machine, 'shown0', static='192.0.2.6/24')
    for plug, states in ((machine.plug, ('routable', 'configured')), (machine.unplug, ('no-carrier', 'configured'))):
        plug('shown0')
        wait_state(machine, 'shown0', *states)
        settled(machine, records, 'shown0')
        wanted = {f'nb-run@{state}:shown0.service' for state in states}
        machine.wait_for(lambda: active_units(machine, 'shown0') == wanted,
                         what=lambda: f'{active_units(machine, "shown0")} is {wanted}')
    listed = machine.systemctl('list-units', '--plain', '--no-legend', 'nb-run@*:shown0.service')
    assert {line.split()[0] for line in listed.splitlines()} == wanted


def test_link_without_a_lease_runs_its_scripts(machine, records):
    machine.write('/etc/network-broker/routable.d/20-lease',
                  '#!/bin/sh\necho "$LINK ${DHCP_LEASE-none}" >> /run/leases\n', 0o755)
    cable(machine, 'bare0', static='192.0.2.10/24', plugged=False)
    machine.plug('bare0')
    machine.unplug('dhcp0')
    wait_state(machine, 'dhcp0', 'no-carrier')
    machine.plug('dhcp0')
    wait_state(machine, 'dhcp0', 'routable', 'configured')
    settled(machine, records, 'bare0', 'dhcp0')
    machine.run(['rm', '/etc/network-broker/routable.d/20-lease'])
    leases = dict(line.split(' ', 1) for line in machine.read('/run/leases').splitlines())
    assert leases['bare0'] == 'none'
    assert 'ADDRESS=10.200.' in leases['dhcp0']


def test_output_in_status(machine, records):
    machine.write('/etc/network-broker/carrier.d/30-say', '#!/bin/sh\necho "hello from $LINK"\n', 0o755)
    machine.unplug('static0')
    wait_state(machine, 'static0', 'no-carrier')
    machine.write('/etc/network-broker/routable.d/30-say', '#!/bin/sh\necho "routable says $LINK"\n', 0o755)
    machine.plug('static0')
    wait_state(machine, 'static0', 'routable', 'configured')
    settled(machine, records, 'static0')
    machine.wait_for(lambda: 'nb-run@routable:static0.service' in active_units(machine, 'static0'))
    machine.cursor()
    status = machine.systemctl('status', '--no-pager', '--full', 'nb-run@routable:static0')
    assert 'routable says static0' in status
    assert machine.messages('_SYSTEMD_UNIT=nb-run@routable:static0.service', 'SYSLOG_IDENTIFIER=30-say') == \
        ['routable says static0']
    machine.sh('rm /etc/network-broker/*.d/30-say')


def test_bound_unit_follows_the_link(machine, records):
    cable(machine, 'bound0', static='192.0.2.14/24')
    machine.write('/etc/systemd/system/bound.service', BOUND.format(link='bound0'))
    machine.systemctl('enable', 'bound.service')
    level = 'nb-run@routable:bound0.service'

    # By hand while the link is not routable: neither starts.
    machine.systemctl('start', 'bound.service', check=False)
    assert machine.show('bound.service', 'ActiveState') == 'inactive'
    machine.systemctl('start', level, check=False)
    assert machine.show(level, 'ActiveState') == 'inactive'

    for _ in range(3):
        machine.plug('bound0')
        machine.wait_for(lambda: machine.show('bound.service', 'ActiveState') == 'active')
        assert machine.show(level, 'ActiveState') == 'active'
        machine.unplug('bound0')
        machine.wait_for(lambda: machine.show('bound.service', 'ActiveState') == 'inactive')
        machine.wait_for(lambda: machine.show(level, 'ActiveState') == 'inactive')
    settled(machine, records, 'bound0')
    machine.systemctl('disable', 'bound.service')


def test_bound_unit_without_a_script(machine, records):
    """A unit enabled into a state is something to run, though there is no script."""
    machine.run(['rm', '/etc/network-broker/routable.d/10-record'])
    cable(machine, 'bound1', static='192.0.2.18/24')
    machine.write('/etc/systemd/system/bound1.service', BOUND.format(link='bound1'))
    machine.systemctl('enable', 'bound1.service')
    machine.plug('bound1')
    machine.wait_for(lambda: machine.show('bound1.service', 'ActiveState') == 'active')
    machine.unplug('bound1')
    machine.wait_for(lambda: machine.show('bound1.service', 'ActiveState') == 'inactive')
    machine.systemctl('disable', 'bound1.service')
    machine.delete('bound1')
    records.install(('routable',))


def test_reload_does_not_repeat_a_failed_run(machine, records):
    """What is enabled into a present state is pulled in by a daemon-reload, but no script runs a second time."""
    cable(machine, 'bound2', static='192.0.2.26/24')
    machine.write('/etc/network-broker/routable.d/50-fail',
                  '#!/bin/sh\n[ "$LINK" != bound2 ] || { echo run >> /run/fails; exit 3; }\n', 0o755)
    machine.write('/etc/systemd/system/bound2.service', BOUND.format(link='bound2'))
    machine.systemctl('enable', 'bound2.service')
    machine.plug('bound2')
    wait_state(machine, 'bound2', 'routable', 'configured')
    settled(machine, records, 'bound2')
    runs = machine.read('/run/fails')
    # The link is told of again, as this shows: its other state has run well.
    machine.write('/etc/systemd/system/again.service', AGAIN.format(link='bound2'))
    machine.systemctl('enable', 'again.service')
    for _ in range(3):
        machine.systemctl('stop', 'again.service')
        machine.systemctl('daemon-reload')
        machine.wait_for(lambda: machine.show('again.service', 'ActiveState') == 'active')
        wait_rest(machine)
    assert machine.read('/run/fails') == runs
    machine.systemctl('disable', '--now', 'again.service')
    machine.sh('rm /etc/network-broker/routable.d/50-fail')
    machine.unplug('bound2')
    # Both at once are no change to networkd.
    wait_state(machine, 'bound2', 'no-carrier', 'configured')
    machine.plug('bound2')
    machine.wait_for(lambda: machine.show('bound2.service', 'ActiveState') == 'active')
    machine.systemctl('stop', 'bound2.service')
    machine.systemctl('daemon-reload')
    machine.wait_for(lambda: machine.show('bound2.service', 'ActiveState') == 'active')
    machine.systemctl('disable', 'bound2.service')
    machine.delete('bound2')


def test_failing_script(machine, records):
    machine.write('/etc/network-broker/carrier.d/50-fail',
                  '#!/bin/sh\n[ "$LINK" != fail0 ] || exit 3\n', 0o755)
    cable(machine, 'fail0', static='192.0.2.22/24')
    machine.plug('fail0')
    wait_state(machine, 'fail0', 'routable', 'configured')
    settled(machine, records, 'fail0')
    unit = 'nb-run@carrier:fail0.service'
    assert machine.show(unit, 'ActiveState') == 'failed'
    assert unit in machine.systemctl('--failed', '--plain', '--no-legend')
    assert any('50-fail' in message for message in machine.messages(f'NB_UNIT={unit}'))
    # It is run again at the next entry, and shows as active once it succeeds.
    machine.run(['rm', '/etc/network-broker/carrier.d/50-fail'])
    machine.unplug('fail0')
    wait_state(machine, 'fail0', 'no-carrier')
    machine.plug('fail0')
    wait_state(machine, 'fail0', 'routable')
    settled(machine, records, 'fail0')
    assert machine.show(unit, 'ActiveState') == 'inactive'
    assert machine.systemctl('--failed', '--plain', '--no-legend') == ''


def test_restart_by_hand_is_not_interrupted(machine, records):
    """Scripts that an administrator runs once more end by themselves too when the link leaves the state."""
    script = '/etc/network-broker/routable.d/40-slow'
    machine.write(script, '#!/bin/sh\n[ "$LINK" = again0 ] || exit 0\necho begin >> /run/again\n'
                  'while [ ! -e /run/go ]; do sleep 0.05; done\necho end >> /run/again\n', 0o755)
    machine.write('/run/go', '')
    cable(machine, 'again0', static='192.0.2.50/28')
    machine.plug('again0')
    wait_state(machine, 'again0', 'routable')
    settled(machine, records, 'again0')
    unit = 'nb-run@routable:again0.service'
    machine.wait_for(lambda: machine.show(unit, 'ActiveState') == 'active')

    machine.path('/run/go').unlink()
    machine.systemctl('restart', '--no-block', unit)
    machine.wait_for(lambda: machine.read('/run/again').count('begin') == 2)
    since = machine.cursor()
    machine.unplug('again0')
    wait_state(machine, 'again0', 'no-carrier')
    wait_seen(machine)
    assert machine.show(unit, 'ActiveState') == 'activating'
    machine.write('/run/go', '')
    machine.wait_for(lambda: machine.show(unit, 'ActiveState') == 'inactive')
    assert machine.read('/run/again').split() == ['begin', 'end'] * 2
    assert not [m for m in machine.messages(f'UNIT={unit}', since=since) if 'Fail' in m]
    machine.wait_for(lambda: machine.show('nb-run@no-carrier:again0.service', 'ActiveState') == 'active')
    machine.path(script).unlink()
    machine.delete('again0')


def test_stop_by_hand_is_waited_for(machine, records):
    """The next event of the link comes when the stopped script has ended, not beside it."""
    script = '/etc/network-broker/routable.d/40-stubborn'
    machine.write(script, '#!/bin/sh\n[ "$LINK" = stop0 ] || exit 0\n'
                  'trap "while [ ! -e /run/enough ]; do sleep 0.05; done; echo end >> /run/stubborn; exit" TERM\n'
                  'echo begin >> /run/stubborn\nwhile :; do sleep 0.05; done\n', 0o755)
    machine.write('/etc/network-broker/configured.d/40-next',
                  '#!/bin/sh\n[ "$LINK" != stop0 ] || echo next >> /run/stubborn\n', 0o755)
    unit = 'nb-run@routable:stop0.service'
    cable(machine, 'stop0', static='192.0.2.66/28')
    machine.plug('stop0')
    machine.wait_for(lambda: machine.run(['test', '-e', '/run/stubborn'], check=False)[0] == 0)
    wait_state(machine, 'stop0', 'routable', 'configured')
    machine.systemctl('stop', '--no-block', unit)
    machine.wait_for(lambda: machine.show(unit, 'ActiveState') == 'deactivating')
    wait_seen(machine)
    assert machine.read('/run/stubborn').split() == ['begin']
    machine.write('/run/enough', '')
    machine.wait_for(lambda: machine.read('/run/stubborn').split() == ['begin', 'end', 'next'],
                     what=lambda: machine.read('/run/stubborn'))
    for path in (script, '/etc/network-broker/configured.d/40-next'):
        machine.path(path).unlink()
    machine.delete('stop0')


def test_nothing_to_run_starts_no_unit(machine, records):
    machine.sh('rm /etc/network-broker/*.d/10-record')
    cable(machine, 'quiet0', static='192.0.2.26/24')
    for _ in range(2):
        machine.plug('quiet0')
        wait_state(machine, 'quiet0', 'routable', 'configured')
        machine.unplug('quiet0')
        wait_state(machine, 'quiet0', 'no-carrier')
    records.install()
    # The first event with something to run comes after all those without.
    machine.plug('quiet0')
    machine.wait_for(lambda: 'nb-run@routable:quiet0.service' in active_units(machine, 'quiet0'))
    machine.cursor()
    starts = [r['UNIT'] for r in machine.journal('JOB_TYPE=start', '_PID=1')
              if r['UNIT'].endswith(':quiet0.service') and r.get('JOB_RESULT') == 'done']
    assert starts.count('nb-run@no-carrier:quiet0.service') == 0
    assert starts.count('nb-run@routable:quiet0.service') == 1


def test_ends_with_the_target(machine, records):
    """Stopping the target ends everything; starting it delivers the present states once."""
    machine.systemctl('stop', 'network-broker.target')
    # systemctl waits for the target, not for what ends with it.
    machine.wait_for(lambda: set(machine.units('nb-*.service').values()) <= {'inactive', 'failed'},
                     what=lambda: machine.units('nb-*.service'))
    before = len(records.runs())
    machine.systemctl('start', 'network-broker.target')
    machine.wait_for(lambda: {'nb-run@routable:static0.service', 'nb-run@configured:static0.service'} <=
                     active_units(machine, 'static0'))
    ran = [r.event for r in records.runs()[before:] if r.link == 'static0']
    assert sorted(ran) == ['configured', 'routable']
    assert not set(ran) & set(EDGES)
