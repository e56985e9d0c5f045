# SPDX-License-Identifier: Apache-2.0
"""What is measured: a test machine that runs network-broker or networkd-dispatcher, and what can be read from it.

All times are of the monotonic clock, which the machine shares with its host, in seconds."""

import json
import pathlib
import re
import time

import conftest
import machine as machines

QUIET = 1.1
TOOLS = '/usr/lib/network-broker-tests'
FOLDER = '/run/nb-bench'
UNIT = '[Service]\nType=oneshot\nExecStart=' + TOOLS + '/stamp %i\n'
MANY = '[Match]\nName=f*\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n'
FILES = {
    '/etc/systemd/system/bench-floor@.service': UNIT,
    '/etc/systemd/system/bench-level@.service': UNIT + 'RemainAfterExit=yes\n',
    # Links that are there, and that nobody configures.
    '/etc/systemd/network/10-other.network': '[Match]\nName=g*\n[Link]\nUnmanaged=yes\n',
    '/etc/systemd/network/10-many.network': MANY,
    # Closing the socket of LLDP takes a grace period of RCU each time.
    '/etc/systemd/network/10-quick.network': MANY.replace('=f', '=h') + 'LLDP=no\n',
}
SCRIPTS = {'broker': '/etc/network-broker', 'dispatcher': '/etc/networkd-dispatcher'}
SERVICES = {'broker': ('nb-watch.service', 'nb-start.service'), 'dispatcher': ('networkd-dispatcher.service',)}


def cgroup2_mount():
    """(where the host's cgroup2 is mounted, its options)."""
    for line in pathlib.Path('/proc/mounts').read_text().splitlines():
        fields = line.split()
        if fields[2] == 'cgroup2':
            return fields[1], fields[3].split(',')
    raise SystemExit('this host has no cgroup2')


class Subject:
    """kind: 'broker' or 'dispatcher'."""

    def __init__(self, layer, release, kind, emit_json=True):
        self.kind = kind
        self.release = release
        self.m = conftest.start_machine(layer, release, files=FILES, config=None, broker=False)
        self.m.sh(f'mkdir {FOLDER}; : > {FOLDER}/stamps')
        self.m.background([f'{TOOLS}/bus', 'monitor'], f'{FOLDER}/signals')
        self.m.wait_for(lambda: 'ready' in self.m.read(f'{FOLDER}/signals'))
        if kind == 'broker':
            self.set_json(emit_json)
            self.m.systemctl('enable', '--now', 'network-broker.target')
        else:
            # One script in each place makes it start at all.
            self.scripts('off')
            self.m.systemctl('unmask', 'networkd-dispatcher.service')
            self.m.systemctl('start', 'networkd-dispatcher.service')

    def power_off(self):
        self.m.power_off()

    # What it does

    def set_json(self, on):
        self.m.write('/etc/network-broker/network-broker.toml', f'[Network]\nEmitJSON = {str(on).lower()}\n')
        self.m.systemctl('daemon-reload')

    def scripts(self, *events):
        """Has these events, and no others, run the program that records its time."""
        top = SCRIPTS[self.kind]
        self.m.sh(f'rm -f {top}/*.d/10-stamp')
        for event in events:
            self.m.sh(f'install -D -m 0755 {TOOLS}/stamp {top}/{event}.d/10-stamp')

    def settle(self, seconds=0.25):
        """Waits until all that happened has been dealt with: no process of the machine does anything for so long."""
        def still():
            before = self.cpu()
            time.sleep(seconds)
            return self.cpu() - before < 0.016 * seconds
        self.m.wait_for(still, 120, 'the machine comes to rest')

    # What happened

    def forget(self):
        for name in ('stamps', 'signals'):
            with open(self.m.path(f'{FOLDER}/{name}'), 'r+', encoding='ascii') as file:
                file.truncate(0)

    def stamps(self, event=None):
        """[(time, link, event)] of the programs that ran since forget()."""
        rows = [line.split() for line in self.m.read(f'{FOLDER}/stamps').splitlines()]
        return [(int(r[0]) / 1e9, r[1], r[2]) for r in rows if len(r) == 3 and event in (None, r[2])]

    def signals(self, ifindex=None, value=None):
        """[(time, ifindex, property, value)] of networkd's signals about links since forget()."""
        rows = []
        for line in self.m.read(f'{FOLDER}/signals').replace('\0', '').splitlines():
            fields = line.split()
            if len(fields) != 4 or not fields[1].startswith('/'):
                continue
            label = fields[1].rsplit('/', 1)[1]
            index = int(chr(int(label[1:3], 16)) + label[3:])
            if ifindex in (None, index) and value in (None, fields[3]):
                rows.append((int(fields[0]) / 1e9, index, fields[2], fields[3]))
        return rows

    def wait_signal(self, ifindex, value):
        """The time of the newest such signal, when there is one."""
        return machines.wait_for(lambda: self.signals(ifindex, value), 20, f'networkd says {value}', 0.002)[-1][0]

    def wait_stamp(self, event):
        return machines.wait_for(lambda: self.stamps(event), 20, f'the script of {event}', 0.002)[-1][0]

    def bus_error(self, n=20):
        """Seconds from a signal's sending to its record, each: by how much a recorded signal is late at most."""
        self.forget()
        self.m.run([f'{TOOLS}/bus', 'ping', n])

        def pings():
            rows = [line.split() for line in self.m.read(f'{FOLDER}/signals').replace('\0', '').splitlines()]
            return [(int(r[0]) - int(r[3])) / 1e9 for r in rows if len(r) == 4 and r[1] == 'ping']
        machines.wait_for(lambda: len(pings()) >= n, 10, 'all pings')
        return pings()

    # What it costs

    def cgroup(self, unit=None):
        mount = cgroup2_mount()[0]
        own = pathlib.Path(f'/proc/{self.m.leader}/cgroup').read_text().split('0::', 1)[1].splitlines()[0]
        top = pathlib.Path(mount + own.removesuffix('/init.scope'))
        return next(top.glob(f'*.slice/{unit}')) if unit else top

    def cpu(self):
        """CPU seconds of all processes of the machine since it booted."""
        return int((self.cgroup() / 'cpu.stat').read_text().split()[1]) / 1e6

    def cpu_by_unit(self):
        """The same of each unit, {name: seconds}; init.scope is PID 1."""
        result = {}
        for path in [*self.cgroup().glob('*/cpu.stat'), *self.cgroup().glob('system.slice/*/cpu.stat')]:
            result[path.parent.name] = int(path.read_text().split()[1]) / 1e6
        return result

    @staticmethod
    def host_cpu():
        """CPU seconds of the whole computer, whoever used them."""
        fields = pathlib.Path('/proc/stat').read_text().splitlines()[0].split()
        return sum(int(fields[i]) for i in (1, 2, 3, 6, 7)) / 100

    def pids(self, units=None):
        """The main processes of the services, as the host numbers them."""
        return [int(pid) for unit in units or SERVICES[self.kind]
                for pid in (self.cgroup(unit) / 'cgroup.procs').read_text().split()]

    def service_cpu(self, units=None):
        """CPU seconds of the services' processes."""
        return sum(int(pathlib.Path(f'/proc/{pid}/schedstat').read_text().split()[0])
                   for pid in self.pids(units)) / 1e9

    def memory(self, field='Pss'):
        """{service: KiB} of that field."""
        result = {}
        for unit in SERVICES[self.kind]:
            result[unit] = 0
            for pid in self.pids([unit]):
                for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
                    if line.startswith(f'{field}:'):
                        result[unit] += int(line.split()[1])
        return result

    def delivered(self):
        """How many events nb-watch has delivered, when none waits."""
        def match():
            return re.search(r' (\d+) events delivered .* 0 waiting', self.m.show('nb-watch.service', 'StatusText'))
        self.settle()
        return int(self.m.wait_for(match, 120, 'no event waits')[1])

    def add_links(self, first, last):
        """g links: cables whose other ends are down."""
        self.m.run(['ip', '-batch', '-'], timeout=300, input=''.join(
            f'link add name g{n} type veth peer name g{n} netns peer\n' for n in range(first, last)))
        self.m.wait_for(lambda: self.known('g') >= last, 120, f'networkd knows {last} links')

    def known(self, prefix):
        answer = json.loads(self.m.run(['networkctl', '--json=short', 'list']))
        return sum(link['Name'].startswith(prefix) and link['AdministrativeState'] not in ('pending', 'initialized')
                   for link in answer.get('Interfaces', []))
