# SPDX-License-Identifier: Apache-2.0
"""Do 600 links whose scripts are slow all get their turn, and does PID 1 survive them?

Only on 252: its PID 1 loses the bus at about 512 unfinished jobs."""

LONG = True
RELEASES = ['bookworm']
LINKS = 600
MOST = 256
CONFIG = '[Script]\nTimeout = "10min"\n'
# A lock makes all of them wait without using the processor.
SCRIPT = '#!/bin/sh\necho "$LINK" >> /run/ran\nexec flock --shared /run/hold true\n'


def test_six_hundred_links(machine):
    machine.write('/etc/network-broker/unmanaged.d/10-slow', SCRIPT, 0o755)
    machine.write('/etc/systemd/network/50-many.network', '[Match]\nName=m*\n[Link]\nUnmanaged=yes\n')
    machine.run(['networkctl', 'reload'])
    machine.run(['systemd-run', '--unit=hold', 'flock', '/run/hold', 'sleep', 'infinity'])
    machine.wait_for(lambda: machine.run(['flock', '--nonblock', '/run/hold', 'true'], check=False)[0] == 1)
    since = machine.cursor()
    owner = machine.run(['busctl', 'status', 'org.freedesktop.systemd1']).splitlines()
    machine.run(['ip', '-batch', '-'], timeout=120, input=''.join(
        f'link add name m{n} type veth peer name m{n} netns peer\n' for n in range(LINKS)))

    def ran():
        return machine.read('/run/ran').split() if machine.path('/run/ran').exists() else []

    def said():
        machine.run(['journalctl', '--sync'])
        return [m for m in machine.messages('_SYSTEMD_UNIT=nb-watch.service', since=since) if str(MOST) in m]

    machine.wait_for(lambda: len(ran()) >= MOST, 180, lambda: f'{len(ran())} run')
    machine.wait_for(said, 60)
    assert len(ran()) == MOST
    machine.systemctl('stop', 'hold.service')
    machine.wait_for(lambda: len(ran()) >= LINKS, 180, lambda: f'{len(ran())} ran')
    wanted = {f'nb-run@unmanaged:m{n}.service' for n in range(LINKS)}

    def active():
        return {u for u, state in machine.units('nb-run@unmanaged:*').items() if state == 'active'}

    machine.wait_for(lambda: active() >= wanted, 60, lambda: f'{len(active())} are active')
    assert sorted(ran()) == sorted(f'm{n}' for n in range(LINKS))
    assert machine.run(['busctl', 'status', 'org.freedesktop.systemd1']).splitlines()[0] == owner[0]
    machine.cursor()
    assert not [m for m in machine.messages('_PID=1', since=since) if 'D-Bus connection terminated' in m]
