# SPDX-License-Identifier: Apache-2.0
"""How long from networkd's signal to the first instruction of a script?"""

import statistics
import time

from subject import QUIET, TOOLS

STATES = ('carrier', 'configuring', 'routable', 'configured')


def ms(seconds):
    return round(seconds * 1000, 3)


def summary(samples):
    """Of samples in seconds, in ms."""
    samples = sorted(samples)
    return {'median': ms(statistics.median(samples)), 'min': ms(samples[0]), 'max': ms(samples[-1]),
            'n': len(samples)}


def make_cable(s, name='eth0'):
    s.m.cable(name, static='10.1.0.2/24', plugged=True)
    s.m.wait_for(lambda: s.m.states()[name] == ('routable', 'configured'), what=s.m.states)
    return s.m.index(name)


def floor(s, quiet=QUIET):
    """One bare oneshot: seconds from the call of StartUnit to its first instruction."""
    s.forget()
    line = s.m.run([f'{TOOLS}/bus', 'start', 1, int(quiet * 1e6)]).split()
    return s.stamps()[-1][0] - int(line[1]) / 1e9


def floor_hot(s, n):
    s.forget()
    lines = [line.split() for line in s.m.run([f'{TOOLS}/bus', 'start', n, 0]).splitlines()]
    began = {link: t for t, link, _ in s.stamps()}
    return [began[i] - int(called) / 1e9 for i, called, _ in lines]


def restart_hot(s, n):
    """Of a bare oneshot that stays: seconds from the call of StopUnit to the end of the StartUnit that follows."""
    lines = [line.split() for line in s.m.run([f'{TOOLS}/bus', 'restart', n]).splitlines()][2::2]
    return [(int(ended) - int(called)) / 1e9 for _, called, ended in lines]


def plug(s, index):
    s.forget()
    s.m.plug('eth0')
    s.wait_signal(index, 'routable')
    s.wait_signal(index, 'configured')


def one_event(s, n, quiet=QUIET, with_floor=False):
    """The cable is pulled, a script in no-carrier.d. Returns ([seconds], [seconds of a floor beside each])."""
    samples, floors = [], []
    index = s.m.index('eth0') or make_cable(s)
    s.scripts('no-carrier')
    for _ in range(n + 1):
        if with_floor:
            floors.append(floor(s, quiet))
        time.sleep(quiet)
        s.forget()
        s.m.unplug('eth0')
        stamp = s.wait_stamp('no-carrier')
        samples.append(stamp - s.wait_signal(index, 'no-carrier'))
        plug(s, index)
    # The first one reads programs from the disk.
    return samples[1:], floors[1:]


def burst(s, n, events):
    """The cable is plugged in: carrier, configuring, routable, configured within milliseconds.

    Returns [(from routable's signal to its script, from the first signal to the last script, signals' length)]."""
    samples = []
    index = s.m.index('eth0') or make_cable(s)
    s.scripts(*events)
    for _ in range(n + 1):
        s.forget()
        s.m.unplug('eth0')
        s.wait_signal(index, 'no-carrier')
        s.settle()
        time.sleep(QUIET)
        plug(s, index)
        for event in events:
            s.wait_stamp(event)
        signals = [t for t, _, _, value in s.signals(index) if value in STATES]
        stamps = [t for t, _, event in s.stamps() if event in events]
        samples.append((s.wait_stamp('routable') - s.wait_signal(index, 'routable'), max(stamps) - min(signals),
                        max(signals) - min(signals)))
    return samples[1:]
