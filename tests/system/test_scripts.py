# SPDX-License-Identifier: Apache-2.0
"""What becomes of a script: is it run, refused or ended, and what do systemd and the journal say about it?

The events are started by hand, in the shipped unit; whether they happen at all is for the other modules."""

import json
import re

import pytest

from by_hand import ROUTABLE, add, clean, records, start, wait_records

LONG = True
BROKER = False
FAILED = '1d3a007ddf94458fb24a8170d0157cec'
KILLED = '1748a4e248ee47be8b8d4d4c25b10d90'
TIMED_OUT = 'ec8ae95928774fd19c896630b29f9391'
NOT_EXECUTED = '6f79026282a047e2ae7ecccfe6c2c92c'
REFUSED = 'f1d0942a4ba54afeac75f2b423baef37'


@pytest.fixture(autouse=True)
def fresh(machine):
    clean(machine)


def environment(machine, path='/tmp/out'):
    return dict(entry.split('=', 1) for entry in machine.read(path).split('\0') if entry)


def test_units_are_sound(machine):
    status, text = machine.run(['systemd-analyze', '--man=no', 'verify', '/usr/lib/systemd/system/nb-run@.service',
                                '/usr/lib/systemd/system/system-nb.slice'], check=False)
    assert (status, text) == (0, '')


def test_active_after_success_failed_after_failure(machine):
    add(machine, '10-good', '#!/bin/sh\necho first >> /tmp/out\n')
    unit = start(machine, check=True)
    assert machine.show(unit, 'ActiveState', 'SubState') == {'ActiveState': 'active', 'SubState': 'exited'}
    assert machine.show(unit, 'Slice') == 'system-nb.slice'
    machine.systemctl('stop', unit)

    since = machine.cursor()
    add(machine, '20-bad', '#!/bin/sh\necho second >> /tmp/out; exit 7\n')
    add(machine, '30-good', '#!/bin/sh\necho third >> /tmp/out\n')
    start(machine)
    assert machine.show(unit, 'ActiveState', 'ExecMainStatus') == {'ActiveState': 'failed', 'ExecMainStatus': '1'}
    assert machine.read('/tmp/out') == 'first\nfirst\nsecond\nthird\n'

    [record] = wait_records(machine, since, MESSAGE_ID=FAILED)
    assert re.fullmatch(f'{ROUTABLE}/20-bad: exit status 7, [0-9.]+ ms', record['MESSAGE'])
    assert {k: record[k] for k in ('NB_SCRIPT', 'NB_LINK', 'NB_EVENT', 'NB_UNIT', 'IFINDEX', 'PRIORITY')} == {
        'NB_SCRIPT': '20-bad', 'NB_LINK': 'lo', 'NB_EVENT': 'routable', 'NB_UNIT': unit, 'IFINDEX': '1',
        'PRIORITY': '3'}
    good = wait_records(machine, since, NB_SCRIPT='30-good')
    assert re.fullmatch(f'{ROUTABLE}/30-good: exit status 0, [0-9.]+ ms', good[0]['MESSAGE'])


def test_the_result_is_under_the_unit(machine):
    # Once the journal has the script's line, it has also looked who nb-run is.
    add(machine, '10-x', '#!/bin/sh\necho "$INVOCATION_ID"\n'
                         'until journalctl --quiet -t 10-x | grep -q "$INVOCATION_ID"; do sleep 0.02; done\nexit 3\n')
    for _ in range(20):
        since = machine.cursor()
        unit = start(machine)
        [record] = wait_records(machine, since, NB_SCRIPT='10-x')
        assert record.get('_SYSTEMD_UNIT') == unit


@pytest.mark.parametrize('identifier', [FAILED, KILLED, TIMED_OUT, NOT_EXECUTED, REFUSED])
def test_the_catalog_explains(machine, identifier):
    machine.run(['journalctl', '--update-catalog'])
    text = machine.run(['journalctl', '--dump-catalog', identifier])
    assert 'Defined-By: network-broker' in text
    assert '@NB_SCRIPT@' in text


def test_journalctl_x(machine):
    machine.run(['journalctl', '--update-catalog'])
    since = machine.cursor()
    add(machine, '10-bad', '#!/bin/sh\nexit 1\n')
    start(machine)
    wait_records(machine, since, MESSAGE_ID=FAILED)
    text = machine.run(['journalctl', '-x', '--after-cursor', since])
    assert 'journalctl -t 10-bad' in text
    assert 'systemctl restart nb-run@routable:lo.service' in text


REFUSALS = {
    'group': ('chmod 0775 F', 'it is writable by group or others'),
    'others': ('chmod 0757 F', 'it is writable by group or others'),
    'setuid': ('chmod 4755 F', 'it is set-user-ID or set-group-ID'),
    'owner': ('chown nobody F', 'it is not owned by root'),
    'mode': ('chmod 0644 F', 'it is not executable'),
    'fifo': ('rm F; mkfifo -m 755 F', 'it is not a regular file'),
    'folder': ('rm F; mkdir F', 'it is a directory, not a regular file'),
    'dangling': ('rm F; ln -s /nowhere F', 'it is a dangling symbolic link'),
    'tmp': ('mv F /tmp/evil; ln -s /tmp/evil F', 'the folder /tmp is writable by group or others'),
}


@pytest.mark.parametrize('case', REFUSALS)
def test_refused(machine, case):
    command, reason = REFUSALS[case]
    since = machine.cursor()
    add(machine, '10-x', '#!/bin/sh\ntouch /tmp/out\n')
    add(machine, '20-y', '#!/bin/sh\ntouch /tmp/out.y\n')
    machine.sh('rm -f /tmp/out.y; ' + command.replace('F', f'{ROUTABLE}/10-x'))
    unit = start(machine)
    assert machine.show(unit, 'ActiveState') == 'failed'
    [record] = wait_records(machine, since, MESSAGE_ID=REFUSED)
    assert record['MESSAGE'] == f'{ROUTABLE}/10-x: not run, because {reason}'
    assert not machine.path('/tmp/out').exists()
    assert machine.path('/tmp/out.y').exists()
    assert f'refused  {ROUTABLE}/10-x: {reason}' in machine.run(['nb-run', '--dry-run', 'routable:lo'])


def test_refused_folder(machine):
    since = machine.cursor()
    add(machine, '10-x', '#!/bin/sh\ntouch /tmp/out\n')
    machine.run(['chmod', '1777', ROUTABLE])
    unit = start(machine)
    assert machine.show(unit, 'ActiveState') == 'failed'
    [record] = wait_records(machine, since, MESSAGE_ID=REFUSED)
    assert record['MESSAGE'] == (f'{ROUTABLE}: not run, because the folder {ROUTABLE} is writable by group or others')
    assert not machine.path('/tmp/out').exists()


CHANGES = {
    'folder': ('chmod 1777 D', f'not run, because the folder {ROUTABLE} is writable by group or others'),
    'owner': ('chown nobody D', f'not run, because the folder {ROUTABLE} is not owned by root'),
    'script': ('chmod 0757 F', 'not run, because it is writable by group or others'),
    'removed': ('rm F', 'not run: it was removed meanwhile'),
    'masked': ('ln -sf /dev/null F', 'not run: masked by a link to /dev/null'),
}


@pytest.mark.parametrize('case', CHANGES)
def test_changed_by_the_script_before(machine, case):
    command, reason = CHANGES[case]
    command = command.replace('D', ROUTABLE).replace('F', f'{ROUTABLE}/20-y')
    since = machine.cursor()
    add(machine, '10-x', f'#!/bin/sh\n{command}\n')
    add(machine, '20-y', '#!/bin/sh\ntouch /tmp/out\n')
    unit = start(machine)
    assert machine.show(unit, 'ActiveState') == ('failed' if 'because' in reason else 'active')
    [record] = wait_records(machine, since, NB_SCRIPT='20-y')
    assert record['MESSAGE'] == f'{ROUTABLE}/20-y: {reason}'
    assert record.get('MESSAGE_ID') == (REFUSED if 'because' in reason else None)
    assert not machine.path('/tmp/out').exists()


NOT_EXECUTABLE = {
    'interpreter': ('#!/no/such\n', 'No such file or directory; the interpreter'),
    'no line': ('echo\n', 'Exec format error; it is no program'),
    'DOS': ('#! /bin/sh\r\necho\r\n', 'No such file or directory; its lines end with CR LF'),
    'DOS, with an interpreter that is missing': ('#!/no/such -e\r\n', 'No such file or directory; the interpreter'),
    'BOM': ('\ufeff#!/bin/sh\n', 'Exec format error; a byte order mark'),
}


@pytest.mark.parametrize('case', NOT_EXECUTABLE)
def test_not_executed(machine, case):
    text, reason = NOT_EXECUTABLE[case]
    since = machine.cursor()
    add(machine, '10-x', text)
    add(machine, '20-y', '#!/bin/sh\ntouch /tmp/out\n')
    assert machine.show(start(machine), 'ActiveState') == 'failed'
    [record] = wait_records(machine, since, MESSAGE_ID=NOT_EXECUTED)
    assert record['MESSAGE'].startswith(f'{ROUTABLE}/10-x: cannot be executed: {reason}')
    assert machine.path('/tmp/out').exists()


def test_override_and_mask(machine):
    for folder in ('/run/network-broker/routable.d', '/usr/lib/network-broker/routable.d'):
        for name in 'abc':
            add(machine, name, f'#!/bin/sh\necho {folder}/{name} >> /tmp/out\n', folder=folder)
    add(machine, 'a', '#!/bin/sh\necho etc >> /tmp/out\n')
    machine.run(['ln', '-s', '/dev/null', f'{ROUTABLE}/b'])
    start(machine, check=True)
    assert machine.read('/tmp/out') == 'etc\n/run/network-broker/routable.d/c\n'


def test_a_thousand_scripts(machine):
    machine.sh(f'mkdir -p {ROUTABLE}; for i in $(seq 1000 1999); do '
               f'printf "#!/bin/sh\\necho $i >> /tmp/out\\n" > {ROUTABLE}/$i; done; chmod 755 {ROUTABLE}/*')
    start(machine, check=True, timeout=300)
    assert machine.read('/tmp/out').split() == [str(i) for i in range(1000, 2000)]


HARD_TO_END = {
    'ignores TERM': 'trap "" TERM; sleep 1000; sleep 1000',
    'forks': 'for i in 1 2 3; do (trap "" TERM; sleep 1001; sleep 1001) & done; wait',
    'closes output': 'exec 0<&- 1>&- 2>&-; trap "" TERM; while :; do sleep 1002; done',
    'orphans': '(trap "" TERM; sleep 1003 & sleep 1003 &) ; sleep 1003',
}


@pytest.fixture
def one_second(machine):
    """Scripts are given one second."""
    machine.write('/etc/network-broker/network-broker.toml.d/short.toml', '[Script]\nTimeout = "1s"\n')
    machine.systemctl('daemon-reload')
    yield
    machine.sh('rm /etc/network-broker/network-broker.toml.d/short.toml; systemctl daemon-reload')


@pytest.mark.parametrize('case', HARD_TO_END)
def test_ends_in_time(machine, one_second, case):
    since = machine.cursor()
    add(machine, '10-slow', f'#!/bin/sh\n{HARD_TO_END[case]}\n')
    add(machine, '20-next', '#!/bin/sh\ntouch /tmp/out\n')
    unit = start(machine)
    assert machine.show(unit, 'ActiveState') == 'failed'
    assert machine.path('/tmp/out').exists()
    [record] = wait_records(machine, since, MESSAGE_ID=TIMED_OUT)
    assert record['MESSAGE'].startswith(f'{ROUTABLE}/10-slow: did not end within 1.0 s')
    assert 'systemctl --no-block' in record['MESSAGE']
    assert machine.run(['pgrep', '-f', 'sleep 100[0-9]'], check=False)[0] == 1


def test_ended_by_a_signal(machine):
    since = machine.cursor()
    add(machine, '10-x', '#!/bin/sh\nkill -SEGV $$\n')
    assert machine.show(start(machine), 'ActiveState') == 'failed'
    [record] = wait_records(machine, since, MESSAGE_ID=KILLED)
    assert re.fullmatch(f'{ROUTABLE}/10-x: ended by SIGSEGV, [0-9.]+ ms', record['MESSAGE'])


def test_background_ends_with_the_state(machine):
    add(machine, '10-x', '#!/bin/sh\nsleep 1004 &\n(trap "" TERM; sleep 1005; sleep 1005) &\n')
    unit = start(machine, check=True)
    machine.wait_for(lambda: machine.run(['pgrep', '-f', '-c', 'sleep 100[45]'], check=False)[1].strip() == '2')
    machine.systemctl('stop', unit)
    assert machine.run(['pgrep', '-f', 'sleep 100[45]'], check=False)[0] == 1


def test_stopped_in_the_middle(machine):
    since = machine.cursor()
    add(machine, '10-x', '#!/bin/sh\ntrap "echo cleaned > /tmp/out; exit" TERM\ntouch /tmp/begun\nsleep 1006 & wait\n')
    add(machine, '20-y', '#!/bin/sh\ntouch /tmp/never\n')
    machine.write('/run/network-broker/state/routable:lo', '')
    machine.sh('rm -f /tmp/begun; systemctl start --no-block nb-run@routable:lo.service')
    machine.wait_for(lambda: machine.path('/tmp/begun').exists())
    machine.systemctl('stop', 'nb-run@routable:lo.service')
    assert machine.show('nb-run@routable:lo.service', 'ActiveState') == 'inactive'
    assert machine.read('/tmp/out') == 'cleaned\n'
    assert not machine.path('/tmp/never').exists()
    wait_records(machine, since, NB_SCRIPT='10-x')


KILLS = {
    'kill': 'systemctl kill nb-run@routable:lo',
    'main': 'systemctl kill --kill-who=main --signal=INT nb-run@routable:lo',
    'parent': 'kill $PPID',
}


@pytest.mark.parametrize('case', KILLS)
def test_killed_in_the_middle(machine, case):
    since = machine.cursor()
    add(machine, '10-x', f'#!/bin/sh\n{KILLS[case]}\nsleep 1007\n')
    add(machine, '20-y', '#!/bin/sh\ntouch /tmp/out\n')
    unit = start(machine)
    assert machine.show(unit, 'ActiveState', 'ExecMainStatus') == {'ActiveState': 'failed', 'ExecMainStatus': '1'}
    assert not machine.path('/tmp/out').exists()
    text = f'A signal cut the run short, and nobody is stopping {unit}: it has failed'
    wait_records(machine, since, MESSAGE=text, NB_UNIT=unit)


def test_not_without_the_state(machine):
    machine.run(['rm', '-f', '/run/network-broker/state/routable:lo'])
    add(machine, '10-x', '#!/bin/sh\ntouch /tmp/out\n')
    machine.systemctl('start', 'nb-run@routable:lo.service')
    assert machine.show('nb-run@routable:lo.service', 'ActiveState', 'ConditionResult') == {
        'ActiveState': 'inactive', 'ConditionResult': 'no'}
    # Nor with it, if nobody watches whether it still holds.
    machine.write('/run/network-broker/state/routable:lo', '')
    machine.run(['rmdir', '/run/nb-watch'])
    machine.systemctl('start', 'nb-run@routable:lo.service')
    assert machine.show('nb-run@routable:lo.service', 'ActiveState', 'ConditionResult') == {
        'ActiveState': 'inactive', 'ConditionResult': 'no'}


def test_environment_of_a_script(machine):
    add(machine, '10-x', '#!/bin/sh\nfor v in $(env | cut -d= -f1); do :; done\n'
                         'cat /proc/$$/environ > /tmp/out; pwd > /tmp/pwd; echo $# "$0" >> /tmp/pwd\n')
    start(machine, variables={'LINKINDEX': 1, 'PREVIOUS_STATE': 'degraded', 'AdministrativeState': 'configured',
                              'PATH': '/evil', 'LD_PRELOAD': '/evil'}, check=True)
    e = environment(machine)
    assert machine.read('/tmp/pwd') == f'/\n0 {ROUTABLE}/10-x\n'
    expected = {'LINK': 'lo', 'LINKINDEX': '1', 'LINKIFINDEX': '1', 'EVENT': 'routable', 'IFACE': 'lo',
                'STATE': 'routable', 'OperationalState': 'routable', 'AdministrativeState': 'configured',
                'PREVIOUS_STATE': 'degraded', 'ADDR': '127.0.0.1', 'IP_ADDRS': '', 'ESSID': ''}
    assert {k: e[k] for k in expected} == expected
    assert 'evil' not in e['PATH'] and 'LD_PRELOAD' not in e
    assert not [k for k in e if k.startswith('NB_')]
    assert e['INVOCATION_ID']
    assert 'DHCP_LEASE' not in e


def test_a_link_that_is_gone(machine):
    add(machine, '10-x', '#!/bin/sh\ncat /proc/$$/environ > /tmp/out\n')
    start(machine, 'routable:gone0', {'LINKINDEX': 4711}, check=True)
    e = environment(machine)
    assert (e['LINK'], e['LINKINDEX']) == ('gone0', '4711')
    assert 'JSON' not in e and 'JSON_FILE' not in e


def test_user(machine):
    machine.write('/etc/network-broker/network-broker.toml.d/user.toml', '[Script]\nUser = "nobody"\n')
    machine.systemctl('daemon-reload')
    add(machine, '10-x', '#!/bin/sh\n[ "$(id -un)" = nobody ] && [ -r "$JSON_FILE" ] && [ "$JSON" ]\n')
    unit = start(machine, check=True)
    assert machine.show(unit, 'ActiveState') == 'active'
    machine.systemctl('stop', unit)

    machine.run(['chmod', '0700', ROUTABLE])
    since = machine.cursor()
    start(machine)
    assert machine.show(unit, 'ActiveState') == 'failed'
    [record] = wait_records(machine, since, MESSAGE_ID=REFUSED)
    assert record['MESSAGE'] == f'{ROUTABLE}: not run, because it cannot be listed: Permission denied'
    machine.sh('rm /etc/network-broker/network-broker.toml.d/user.toml; systemctl daemon-reload')


def test_dry_run(machine):
    add(machine, '10-a', '#!/bin/sh\ntouch /tmp/out\n')
    add(machine, '10-a', '#!/bin/sh\n', folder='/usr/lib/network-broker/routable.d')
    add(machine, '20-b', '#!/bin/sh\n', 0o644)
    add(machine, '30-c~', '#!/bin/sh\n')
    machine.run(['ln', '-s', '/dev/null', f'{ROUTABLE}/40-d'])
    machine.write('/etc/systemd/system/nb-run@.service.d/mine.conf',
                  '[Service]\nEnvironment=MINE=here "WITH=two words"\n')
    machine.systemctl('daemon-reload')
    text = machine.run(['nb-run', '--dry-run', 'routable:lo'])
    lines = text.splitlines()
    assert lines[:9] == [
        'nb-run@routable:lo.service, as root', '', 'Scripts of routable:',
        f'  run      {ROUTABLE}/10-a',
        f'  hidden   /usr/lib/network-broker/routable.d/10-a: overridden by {ROUTABLE}/10-a',
        f'  refused  {ROUTABLE}/20-b: it is not executable',
        f'  skipped  {ROUTABLE}/30-c~: hidden, or a leftover',
        f'  masked   {ROUTABLE}/40-d: masked by a link to /dev/null', '']
    assert '  MINE=here' in lines and '  WITH=two words' in lines and '  LINK=lo' in lines
    assert not [line for line in lines if line.startswith(('  NB_', '  PATH='))]
    assert json.loads(next(line for line in lines if line.startswith('  JSON=')).split('=', 1)[1])['Name'] == 'lo'
    assert not machine.path('/tmp/out').exists()
    machine.sh('rm -r /etc/systemd/system/nb-run@.service.d; systemctl daemon-reload')


def test_dry_run_of_odd_names(machine):
    add(machine, '10-a\n  run      b', '#!/bin/sh\n', folder='/run/network-broker/routable.d')
    add(machine, '10-a\n  run      b', '#!/bin/sh\n')
    machine.write('/etc/systemd/system/nb-run@.service.d/mine.conf', '[Service]\nEnvironment=PATH=/mine\n')
    machine.systemctl('daemon-reload')
    lines = machine.run(['nb-run', '--dry-run', 'routable:lo']).splitlines()
    name = '10-a\\x0a  run      b'
    assert [line for line in lines if '10-a' in line] == [
        f'  run      {ROUTABLE}/{name}',
        f'  hidden   /run/network-broker/routable.d/{name}: overridden by {ROUTABLE}/{name}']
    assert '  PATH=/mine' in lines
    machine.sh('rm -r /etc/systemd/system/nb-run@.service.d; systemctl daemon-reload')


@pytest.mark.parametrize(('instance', 'text'), [
    ('routable:a&b', "the link's name is to be written as in that of the unit: 'routable:a\\x26b'"),
    ('routable:a b', 'not an event of a link, such as routable:eth0'),
    ('nothing:a&b', 'not an event of a link, such as routable:eth0')])
def test_what_is_no_instance(machine, instance, text):
    assert machine.run(['nb-run', '--dry-run', instance], check=False) == (1, f'{instance}: {text}\n')


PRINTING = ('nb-run --dry-run routable:lo', 'nb-rules --dry-run lo', 'nb-lease --dry-run lo', 'nb-resolve --dry-run lo',
            'nb-generator --help', 'nb-generator --version', 'nb-watch --help', 'nb-rules --help', 'nb-rules --version')


@pytest.mark.parametrize('command', PRINTING)
@pytest.mark.parametrize('output', ['>/dev/full', '>&-'])
def test_output_that_cannot_be_written(machine, command, output):
    machine.run(['sh', '-c', f'{command} >/dev/null'])
    assert machine.run(['sh', '-c', f'{command} 2>/tmp/out {output}'], check=False)[0] == 1
    assert 'Cannot write to standard output: ' in machine.read('/tmp/out')


def test_power_off_does_not_wait(new_machine):
    m = new_machine(broker=False)
    add(m, '10-x', '#!/bin/sh\ntrap "" TERM\ntouch /run/begun\nsleep 1007; sleep 1007\n')
    m.write('/run/network-broker/state/routable:lo', '')
    m.sh('mkdir /run/nb-watch')
    m.systemctl('start', '--no-block', 'nb-run@routable:lo.service')
    m.wait_for(lambda: m.path('/run/begun').exists())
    m.power_off()


def test_refused_by_the_configuration(machine):
    machine.write('/etc/systemd/system/nb-run@.service.d/refuse.conf',
                  '[Service]\nEnvironment="NB_REFUSE=User= is not known"\n')
    machine.systemctl('daemon-reload')
    since = machine.cursor()
    add(machine, '10-x', '#!/bin/sh\ntouch /tmp/out\n')
    unit = start(machine)
    assert machine.show(unit, 'ActiveState') == 'failed'
    assert not machine.path('/tmp/out').exists()
    machine.wait_for(lambda: [r for r in records(machine, since, NB_UNIT=unit)
                              if r['MESSAGE'] == 'No script is run: User= is not known'])
    assert 'No script is run: User= is not known' in machine.run(['nb-run', '--dry-run', 'routable:lo'])
    machine.sh('rm -r /etc/systemd/system/nb-run@.service.d; systemctl daemon-reload')


@pytest.mark.parametrize('change, runs', [('bound', True), ('renewed', True), ('changed', True), ('lost', False)])
def test_a_lease_of_dhclient_makes_routable(machine, change, runs):
    machine.write('/etc/systemd/system/nb-run@.service.d/dhclient.conf',
                  '[Service]\nEnvironment=NB_GENERATOR=dhclient\n')
    machine.systemctl('daemon-reload')
    script = '#!/bin/sh\necho "$0" "$EVENT" "[$STATE]" "$OperationalState" "$LEASE_EVENT" "$DNS" >> /tmp/out\n'
    add(machine, 'a', script)
    add(machine, 'a', script, folder='/etc/network-broker/lease.d')
    start(machine, 'lease:lo', {'LEASE_EVENT': change, 'DNS': '192.0.2.1', 'OperationalState': 'degraded'},
          check=True)
    lines = machine.read('/tmp/out').splitlines()
    assert lines[0] == f'/etc/network-broker/lease.d/a lease [] degraded {change} 192.0.2.1'
    assert lines[1:] == ([f'{ROUTABLE}/a lease [routable] routable {change} 192.0.2.1'] if runs else [])
    machine.sh('systemctl stop nb-run@lease:lo.service; rm -r /etc/systemd/system/nb-run@.service.d; '
               'systemctl daemon-reload')
