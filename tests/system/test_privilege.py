# SPDX-License-Identifier: Apache-2.0
"""Who may do what: nb-watch has no privilege, nb-start takes nothing but the grammar, and nobody else is believed."""

import json
import re
import struct

import pytest

from records import Records

# Runs in the machine. Sends each message on a connection of its own; prints the answers, one JSON list a line.
CLIENT = r"""
import json, socket, sys
for text in json.load(sys.stdin):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(10)
    try:
        s.connect('/run/network-broker/start')
        s.send(text.encode('latin-1'))
        answer = s.recv(4096).decode('latin-1').split('\0')
    except OSError as error:
        answer = [type(error).__name__]
    print(json.dumps(answer))
    s.close()
"""


# The same with one connection, and prints the last answer.
HOLDER = r"""
import json, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
    s.connect('/run/network-broker/start')
    for text in json.load(sys.stdin):
        s.send(text.encode('latin-1'))
        answer = s.recv(4096).decode('latin-1').split('\0')
print(json.dumps(answer))
"""


def request(verb, unit, *variables, number='7'):
    return '\0'.join([number, verb, unit, *variables, ''])


HOSTILE_UNITS = [
    '', ' ', 'poweroff.target', 'nb-watch.service', 'nb-start.service', 'nb-start.socket', 'network-broker.target',
    'marker.service', 'marker@routable:eth0.service', '../marker.service', '/etc/systemd/system/marker.service',
    'nb-run@.service', 'nb-run@routable.service', 'nb-run@routable:.service', 'nb-run@:eth0.service',
    'nb-run@bogus:eth0.service', 'nb-run@ROUTABLE:eth0.service', 'nb-run@routable:eth0', 'nb-run@routable:eth0.socket',
    'nb-run@routable:eth0.service ', ' nb-run@routable:eth0.service', 'nb-run@routable:eth0.service\n',
    'nb-run@routable:..service', 'nb-run@routable:...service',
    'nb-run@routable:a/b.service', r'nb-run@routable:a\x2fb.service', 'nb-run@routable:a b.service',
    r'nb-run@routable:a\x20b.service', 'nb-run@routable:a:b.service', r'nb-run@routable:a\x3ab.service',
    r'nb-run@routable:a\x00b.service', r'nb-run@routable:eth\x30.service', r'nb-run@routable:a\x.service',
    r'nb-run@routable:a\xzz.service', r'nb-run@routable:\xE9.service', 'nb-run@routable:a$b.service',
    'nb-run@routable:a%b.service', 'nb-run@routable:\xe9th0.service', 'nb-run@routable:0123456789abcdef.service',
    'nb-run@manager:eth0.service', 'nb-run@manager.socket', 'nb-rules@.service', 'nb-rules@eth0.path',
    'nb-rules@a:b.service', 'nb-lease@eth0.timer', 'nb-lease@.path', 'nb-resolve@eth0.service',
    'nb-run@routable:' + 'a' * 300 + '.service', 'a' * 70000,
]
HOSTILE_VERBS = ['', 'START', 'kill', 'isolate', 'enable', 'start ', 'stop\n', 'reload', 'restart', 'try-restart']
HOSTILE_VARIABLES = [
    'PATH=/tmp', 'LD_PRELOAD=/tmp/evil.so', 'LINK=eth9', 'EVENT=off', 'JSON={}', 'linkindex=1', 'NOEQUAL', '=', '=x',
    'LINKINDEX=', 'LINKINDEX=0', 'LINKINDEX=-1', 'LINKINDEX=1 ', 'LINKINDEX=99999999999', 'LINKINDEX=0x10',
    'PREVIOUS_STATE=a b', 'PREVIOUS_STATE=$(reboot)', 'OperationalState=routable', 'ADDRESSES=192.0.2.1/24',
    'LEASE_X=1', 'NB_NETWORKD={"a":"\n"}', 'NB_NETWORKD=\x1b[2J', 'NB_NETWORKD=' + 'x' * 66000, 'NB_TIMEOUT=1',
]
GOOD = 'nb-run@routable:eth0.service'
HOSTILE = [
    *[request('start', unit) for unit in HOSTILE_UNITS],
    *[request(verb, GOOD) for verb in HOSTILE_VERBS],
    *[request('start', GOOD, variable) for variable in HOSTILE_VARIABLES],
    *[request('start', GOOD, number=number) for number in ('', '-1', 'x', '7 ', '99999999999999999999999')],
    request('stop', GOOD, 'LINKINDEX=1'),
    request('start', 'nb-rules@eth0.service', 'LINKINDEX=1'),
    request('start', GOOD, *['LINKINDEX=1'] * 2),
    request('start', GOOD, *['LINKINDEX=1'] * 100),
    request('start', GOOD)[:-1], '7', '7\0', '7\0start', '7\0start\0', '\0', '\0\0\0\0', '\xff' * 100, 'A' * 100000,
]


def pid_of(machine, unit):
    return int(machine.show(unit, 'MainPID'))


def test_nb_watch_has_no_privilege(machine):
    status = dict(line.split(':', 1) for line in machine.read(f'/proc/{pid_of(machine, "nb-watch.service")}/status')
                  .splitlines())
    user = machine.run(['id', '-u', 'network-broker']).strip()
    assert set(status['Uid'].split()) == {user} != {'0'}
    for name in ('CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'):
        assert int(status[name], 16) == 0, name
    assert status['NoNewPrivs'].strip() == '1'


def test_nb_start_has_no_capability(machine):
    # It is started by the first request.
    ask(machine, [request('start', 'x')])
    status = machine.read(f'/proc/{pid_of(machine, "nb-start.service")}/status')
    for name in ('CapEff', 'CapPrm', 'CapBnd'):
        assert re.search(rf'{name}:\s+0+$', status, re.MULTILINE), name


@pytest.mark.parametrize('unit', ['nb-watch.service', 'nb-start.service'])
def test_exposure(machine, unit):
    machine.run(['systemd-analyze', 'security', '--no-pager', '--threshold=15', unit])


def test_verify_is_quiet(machine):
    files = machine.sh('ls -d /usr/lib/systemd/system/nb-* /usr/lib/systemd/system/network-broker.target').split()
    assert '/usr/lib/systemd/system/nb-run@.service' in files
    status, text = machine.run(['systemd-analyze', 'verify', '--man=no', *files], check=False)
    assert (status, text) == (0, '')


def ask(machine, requests, user='network-broker'):
    """The answers of nb-start, each a list."""
    text = machine.run(['python3', '-c', CLIENT], user=user, input=json.dumps(requests), timeout=120)
    return [json.loads(line) for line in text.splitlines()]


def test_hostile_requests_are_refused(machine):
    machine.write('/etc/systemd/system/marker.service', '[Service]\nType=oneshot\nExecStart=touch /run/marked\n')
    machine.write('/etc/systemd/system/marker@.service', '[Service]\nType=oneshot\nExecStart=touch /run/marked\n')
    machine.write('/etc/network-broker/routable.d/10-mark', '#!/bin/sh\ntouch /run/marked\n', 0o755)
    machine.systemctl('daemon-reload')
    ask(machine, [request('start', 'x')])
    start = pid_of(machine, 'nb-start.service')
    since = machine.cursor()

    answers = ask(machine, HOSTILE)
    wrong = [(HOSTILE[i][:80], answer) for i, answer in enumerate(answers) if answer[1:2] != ['refused']]
    assert not wrong
    # The number is repeated wherever there is one.
    for text, answer in zip(HOSTILE, answers):
        assert answer[0] == ('7' if text.startswith('7\0') and text.endswith('\0') else '0'), text[:80]

    machine.cursor()
    records = machine.journal('_SYSTEMD_UNIT=nb-start.service', since=since)
    warnings = [r for r in records if int(r['PRIORITY']) <= 4]
    sizes = sorted(int(re.search(r'(\d+) bytes', r['MESSAGE'])[1]) for r in warnings)
    assert sizes == sorted(len(text) for text in HOSTILE)
    assert all(len(str(r['MESSAGE'])) < 1000 for r in warnings)
    assert not [r for r in machine.journal('JOB_TYPE=start', '_PID=1', since=since)
                if r['UNIT'].startswith(('nb-run@', 'nb-rules@', 'nb-lease@', 'marker'))]
    assert not machine.path('/run/marked').exists()
    assert list(machine.path('/run/network-broker/events').iterdir()) == []
    assert pid_of(machine, 'nb-start.service') == start


def test_too_many_requests(machine):
    """One more than may be unfinished is not wrong: it is to be tried again."""
    unit, drop_in = 'nb-lease@held.service', '/etc/systemd/system/nb-lease@held.service.d/hold.conf'
    machine.write(drop_in, '[Service]\nExecStart=\nExecStart=sleep infinity\nTimeoutStartSec=infinity\n')
    machine.systemctl('daemon-reload')

    def last(n):
        return json.loads(machine.run(['python3', '-c', HOLDER], user='network-broker',
                                      input=json.dumps([request('start', unit)] * n)))

    try:
        assert last(512)[:2] == ['7', 'queued']
        assert last(513)[:3] == ['7', 'error', 'org.freedesktop.DBus.Error.LimitsExceeded']
        # And those whose connection is gone do not count.
        assert last(1)[:2] == ['7', 'queued']
    finally:
        machine.path(drop_in).unlink()
        machine.systemctl('daemon-reload')
        machine.systemctl('stop', unit)


def test_state_that_the_link_is_not_in(machine):
    """A request that keeps the grammar starts nothing either, as long as the link is not in that state."""
    answers = ask(machine, [request('start', GOOD, 'LINKINDEX=1')])
    assert answers[0][1] in ('queued', 'result')
    machine.wait_for(lambda: machine.show(GOOD, 'ConditionResult') == 'no')
    assert machine.show(GOOD, 'ActiveState') == 'inactive'
    assert not machine.path('/run/marked').exists()


def test_other_users_cannot_ask(machine):
    for user in ('nobody', 'network-broker-lease', 'systemd-network'):
        assert ask(machine, [request('start', GOOD)], user=user) == [['PermissionError']]
    # Root gets through the file mode, not through the check of who asks.
    assert ask(machine, [request('start', GOOD)], user='root')[0][1:2] != ['queued']
    assert machine.show(GOOD, 'ActiveState') == 'inactive'


def bus_name(machine, unit):
    """The unique bus name of a service."""
    pid = str(pid_of(machine, unit))
    for line in machine.run(['busctl', 'list', '--unique', '--no-legend']).splitlines():
        if line.split()[1] == pid:
            return line.split()[0]
    raise AssertionError(f'{unit} is not on the bus')


def forge(machine, path, interface, member, *arguments):
    machine.run(['busctl', 'emit', f'--destination={bus_name(machine, "nb-watch.service")}', path, interface, member,
                 *arguments], user='nobody')


def test_forged_signals_change_nothing(machine):
    records = Records(machine)
    machine.cable('eth0', static='192.0.2.2/24')
    machine.wait_for(lambda: machine.states()['eth0'] == ('no-carrier', 'configuring'), what=machine.states)
    index = machine.index('eth0')
    machine.wait_for(lambda: records.ran(index)[-1:] and not records.differences(index),
                     what=lambda: records.differences(index))
    before = records.runs()
    watch = pid_of(machine, 'nb-watch.service')
    since = machine.cursor()

    link = f'/org/freedesktop/network1/link/_3{str(index)[0]}{str(index)[1:]}'
    manager = ('/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager')
    network1 = machine.run(['busctl', '--json=short', 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus',
                            'GetNameOwner', 's', 'org.freedesktop.network1'])
    owner = json.loads(network1)['data'][0]
    for _ in range(2):
        for states in (('OperationalState', 'routable'), ('AdministrativeState', 'failed')):
            forge(machine, link, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as',
                  'org.freedesktop.network1.Link', '1', states[0], 's', states[1], '0')
        for name, old, new in (('org.freedesktop.network1', owner, ''), ('org.freedesktop.network1', '', ':1.99999'),
                               ('org.freedesktop.systemd1', '', ':1.99999')):
            forge(machine, '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'NameOwnerChanged', 'sss', name, old, new)
        forge(machine, *manager, 'JobRemoved', 'uoss', '4242', '/org/freedesktop/systemd1/job/4242',
              'nb-run@no-carrier:eth0.service', 'done')
        forge(machine, *manager, 'Reloading', 'b', 'true')

    # What is real is still delivered, although PID 1 seems to reload.
    machine.plug('eth0')
    machine.wait_for(lambda: machine.states()['eth0'] == ('routable', 'configured'), what=machine.states)
    machine.wait_for(lambda: not records.differences(index), what=lambda: records.differences(index))
    ran = [run.event for run in records.runs()[len(before):]]
    assert ran.count('routable') == 1
    assert 'failed' not in ran
    assert pid_of(machine, 'nb-watch.service') == watch

    machine.cursor()
    warnings = [r['MESSAGE'] for r in machine.journal('_SYSTEMD_UNIT=nb-watch.service', since=since)
                if int(r['PRIORITY']) <= 4]
    assert len(warnings) == 1, warnings


def test_forged_netlink_messages_do_not_arrive(machine):
    """The kernel lets nobody but root send to another's netlink socket: nothing to check beyond its sender."""
    script = """
import socket, struct
ports = [int(line.split()[2]) for line in open('/proc/net/netlink') if line.split()[1] == '0']
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
down = struct.pack('=IHHII', 32, 17, 0, 1, 0) + struct.pack('=BxHiII', 0, 1, 2, 0, 0)
for port in ports:
    if port == 0 or port == s.getsockname()[0]:
        continue
    try:
        s.sendto(down, (port, 0))
        print('sent', port)
    except PermissionError:
        print('refused')
"""
    answers = machine.run(['python3', '-c', script], user='nobody').split('\n')
    assert 'refused' in answers
    assert not [a for a in answers if a.startswith('sent')]


def relro(program):
    """From where to where the linker wants the program to be read-only: (offset, offset), from its beginning in memory."""
    data = program.read_bytes()
    start, = struct.unpack_from('<Q', data, 32)
    size, n = struct.unpack_from('<HH', data, 54)
    for i in range(n):
        kind, _, _, address, _, _, length, _ = struct.unpack_from('<IIQQQQQQ', data, start + i * size)
        if kind == 0x6474e552:
            return address & ~4095, (address + length) & ~4095
    raise AssertionError('nothing is relocated')


def test_relocated_data_of_nb_run_is_read_only(machine):
    machine.write('/etc/network-broker/routable.d/50-long', '#!/bin/sh\nexec sleep infinity\n', 0o755)
    machine.cable('long0', static='10.77.0.1/24', plugged=True)
    unit = 'nb-run@routable:long0.service'
    pid = machine.wait_for(lambda: int(machine.show(unit, 'MainPID')))
    machine.wait_for(lambda: machine.run(['pgrep', '-P', str(pid)], check=False)[1], what='its script runs')
    rows = [line.split() for line in machine.read(f'/proc/{pid}/maps').splitlines() if line.endswith('/nb-run')]
    areas = [(*(int(a, 16) for a in row[0].split('-')), row[1]) for row in rows]
    first, last = (areas[0][0] + offset for offset in relro(machine.path('/usr/sbin/nb-run')))
    assert first < last
    assert {mode for begin, end, mode in areas if begin < last and end > first} == {'r--p'}, areas
    machine.run(['rm', '/etc/network-broker/routable.d/50-long'])
    machine.systemctl('kill', unit)
