# SPDX-License-Identifier: Apache-2.0
"""What happened on the network, and what ran?

The one is taken from the bus (busctl monitor), not from the program under test; the other from a script in each
event's directory, which appends to a file when it begins and when it ends."""

import collections
import itertools
import json
import re

OPERATIONAL = ('missing', 'off', 'no-carrier', 'dormant', 'degraded-carrier', 'carrier', 'degraded', 'enslaved',
               'routable')
SETUP = ('pending', 'initialized', 'configuring', 'configured', 'unmanaged', 'failed', 'linger')
EDGES = ('addresses', 'routes', 'link-added', 'link-removed', 'link-renamed', 'lease', 'manager')
STATES = OPERATIONAL + SETUP
NETWORKD_PROPERTIES = {'OperationalState': OPERATIONAL, 'AdministrativeState': SETUP}

# Shell only, but for a delay that was asked for. An append of one short line is in one piece.
SCRIPT = """\
#!/bin/sh
printf 'begin %s %s %s %s %s\\n' \
        "$EVENT" "${LINK:--}" "${LINKINDEX:-0}" "${PREVIOUS_STATE:-${PREVIOUS_NAME:--}}" $$ >> /run/record/runs
[ "$EVENT" != addresses ] || printf '%s|%s|%s|%s\\n' \
        "$LINKINDEX" "$ADDRESSES" "$ADDRESSES_ADDED" "$ADDRESSES_REMOVED" >> /run/record/addresses
if [ -e /run/record/delay ]; then
        read -r most < /run/record/delay
        delay=$(((LINKINDEX * 104729 + $$ * 7919) % most))
        [ $delay -ge 100 ] || delay=0$delay
        [ $delay -ge 10 ] || delay=0$delay
        sleep 0.$delay
fi
printf 'end %s %s %s - %s\\n' "$EVENT" "${LINK:--}" "${LINKINDEX:-0}" $$ >> /run/record/runs
"""

numbers = itertools.count()
Run = collections.namedtuple('Run', 'event link index previous begin end')
Transition = collections.namedtuple('Transition', 'index values time')


class Records:
    """Begins to record at once. `delay`: the scripts take up to that many milliseconds (below 1000) each."""

    def __init__(self, machine, events=STATES, delay=None):
        self.machine = machine
        machine.write('/run/record/runs', '')
        machine.write('/run/record/addresses', '')
        if delay:
            machine.write('/run/record/delay', f'{delay}\n')
        self.install(events)
        self.monitor()

    def install(self, events=STATES):
        for event in events:
            self.machine.write(f'/etc/network-broker/{event}.d/10-record', SCRIPT, 0o755)

    def monitor(self):
        machine = self.machine
        # A new file each time: an earlier recording may still write to its own.
        self.signals = f'/run/record/signals-{next(numbers)}'
        machine.background(['busctl', 'monitor', '--json=short', "--match=interface='org.example.Record'",
                            "--match=type='signal',sender='org.freedesktop.network1',member='PropertiesChanged'"],
                           self.signals)

        def listens():
            machine.run(['busctl', 'emit', '/', 'org.example.Record', 'Begin'])
            return '"Begin"' in machine.read(self.signals)

        machine.wait_for(listens)

    # What ran

    def runs(self):
        """The runs in the order in which they began; `end` is None while one is not over. begin and end count lines."""
        runs, open_runs = [], {}
        for number, line in enumerate(self.machine.read('/run/record/runs').splitlines()):
            what, event, link, index, previous, pid = line.split(' ')
            if what == 'begin':
                open_runs[pid] = len(runs)
                runs.append(Run(event, link, int(index), previous, number, None))
            elif pid in open_runs:
                i = open_runs.pop(pid)
                assert (runs[i].event, runs[i].link) == (event, link)
                runs[i] = runs[i]._replace(end=number)
        return runs

    def ran(self, index, events=STATES):
        """The events of one link that ran, in order."""
        return [run.event for run in self.runs() if run.index == index and run.event in events]

    # What happened

    def transitions(self):
        """networkd's announcements, in order: each the ifindex, the new states, without what it merely repeats, and when
        (in seconds since 1970)."""
        known, transitions = {}, []
        for line in self.machine.read(self.signals).splitlines():
            if 'PropertiesChanged' not in line:
                continue
            message = json.loads(line)
            interface, changed, _ = message['payload']['data']
            if interface != 'org.freedesktop.network1.Link':
                continue
            index = index_from_path(message['path'])
            values = []
            for name, value in changed.items():
                if name in NETWORKD_PROPERTIES and known.get((index, name)) != value['data']:
                    known[index, name] = value['data']
                    values.append(value['data'])
            if values:
                transitions.append(Transition(index, values, message['timestamp-realtime'] / 1e6))
        return transitions

    def happened(self, index):
        """The announcements of one link: a list of lists, each what one announcement changed."""
        return [t.values for t in self.transitions() if t.index == index]

    # Both

    def differences(self, index, skip=0):
        """What is wrong with the runs of one link, as a text; empty if all ran exactly once and in order. `skip`:
        so many of the link's announced values were delivered before the recording of runs counts."""
        expected = self.happened(index)
        flat = list(itertools.chain(*expected))[skip:]
        ran = self.ran(index)[-len(flat):] if skip else self.ran(index)
        at = 0
        for values in regroup(expected, skip):
            if sorted(ran[at:at + len(values)]) != sorted(values):
                break
            at += len(values)
        if at == len(flat) == len(ran):
            return ''
        return f'link {index}: the same up to {at}; then happened {flat[at:at + 8]}, ran {ran[at:at + 8]} ' \
               f'({len(flat)} happened, {len(ran)} ran)'


def regroup(groups, skip):
    """The groups without their first `skip` values."""
    for group in groups:
        rest = group[skip:]
        skip = max(0, skip - len(group))
        if rest:
            yield rest


def index_from_path(path):
    """The ifindex in a link's object path: the first digit is escaped as _3X."""
    last = path.rsplit('/', 1)[1]
    return int(re.sub('_([0-9a-f]{2})', lambda match: chr(int(match[1], 16)), last))


def overlaps(runs):
    """Pairs of runs of one link (by index, or by name) that were going on at the same time."""
    found = []
    for i, run in enumerate(runs):
        for other in runs[i + 1:]:
            if run.end is not None and other.begin > run.end:
                break
            if other.index == run.index or other.link == run.link:
                found.append((run, other))
    return found
