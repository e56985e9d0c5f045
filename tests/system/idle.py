# SPDX-License-Identifier: Apache-2.0
"""Has nb-watch dealt with all that has happened so far?

Whether nothing happened can only be seen once something has that came later, on the same way: a link of our own."""

import itertools
import re
import time

STATES = '/run/network-broker/state'
numbers = itertools.count()


class Fence:
    """A link that is there meanwhile; begins when nb-watch has told that it is in these states, the first of them to
    the end. The kernel and networkd speak of it after all else."""

    def __init__(self, machine, states=('off', 'unmanaged')):
        self.machine = machine
        self.name = f'fence{next(numbers)}'
        self.files = [machine.path(f'{STATES}/{state}:{self.name}') for state in states]

    def __enter__(self):
        self.machine.run(['ip', 'link', 'add', self.name, 'type', 'bridge'])
        self.machine.wait_for(lambda: all(file.exists() for file in self.files), 120,
                              lambda: f'{self.name}: {[file.name for file in self.files if file.exists()]}')

    def __exit__(self, *_):
        self.machine.run(['ip', 'link', 'delete', self.name])

    def is_left(self):
        """Whether something of it is left behind."""
        units = self.machine.units(f'nb-run@*:{self.name}.service')
        return any(file.exists() for file in self.files) or not set(units.values()) <= {'inactive'}


def wait_seen(machine):
    """Until nb-watch has begun with all that happened before."""
    with Fence(machine):
        pass


def status_from_now_on(machine):
    """A function that reads what nb-watch says of itself from now on: what it said before is written over."""
    pid = machine.show('nb-watch.service', 'MainPID')
    machine.run(['env', 'NOTIFY_SOCKET=/run/systemd/notify', 'systemd-notify', f'--pid={pid}', '--status=?'])
    return lambda: machine.show('nb-watch.service', 'StatusText')


def wait_rest(machine, **kwargs):
    """Until all that happened before has been delivered, and no unit is on its way."""
    def jobs():
        return machine.systemctl('list-jobs', '--no-legend').strip()

    fence = Fence(machine, **kwargs)
    with fence:
        status = status_from_now_on(machine)
    machine.wait_for(lambda: ' 0 waiting' in status(), 120, status)
    machine.wait_for(lambda: not fence.is_left() and not jobs(), 120, jobs)


def wait_asleep(machine, unit, seconds=0.3):
    """Until a service has slept for so long: it does not spin. One that waits for a processor does not sleep."""
    pid = machine.show(unit, 'MainPID')
    seen = {'switches': None, 'since': 0.0}

    def slept():
        now = time.monotonic()
        status = machine.read(f'/proc/{pid}/status')
        switches = re.findall('_ctxt_switches:.*', status)
        if 'State:\tS' not in status or switches != seen['switches']:
            seen.update(switches=switches, since=time.monotonic())
        return now - seen['since'] >= seconds

    machine.wait_for(slept, 60, lambda: f'{unit} is busy: {machine.read(f"/proc/{pid}/status")}')
