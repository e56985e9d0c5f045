# SPDX-License-Identifier: Apache-2.0
"""What does nb-watch do that somebody types?"""

import json

STATE = '/run/network-broker/state'


def files(machine):
    """Who has what there, and since when."""
    return machine.sh(f'cd {STATE}; stat --format="%n %U %i %Y" @broker @lock')


def test_there_is_one(machine):
    before = files(machine)
    for user in (None, 'network-broker'):
        status, text = machine.run(['nb-watch'], check=False, user=user)
        assert (status, text) == (1, f'Another nb-watch runs, and holds {STATE}. '
                                     'To see events, use nb-watch --monitor.\n')
    # Who may not even write there is told another reason.
    assert machine.run(['nb-watch'], check=False, user='nobody')[0] == 1
    assert files(machine) == before
    assert machine.show('nb-watch.service', 'NRestarts', 'ActiveState') == {'NRestarts': '0', 'ActiveState': 'active'}


def wait_watching(machine, not_as='0'):
    def watches():
        now = machine.show('nb-watch.service', 'ActiveState', 'MainPID')
        return now['ActiveState'] == 'active' and now['MainPID'] not in ('0', not_as)

    machine.wait_for(watches, what=lambda: machine.messages('UNIT=nb-watch.service'))


def test_a_restart_is_none(machine):
    since = machine.cursor()
    machine.systemctl('restart', 'nb-watch')
    pid = machine.show('nb-watch.service', 'MainPID')
    machine.systemctl('kill', '--signal=KILL', 'nb-watch')
    wait_watching(machine, not_as=pid)
    machine.sh(f'systemctl stop network-broker.target nb-watch; rm -r {STATE}; systemctl start network-broker.target')
    wait_watching(machine)
    assert machine.sh(f'stat --format="%U %a" {STATE}/@lock') == 'network-broker 600\n'
    assert machine.run(['nb-watch'], check=False)[0] == 1
    machine.run(['journalctl', '--sync'])
    assert not [m for m in machine.messages('_SYSTEMD_UNIT=nb-watch.service', since=since) if 'Another' in m]


def test_monitor_beside_the_service(machine):
    machine.sh(r"""ip link add "$(printf 'a\303b')" type bridge""")
    monitor = machine.background(['nb-watch', '--monitor', '--json'], '/run/monitor', user='nobody')
    machine.wait_for(lambda: '"EVENT":"off"' in machine.read('/run/monitor'), what=lambda: machine.read('/run/monitor'))
    with open(machine.path('/run/monitor'), encoding='utf-8') as output:
        events = [json.loads(line) for line in output]
    assert ('a\ufffdb', 'off') in {(event.get('LINK'), event['EVENT']) for event in events}
    monitor.terminate()


def test_monitor_whose_output_cannot_be_written(machine):
    for output in ('>/dev/full', '>&-'):
        status, text = machine.run(['sh', '-c', f'exec nb-watch --monitor {output}'], check=False)
        assert status == 1
        assert text.startswith('Cannot write to standard output: ')
        assert text.count('\n') == 1
