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


def make_cables(s):
    """eth0 has an address, eth1 none."""
    s.m.cable('eth0', static='10.1.0.2/24', plugged=True)
    s.m.cable('eth1', plugged=True)
    wanted = {'eth0': ('routable', 'configured'), 'eth1': ('carrier', 'configured')}
    s.m.wait_for(lambda: wanted.items() <= s.m.states().items(), what=s.m.states)


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


def leave_alone():
    """What is measured goes on now: to look for its result, or to wait for it in any way but this, takes a part of the
    processors from it."""
    time.sleep(0.2)


def plug(s, index):
    s.forget()
    s.m.plug('eth0')
    leave_alone()
    s.wait_signal(index, 'routable')
    s.wait_signal(index, 'configured')


def change_address(s, verb):
    s.m.run(['ip', 'address', verb, '10.9.0.1/24', 'dev', 'eth1'])


def one_event(s, n, quiet=QUIET, with_floor=False):
    """An address comes to a link: one signal, routable, and networkd has nothing else to do. A script in routable.d.
    Without quiet the address goes and comes as fast as networkd tells.

    Returns ([seconds], [seconds of a floor beside each])."""
    samples, floors = [], []
    index = s.m.index('eth1')
    s.scripts('routable')
    for _ in range(n + 1):
        if with_floor:
            floors.append(floor(s, quiet))
        time.sleep(quiet)
        s.forget()
        change_address(s, 'add')
        if quiet > 0:
            leave_alone()
        stamp = s.wait_stamp('routable')
        samples.append(stamp - s.wait_signal(index, 'routable'))
        change_address(s, 'delete')
        s.wait_signal(index, 'carrier')
        if quiet > 0:
            s.settle(0.1)
    # The first one reads programs from the disk.
    return samples[1:], floors[1:]


def pulled(s, n):
    """The cable is pulled, a script in no-carrier.d: seconds each."""
    samples = []
    index = s.m.index('eth0')
    s.scripts('no-carrier')
    for _ in range(n + 1):
        s.settle(0.1)
        time.sleep(QUIET)
        s.forget()
        s.m.unplug('eth0')
        leave_alone()
        stamp = s.wait_stamp('no-carrier')
        samples.append(stamp - s.wait_signal(index, 'no-carrier'))
        plug(s, index)
    return samples[1:]


def burst(s, n, events):
    """The cable is plugged in: carrier, configuring, routable, configured within milliseconds.

    Returns [(from routable's signal to its script, from the first signal to the last script, signals' length)]."""
    samples = []
    index = s.m.index('eth0')
    s.scripts(*events)
    for _ in range(n + 1):
        s.forget()
        s.m.unplug('eth0')
        s.wait_signal(index, 'no-carrier')
        s.settle(0.1)
        time.sleep(QUIET)
        plug(s, index)
        for event in events:
            s.wait_stamp(event)
        signals = [t for t, _, _, value in s.signals(index) if value in STATES]
        stamps = [t for t, _, event in s.stamps() if event in events]
        samples.append((s.wait_stamp('routable') - s.wait_signal(index, 'routable'), max(stamps) - min(signals),
                        max(signals) - min(signals)))
    return samples[1:]
