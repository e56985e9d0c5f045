# SPDX-License-Identifier: Apache-2.0
"""What becomes of a delivery in the middle of which nb-watch was killed, and of what changed before it was back?"""

import contextlib
import itertools

import pytest

from records import Records

EVENTS = ('no-carrier', 'carrier', 'link-added', 'link-removed', 'link-renamed')
# It stays dead until the test starts it.
MACHINE = {'files': {'/etc/systemd/system/nb-watch.service.d/dead.conf': '[Service]\nRestartSec=1h\n'}}
# Leaves a process behind that TERM does not end, so that the stop of the unit takes as long as the test wants.
STUBBORN = '#!/bin/sh\n[ ! -e /run/stubborn ] || (trap "" TERM; while :; do sleep 0.1; done) >/dev/null 2>&1 &\n'
WAITS = '#!/bin/sh\nwhile [ -e "/run/hold/$EVENT:$LINK" ]; do sleep 0.05; done\n'


class Network:
    """Links without networkd's doing, so that each change is one state."""

    numbers = itertools.count()

    def __init__(self, machine):
        self.machine = machine
        self.records = Records(machine, EVENTS)
        machine.write('/etc/network-broker/no-carrier.d/50-stubborn', STUBBORN, 0o755)
        for event in ('link-renamed', 'link-removed', 'no-carrier', 'unmanaged'):
            machine.write(f'/etc/network-broker/{event}.d/60-wait', WAITS, 0o755)

    def link(self, name=None):
        """A link that is up, with its cable pulled. Returns its name."""
        name = name or f'l{next(self.numbers)}'
        # The other end keeps the name of this one's first day.
        self.machine.run(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', 'peer'])
        self.machine.run(['ip', 'link', 'set', name, 'addrgenmode', 'none', 'up'])
        return name

    def settled_link(self):
        name = self.link()
        self.wait_state('no-carrier', name)
        self.wait_rest()
        return name, self.machine.index(name)

    def rename(self, name, new):
        self.machine.run(['ip', '-batch', '-'], input=f'link set {name} down\nlink set {name} name {new}\n'
                                                      f'link set {new} up\n')

    def state(self, event, link):
        return self.machine.show(f'nb-run@{event}:{link}.service', 'ActiveState')

    def wait_state(self, event, link, wanted='active'):
        self.machine.wait_for(lambda: self.state(event, link) == wanted,
                              what=lambda: f'{event}:{link} is {self.state(event, link)}; '
                                           f'{self.records.runs()[-20:]}')

    def wait_rest(self):
        """Until no unit is on its way and nothing waits in nb-watch."""
        def rests():
            return not self.machine.systemctl('list-jobs', '--no-legend').strip() and \
                ' 0 waiting' in self.machine.show('nb-watch.service', 'StatusText')
        self.machine.wait_for(rests, what=lambda: self.machine.show('nb-watch.service', 'StatusText'))

    def ran(self, index):
        return [(run.event, run.link) for run in self.records.runs() if run.index == index]

    def hold(self, unit):
        self.machine.write(f'/run/hold/{unit}', '')

    def release(self, unit):
        self.machine.path(f'/run/hold/{unit}').unlink()

    @contextlib.contextmanager
    def stubborn(self):
        self.machine.write('/run/stubborn', '')
        yield
        self.machine.path('/run/stubborn').unlink()

    def end_stubborn(self, link):
        self.machine.systemctl('kill', '--signal=KILL', f'nb-run@no-carrier:{link}.service')

    @contextlib.contextmanager
    def gap(self):
        """nb-watch is killed; what is done inside happens before it is back."""
        self.machine.systemctl('kill', '--signal=KILL', 'nb-watch.service')
        self.machine.wait_for(lambda: self.machine.show('nb-watch.service', 'SubState') == 'auto-restart')
        yield
        self.machine.systemctl('restart', 'nb-watch.service')


@pytest.fixture(scope='module')
def network(machine):
    return Network(machine)


def test_back_in_the_state_that_was_being_left(machine, network):
    with network.stubborn():
        name, index = network.settled_link()
    machine.plug(name)
    network.wait_state('no-carrier', name, 'deactivating')
    with network.gap():
        machine.unplug(name)
        machine.wait_for(lambda: machine.states()[name][0] == 'no-carrier')
    network.end_stubborn(name)
    network.wait_rest()
    network.wait_state('no-carrier', name)
    assert network.ran(index)[-2:] == [('no-carrier', name)] * 2


@pytest.mark.parametrize('change', ['none', 'left', 'returned'])
def test_state_without_a_script(machine, network, change):
    """One with nothing to run counts as delivered like the others, over a restart too."""
    def up():
        machine.run(['ip', 'link', 'set', name, 'up'])
        machine.wait_for(lambda: machine.states()[name][0] == 'no-carrier')

    def down():
        machine.run(['ip', 'link', 'set', name, 'down'])
        machine.wait_for(lambda: machine.states()[name][0] == 'off')

    def told():
        machine.run(['journalctl', '--sync'])
        return machine.messages('_SYSTEMD_UNIT=nb-watch.service', since=since).count(f'{name}: off.')

    name, index = network.settled_link()
    since = machine.cursor()
    before = len(network.ran(index))
    down()
    machine.wait_for(lambda: told() == 1)
    network.wait_rest()
    with network.gap():
        if change != 'none':
            up()
        if change == 'returned':
            down()
    if change != 'left':
        network.wait_rest()
        assert told() == 1
        assert network.state('no-carrier', name) == 'inactive'
        up()
    network.wait_state('no-carrier', name)
    network.wait_rest()
    runs = [run for run in network.records.runs() if run.index == index]
    assert [(run.event, run.previous) for run in runs[before:]] == [('no-carrier', 'off')]


def test_same_name_before_the_units_of_the_old_link_ended(machine, network):
    with network.stubborn():
        name, old = network.settled_link()
    machine.delete(name)
    network.wait_state('no-carrier', name, 'deactivating')
    with network.gap():
        network.link(name)
    network.end_stubborn(name)
    network.wait_rest()
    network.wait_state('no-carrier', name)
    new = machine.index(name)
    runs = [(run.event, run.index) for run in network.records.runs() if run.link == name]
    at = runs.index(('link-removed', old))
    assert runs[at - 1] == ('no-carrier', old)
    assert runs[at + 1:] == [('link-added', new), ('no-carrier', new)]


def test_names_swapped(machine, network):
    (one, first), (two, second) = network.settled_link(), network.settled_link()
    with network.gap():
        network.rename(one, 'between')
        network.rename(two, one)
        network.rename('between', two)
        machine.wait_for(lambda: machine.states().get(two, '')[0] == machine.states().get(one, '')[0] == 'no-carrier')
    network.wait_state('no-carrier', one)
    network.wait_state('no-carrier', two)
    network.wait_rest()
    assert network.ran(first)[-2:] == [('link-renamed', two), ('no-carrier', two)]
    assert network.ran(second)[-2:] == [('link-renamed', one), ('no-carrier', one)]
    assert network.state('no-carrier', one) == network.state('no-carrier', two) == 'active'


def test_made_anew(machine, network):
    name, old = network.settled_link()
    with network.gap():
        machine.delete(name)
        network.link(name)
        machine.wait_for(lambda: machine.states().get(name, '')[0] == 'no-carrier')
    network.wait_rest()
    new = machine.index(name)
    runs = [(run.event, run.index) for run in network.records.runs() if run.link == name]
    assert runs[-4:] == [('no-carrier', old), ('link-removed', old), ('link-added', new), ('no-carrier', new)]
    network.wait_state('no-carrier', name)


def test_gone_while_its_new_name_was_told(machine, network):
    name, index = network.settled_link()
    new = f'{name}new'
    network.hold(f'link-renamed:{new}')
    network.hold(f'no-carrier:{new}')
    network.rename(name, new)
    network.wait_state('link-renamed', new, 'activating')
    machine.wait_for(lambda: machine.states()[new][0] == 'no-carrier')
    machine.delete(new)
    network.release(f'link-renamed:{new}')
    network.wait_state('no-carrier', new, 'activating')
    with network.gap():
        network.link(name)
    network.release(f'no-carrier:{new}')
    network.wait_state('no-carrier', name)
    network.wait_rest()
    assert network.ran(index)[-1] == ('link-removed', new)
    assert network.state('no-carrier', new) == 'inactive'
    assert network.state('no-carrier', name) == 'active'
    assert network.ran(machine.index(name)) == [('link-added', name), ('no-carrier', name)]


def test_renamed_and_back(machine, network):
    (name, index), (other, _) = network.settled_link(), network.settled_link()
    # The other link's end holds up what comes next under its name.
    network.hold(f'link-removed:{other}')
    machine.delete(other)
    network.wait_state('link-removed', other, 'activating')
    network.rename(name, other)
    network.wait_state('no-carrier', name, 'inactive')
    with network.gap():
        network.rename(other, name)
        machine.wait_for(lambda: machine.states().get(name, '')[0] == 'no-carrier')
    network.release(f'link-removed:{other}')
    network.wait_state('no-carrier', name)
    network.wait_rest()
    assert 'link-renamed' not in [event for event, _ in network.ran(index)]
    network.rename(name, other)
    network.wait_state('no-carrier', other)
    network.wait_rest()
    assert network.state('no-carrier', name) == 'inactive'
    # Off for a moment when it was taken down for that, and back before it had its new name.
    assert ('link-renamed', other) in network.ran(index)
    assert network.ran(index)[-1] == ('no-carrier', other)


def test_killed_before_the_first_event_was_delivered(machine, network):
    """The links that were there when the broker was started are no new ones after a restart either."""
    name, index = network.settled_link()
    network.hold(f'unmanaged:{name}')
    before = len(network.records.runs())
    machine.systemctl('stop', 'network-broker.target')
    machine.systemctl('start', 'network-broker.target')
    network.wait_state('unmanaged', name, 'activating')
    with network.gap():
        network.release(f'unmanaged:{name}')
    network.wait_state('no-carrier', name)
    network.wait_rest()
    later = network.records.runs()[before:]
    assert not [run for run in later if run.event == 'link-added']
    assert [run.event for run in later if run.index == index] == ['no-carrier']
