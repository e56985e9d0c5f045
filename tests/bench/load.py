# SPDX-License-Identifier: Apache-2.0
"""What do many links cost, and what does doing nothing cost?"""

import subprocess
import tempfile
import time

from latency import ms, plug, pulled
from subject import TOOLS

MANY = 200
# f links as networkd has them by default, h links without LLDP.
CABLES = {'f': 'eth2', 'h': 'eth3'}
CONTAINERS = 1000
GROWTH = (10, 100, 1000)
IDLE = 60
# A minute after routes changed last they are counted once more, and the status line has a timer for a moment.
AFTER = 64
WATCH = ('nb-watch.service',)


def make_many(s, prefix, cable):
    """Links that share one cable, which is plugged in: when it is pulled, all of them lose carrier at once."""
    s.m.cable(cable, plugged=True)
    s.m.run(['ip', '-batch', '-'], input=''.join(
        f'link add link {cable} name {prefix}{n} up type macvlan mode bridge\n' for n in range(MANY)))


def lose_carrier(s, cable):
    before, cpu, host = s.cpu_by_unit(), s.cpu(), s.host_cpu()
    s.forget()
    s.m.unplug(cable)
    s.m.wait_for(lambda: len(s.stamps('no-carrier')) > MANY, 60, lambda: f'{len(s.stamps())} scripts')
    s.settle()
    # The cable itself is one more.
    signals = [t for t, _, _, value in s.signals() if value == 'no-carrier']
    stamps = [t for t, _, _ in s.stamps('no-carrier')]
    cpu, host, units = s.cpu() - cpu, s.host_cpu() - host, s.cpu_by_unit()
    return {'scripts': len(stamps) - 1, 'signals': len(signals), 'signals_ms': ms(max(signals) - min(signals)),
            'last_ms': ms(max(stamps) - max(signals)), 'first_to_last_ms': ms(max(stamps) - min(signals)),
            'cpu_ms': ms(cpu), 'host_cpu_ms': ms(host),
            'units_ms': {u: ms(c - before.get(u, 0)) for u, c in units.items() if c - before.get(u, 0) > 0.001}}


def many_links(s, rounds, prefix='f'):
    """All links lose carrier at once, a script in no-carrier.d. One dict a round."""
    cable = CABLES[prefix]
    s.scripts('no-carrier')
    make_many(s, prefix, cable)
    results = []
    for _ in range(rounds):
        s.m.plug(cable)
        s.m.wait_for(lambda: [o for name, (o, _) in s.m.states().items() if name[0] == prefix] == ['carrier'] * MANY)
        s.settle()
        time.sleep(1.1)
        results.append(lose_carrier(s, cable))
    s.m.delete(cable)
    s.settle()
    return results


def bare_together(s):
    """As many bare oneshots, all called at once: ms from the first call to the last one's first instruction, CPU."""
    s.settle()
    time.sleep(1.1)
    s.forget()
    cpu = s.cpu()
    lines = [line.split() for line in s.m.run([f'{TOOLS}/bus', 'together', MANY]).splitlines()]
    s.settle()
    return {'last_ms': ms(max(t for t, _, _ in s.stamps()) - min(int(line[1]) for line in lines) / 1e9),
            'cpu_ms': ms(s.cpu() - cpu)}


def containers(s):
    """A host whose containers come and go: links of which nobody wants to hear."""
    s.scripts()
    units = set(s.m.units('nb-run@*'))
    delivered, cpu = s.delivered(), s.service_cpu(WATCH)
    s.add_links(0, CONTAINERS)
    s.settle()
    came = s.service_cpu(WATCH) - cpu
    s.m.run(['ip', '-batch', '-'], timeout=300, input=''.join(f'link delete g{n}\n' for n in range(CONTAINERS)))
    s.m.wait_for(lambda: s.known('g') == 0, 120, 'the links are gone')
    events = s.delivered() - delivered
    return {'units': len(set(s.m.units('nb-run@*')) - units), 'events': events, 'came_cpu_ms': ms(came),
            'cpu_ms_per_event': round((s.service_cpu(WATCH) - cpu) * 1000 / events, 4)}


def growth(s, n):
    """CPU ms of nb-watch and nb-start an event of one link, beside more and more other links."""
    result = {}
    index = s.m.index('eth0')
    # nb-start begins with the first event.
    pulled(s, 0)
    there = 0
    for links in GROWTH:
        s.add_links(there, links)
        there = links
        delivered, cpu = s.delivered(), s.service_cpu()
        for _ in range(n):
            s.forget()
            s.m.unplug('eth0')
            s.wait_stamp('no-carrier')
            plug(s, index)
        events = s.delivered() - delivered
        result[links] = round((s.service_cpu() - cpu) * 1000 / events, 4)
    return result


def idle(s, seconds=IDLE):
    """{service: (system calls, CPU µs)} while nothing happens."""
    # nb-start begins with the first event.
    pulled(s, 0)
    s.settle()
    time.sleep(AFTER)
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        tracers = []
        for unit in ('nb-watch.service', 'nb-start.service'):
            tracers.append((unit, f'{folder}/{unit}', subprocess.Popen(
                ['strace', '-q', '-f', '-o', f'{folder}/{unit}', *(f'--attach={pid}' for pid in s.pids([unit]))])))
        time.sleep(1)
        before = {unit: s.service_cpu([unit]) for unit, _, _ in tracers}
        time.sleep(seconds)
        for unit, path, tracer in tracers:
            used = s.service_cpu([unit]) - before[unit]
            tracer.terminate()
            tracer.wait()
            with open(path, encoding='utf-8', errors='replace') as file:
                calls = [line.split(None, 1)[1].strip() for line in file]
            # Attaching interrupts the wait, and sd-event asks for its thread before it waits again.
            calls = [c for c in calls if not c.startswith(('epoll_wait', 'gettid', '<')) and 'detached' not in c]
            result[unit] = {'calls': len(calls), 'watchdog': sum('WATCHDOG=1' in c for c in calls),
                            'cpu_us': round(used * 1e6), 'first': calls[:5]}
    return result


def generator(s, links=1000):
    """CPU ms of nb-generator with that many links configured."""
    names = ' '.join(f'eth{n}' for n in range(links))
    s.m.write('/etc/network-broker/network-broker.toml', f'[Network]\nLinks = "{names}"\nRoutingPolicyRules = "{names}"\n')
    text = s.m.run(['python3', '-c', (
        'import resource, subprocess, tempfile\n'
        'def used():\n'
        '    u = resource.getrusage(resource.RUSAGE_CHILDREN)\n'
        '    return u.ru_utime + u.ru_stime\n'
        'for _ in range(11):\n'
        '    with tempfile.TemporaryDirectory(dir="/run") as d:\n'
        '        before = used()\n'
        '        subprocess.run(["nb-generator", d, d, d], check=True, stderr=subprocess.DEVNULL)\n'
        '        print((used() - before) * 1000)\n')])
    return sorted(float(line) for line in text.split())[5]
