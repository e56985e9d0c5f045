# SPDX-License-Identifier: Apache-2.0
"""Has a service come to rest?"""

import time


def wait_idle(machine, seconds=0.3, unit='nb-watch.service'):
    """Waits until a service has used no processor time for so long."""
    def ticks():
        pid = machine.show(unit, 'MainPID')
        fields = machine.read(f'/proc/{pid}/stat').rsplit(')', 1)[1].split()
        return pid, int(fields[11]) + int(fields[12])

    seen = {'value': None, 'since': 0.0}

    def unchanged():
        value, now = ticks(), time.monotonic()
        if value != seen['value']:
            seen.update(value=value, since=now)
        return now - seen['since'] >= seconds

    machine.wait_for(unchanged, 30, lambda: f'{unit} is busy: {seen}')
