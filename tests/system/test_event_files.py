# SPDX-License-Identifier: Apache-2.0
"""Are the variables of an event there for as long as its unit may run, for nobody else, and no longer?"""

import string

import pytest

from idle import wait_rest

EVENTS = ('link-added', 'off', 'carrier', 'routable', 'addresses', 'link-removed')
SCRIPT = '/etc/network-broker/routable.d/20-tell'
# What nb-watch says only. The link's index is the one that it had then.
TELL = """\
#!/bin/sh
echo "$LINKINDEX ${PREVIOUS_STATE-unknown}" >> "/run/told-$LINK"
[ ! -e "/run/fail-$LINK" ]
"""
N_PAIRS = 20


def files(machine):
    return {path.name for path in machine.path('/run/network-broker/events').iterdir()}


def told(machine, link):
    path = machine.path(f'/run/told-{link}')
    return path.read_text().splitlines() if path.exists() else []


def wait_delivered(machine, *states):
    """Until the last states of which nb-watch has files are these, and all is quiet."""
    folder = machine.path('/run/network-broker/state')
    machine.wait_for(lambda: all((folder / state).exists() for state in states),
                     what=lambda: sorted(path.name for path in folder.iterdir()))
    wait_rest(machine)


@pytest.fixture
def script(machine):
    machine.write(SCRIPT, TELL, 0o755)
    yield SCRIPT
    machine.sh('rm -f /etc/network-broker/*.d/20-tell')


@pytest.fixture
def link(machine, script, request):
    """A link that is routable, and whose script has run once."""
    name = f'e{len(request.node.name)}'
    machine.cable(name, static='192.0.2.2/24', plugged=True)
    machine.wait_for(lambda: told(machine, name))
    wait_delivered(machine, f'routable:{name}', f'configured:{name}')
    yield name
    if machine.index(name):
        machine.delete(name)
    wait_rest(machine)


def restart(machine, link):
    """As an administrator runs the scripts once more. Returns what they were told."""
    count = len(told(machine, link))
    machine.systemctl('restart', f'nb-run@routable:{link}.service')
    assert len(told(machine, link)) == count + 1
    return told(machine, link)[-1]


def test_restart_within_the_stay(machine, link):
    index = machine.index(link)
    first = told(machine, link)[0]
    assert first.split()[0] == str(index) and 'unknown' not in first
    assert restart(machine, link) == first
    # Also when nb-start was not there meanwhile.
    machine.systemctl('restart', 'nb-start.service')
    assert restart(machine, link) == first


@pytest.mark.parametrize('fails', [False, True], ids=['', 'failed'])
def test_stay_that_started_nothing(machine, link, fails):
    """The variables of the stay before are not taken for its own."""
    unit = f'nb-run@routable:{link}.service'
    if fails:
        machine.write(f'/run/fail-{link}', '')
        machine.systemctl('restart', unit, check=False)
        assert machine.show(unit, 'ActiveState') == 'failed'
        machine.unplug(link)
        wait_delivered(machine, f'no-carrier:{link}')
        # The event itself has failed too.
        machine.plug(link)
        wait_delivered(machine, f'routable:{link}')
    assert f'routable:{link}' in files(machine)
    machine.run(['rm', SCRIPT])
    machine.unplug(link)
    wait_delivered(machine, f'no-carrier:{link}')
    assert f'routable:{link}' not in files(machine)
    assert machine.show(unit, 'ActiveState') == ('failed' if fails else 'inactive')
    machine.plug(link)
    wait_delivered(machine, f'routable:{link}')

    machine.sh(f'rm -f /run/fail-{link}')
    machine.write(SCRIPT, TELL, 0o755)
    assert restart(machine, link) == f'{machine.index(link)} unknown'


def test_link_made_anew(machine, link):
    index = machine.index(link)
    machine.run(['rm', SCRIPT])
    machine.delete(link)
    machine.wait_for(lambda: not machine.path(f'/run/network-broker/state/routable:{link}').exists())
    machine.cable(link, static='192.0.2.2/24', plugged=True)
    wait_delivered(machine, f'routable:{link}')
    assert machine.index(link) != index

    machine.write(SCRIPT, TELL, 0o755)
    assert restart(machine, link) == f'{machine.index(link)} unknown'


def test_links_that_come_and_go(machine, link, script):
    """Nothing is left of them, whether their scripts failed or not."""
    names = [f'x{letter}' for letter in string.ascii_lowercase[:N_PAIRS]]
    for event in EVENTS:
        machine.write(f'/etc/network-broker/{event}.d/20-tell', '#!/bin/sh\necho "$EVENT" >> "/run/told-$LINK"\n'
                      '[ "$LINK" != xa ]\n', 0o755)
    machine.network('x?', 'Address=192.0.2.10/32')
    before = files(machine)
    assert f'routable:{link}' in before
    for name in names:
        machine.run(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', 'peer'])
    machine.plug(*names)
    machine.wait_for(lambda: all('routable' in told(machine, name) for name in names), 60)
    assert {f'routable:{name}' for name in names} <= files(machine)
    machine.delete(*names)
    machine.wait_for(lambda: all('link-removed' in told(machine, name) for name in names), 60)
    wait_rest(machine)
    assert files(machine) == before


def test_link_that_went_while_nobody_watched(machine, link):
    before = files(machine)
    assert f'routable:{link}' in before
    machine.systemctl('kill', '--signal=STOP', 'nb-watch.service')
    machine.delete(link)
    machine.systemctl('kill', '--signal=KILL', 'nb-watch.service')
    machine.wait_for(lambda: not files(machine) & {f'routable:{link}', f'configured:{link}'},
                     what=lambda: files(machine))


def test_left_by_one_that_was_killed(machine, link):
    """What nb-start could not remove goes when it is back, and nothing else does."""
    before = files(machine)
    for name in ('routable:gone0', '.#routable:gone0'):
        machine.write(f'/run/network-broker/events/{name}', 'LINKINDEX=7\0')
    machine.systemctl('kill', '--signal=KILL', 'nb-start.service')
    machine.wait_for(lambda: files(machine) == before, what=lambda: files(machine))
    assert f'routable:{link}' in before


def test_stop_of_the_broker(machine, link):
    assert files(machine)
    machine.systemctl('stop', 'network-broker.target')
    machine.wait_for(lambda: machine.show('nb-start.socket', 'ActiveState') == 'inactive')
    assert not files(machine)
    machine.systemctl('start', 'network-broker.target')
    wait_delivered(machine, f'routable:{link}')
    assert f'routable:{link}' in files(machine)
