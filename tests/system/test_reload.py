# SPDX-License-Identifier: Apache-2.0
"""Is an edit in effect after `systemctl daemon-reload` and nothing else, and is nothing lost meanwhile?"""

import threading

import pytest

from idle import wait_rest
from records import Records

FILE = '/etc/network-broker/network-broker.toml'
CONFIG = '[Network]\nLinks="other0"\n'
EVENTS = ('no-carrier', 'routable', 'configured')
SCRIPT = '#!/bin/sh\necho "$EVENT ${JSON:+json}" >> /run/reload-test\n'


def reload_with(machine, text):
    machine.write(FILE, text)
    machine.systemctl('daemon-reload')


def cable(machine, name, address):
    machine.cable(name, static=address, plugged=True)
    machine.wait_for(lambda: machine.states()[name] == ('routable', 'configured'), what=machine.states)


def flip(machine, name):
    machine.unplug(name)
    machine.wait_for(lambda: machine.states()[name][0] == 'no-carrier', what=machine.states)
    machine.plug(name)
    machine.wait_for(lambda: machine.states()[name][0] == 'routable', what=machine.states)


def is_active(machine, unit):
    return machine.units(unit).get(unit) == 'active'


@pytest.fixture(scope='module')
def link(machine):
    """A link that is routable, and a script for its states."""
    for event in EVENTS:
        machine.write(f'/etc/network-broker/{event}.d/50-test', SCRIPT, 0o755)
    machine.write('/run/reload-test', '')
    cable(machine, 'conf0', '192.0.2.2/24')
    return 'conf0'


def test_links(machine, link):
    unit = f'nb-run@routable:{link}.service'
    assert machine.units(f'nb-run@*:{link}.service') == {}
    for links, wanted in (('conf*', True), ('other0', False), ('conf0', True), ('conf* !conf0', False), ('', True)):
        reload_with(machine, f'[Network]\nLinks="{links}"\n')
        machine.wait_for(lambda: is_active(machine, unit) == wanted, what=f'{unit} with Links="{links}"')


def test_emit_json(machine, link):
    def last():
        lines = machine.read('/run/reload-test').splitlines()
        return [line for line in lines if not line.startswith('configured')][-1:]

    for value, expected in (('false', 'routable '), ('true', 'routable json')):
        reload_with(machine, f'[Network]\nLinks="{link}"\nEmitJSON={value}\n')
        machine.unplug(link)
        machine.wait_for(lambda: last()[0].startswith('no-carrier'), what=last)
        machine.plug(link)
        machine.wait_for(lambda: last() == [expected], what=last)


def test_log_level(machine, link):
    def lines():
        machine.run(['journalctl', '--sync'])
        return len([r for r in machine.journal('SYSLOG_IDENTIFIER=nb-watch', f'NB_LINK={link}')])

    def flip_and_count():
        before = lines()
        flip(machine, link)
        machine.wait_for(lambda: is_active(machine, f'nb-run@routable:{link}.service'))
        return lines() - before

    reload_with(machine, f'[System]\nLogLevel="error"\n[Network]\nLinks="{link}"\n')
    machine.wait_for(lambda: flip_and_count() == 0, what='quiet with LogLevel="error"')
    reload_with(machine, f'[System]\nLogLevel="info"\n[Network]\nLinks="{link}"\n')
    machine.wait_for(lambda: flip_and_count() > 0, what='state changes with LogLevel="info"')


def test_routing_policy_rules(machine, link):
    def rules():
        return [line for line in machine.run(['ip', 'rule']).splitlines() if line.startswith('3100')]

    reload_with(machine, f'[Network]\nLinks="{link}"\nRoutingPolicyRules="{link}"\n')
    machine.wait_for(lambda: [r for r in rules() if 'from 192.0.2.2' in r], what=rules)
    assert is_active(machine, f'nb-rules@{link}.service')
    reload_with(machine, f'[Network]\nLinks="{link}"\nRoutingPolicyRules="conf*"\n')
    machine.wait_for(lambda: [r for r in rules() if 'from 192.0.2.2' in r], what=rules)
    reload_with(machine, f'[Network]\nLinks="{link}"\n')
    machine.wait_for(lambda: not rules(), what=rules)
    assert not is_active(machine, f'nb-rules@{link}.service')


def test_generator(machine, link):
    unit = f'nb-run@no-carrier:{link}.service'
    reload_with(machine, f'[System]\nGenerator="kernel"\n[Network]\nLinks="{link}"\n')
    machine.systemctl('stop', 'systemd-networkd.socket', 'systemd-networkd.service')
    try:
        machine.unplug(link)
        machine.wait_for(lambda: is_active(machine, unit), what=unit)
    finally:
        machine.plug(link)
        machine.systemctl('start', 'systemd-networkd.service')
        reload_with(machine, f'[Network]\nLinks="{link}"\n')
    machine.wait_for(lambda: is_active(machine, f'nb-run@configured:{link}.service'))


def test_broken_file_is_told_and_changes_nothing(machine, link):
    def told():
        return [m for m in machine.messages('SYSLOG_IDENTIFIER=nb-watch') if FILE + ':2:' in m]

    def status():
        return machine.show('nb-watch.service', 'StatusText')

    cable(machine, 'else0', '198.51.100.2/24')
    reload_with(machine, f'[Network]\nLinks="{link}"\n')
    machine.wait_for(lambda: is_active(machine, f'nb-run@routable:{link}.service'))
    pid = machine.show('nb-watch.service', 'MainPID')

    reload_with(machine, f'[Network]\nLinks="{link}\n')
    machine.wait_for(lambda: '1 configuration error' in status(), what=status)
    machine.wait_for(lambda: len(told()) == 1, what=told)
    flip(machine, 'else0')
    flip(machine, link)
    machine.wait_for(lambda: is_active(machine, f'nb-run@routable:{link}.service'))
    assert machine.units('nb-run@*:else0.service') == {}

    reload_with(machine, f'[Network]\nLinks="{link}"\n')
    machine.wait_for(lambda: 'configuration error' not in status(), what=status)
    assert machine.show('nb-watch.service', 'MainPID') == pid


def test_fifty_reloads_while_cables_flap(machine):
    links = ['flap0', 'flap1', 'flap2']
    reload_with(machine, '[Network]\nLinks="flap*"\n')
    records = Records(machine)
    for number, name in enumerate(links):
        machine.cable(name, static=f'10.9.{number}.2/24')
    indices = [machine.index(name) for name in links]
    machine.wait_for(lambda: all(machine.states()[n] == ('no-carrier', 'configuring') for n in links),
                     what=machine.states)
    done = threading.Event()

    def told(state):
        return all(records.ran(i, ('routable', 'no-carrier'))[-1:] == [state] for i in indices)

    def flap():
        # No faster than events are told in the moments between two reloads: of more than 32 states that wait for
        # one link, the oldest may be dropped.
        while not done.is_set():
            for change, state in ((machine.plug, 'routable'), (machine.unplug, 'no-carrier')):
                change(*links)
                machine.wait_for(lambda: told(state), what=machine.states)  # pylint: disable=cell-var-from-loop

    flapper = threading.Thread(target=flap)
    flapper.start()
    try:
        for number in range(50):
            reload_with(machine, f'[System]\nLogLevel="{("info", "debug")[number % 2]}"\n[Network]\nLinks="flap*"\n')
    finally:
        done.set()
        flapper.join()
    machine.plug(*links)
    machine.wait_for(lambda: all(machine.states()[n][0] == 'routable' for n in links), what=machine.states)
    machine.wait_for(lambda: not any(records.differences(i) for i in indices), 60,
                     lambda: [records.differences(i) for i in indices])
    assert all(len(records.happened(i)) > 10 for i in indices)


def test_a_bad_user_runs_nothing(machine, link):
    def runs():
        return len(machine.read('/run/reload-test').splitlines())

    def failed():
        return machine.units(f'nb-run@routable:{link}.service').get(f'nb-run@routable:{link}.service') == 'failed'

    reload_with(machine, f'[Network]\nLinks="{link}"\n')
    flip(machine, link)
    machine.wait_for(lambda: is_active(machine, f'nb-run@routable:{link}.service'))

    reload_with(machine, f'[Network]\nLinks="{link}"\n[Script]\nUser="no one"\n')
    before = runs()
    flip(machine, link)
    machine.wait_for(failed, what=f'nb-run@routable:{link}.service has failed')
    assert runs() == before

    reload_with(machine, f'[Network]\nLinks="{link}"\n[Script]\nUser="root"\n')
    flip(machine, link)
    machine.wait_for(lambda: is_active(machine, f'nb-run@routable:{link}.service'))
    assert runs() > before


def test_a_killed_generator_runs_nothing(machine, link):
    """Without a drop-in it is not known that scripts are not to run as root."""
    unit = f'nb-run@routable:{link}.service'

    def runs():
        return len(machine.read('/run/reload-test').splitlines())

    reload_with(machine, f'[Network]\nLinks="{link} fence*"\n')
    flip(machine, link)
    machine.wait_for(lambda: all(is_active(machine, f'nb-run@{state}:{link}.service')
                                 for state in ('routable', 'configured')))
    wait_rest(machine)
    before = runs()

    machine.write('/etc/systemd/system-generators/nb-generator', '#!/bin/sh\nkill -9 $$\n', 0o755)
    try:
        machine.systemctl('daemon-reload')
        assert not machine.path('/run/systemd/generator/nb-run@.service.d').exists()
        flip(machine, link)
        machine.wait_for(lambda: machine.show(unit, 'ActiveState') == 'failed')
        assert runs() == before
        assert 'nb-generator has not written' in machine.run(['nb-run', '--dry-run', f'routable:{link}'])
    finally:
        machine.path('/etc/systemd/system-generators/nb-generator').unlink()
    machine.systemctl('daemon-reload')
    flip(machine, link)
    machine.wait_for(lambda: is_active(machine, unit))
    assert runs() > before
