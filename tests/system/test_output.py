# SPDX-License-Identifier: Apache-2.0
"""Where does what a script prints go, and does all of it get there, under its unit?

The events are started by hand, in the shipped unit."""

import pytest

from by_hand import ROUTABLE, add, clean, records, start, wait_records

BROKER = False


@pytest.fixture(autouse=True)
def fresh(machine):
    clean(machine)


def test_output_is_tagged_with_the_script(machine):
    since = machine.cursor()
    add(machine, '10-hello', '#!/bin/sh\necho to stdout\necho "<3>to stderr" >&2\nprintf "no newline"\n')
    add(machine, '20-next', '#!/bin/sh\necho next\n')
    unit = start(machine, check=True)

    lines = machine.wait_for(lambda: (lambda r: r if len(r) >= 3 else None)(
        records(machine, since, SYSLOG_IDENTIFIER='10-hello')))
    assert [(r['MESSAGE'], r['PRIORITY']) for r in lines] == [
        ('to stdout', '6'), ('to stderr', '3'), ('no newline', '6')]
    assert {r['_SYSTEMD_UNIT'] for r in lines} == {unit}
    assert [r['MESSAGE'] for r in wait_records(machine, since, SYSLOG_IDENTIFIER='20-next')] == ['next']


@pytest.mark.parametrize('output, file, journal', [
    ('file:/run/output', ['out', 'err'], []), ('null', [], []), ('journal', [], ['out', 'err']),
    ('null\nStandardError=file:/run/output', ['err'], []),
    ('file:/dev/full\nStandardError=file:/run/output', ['err'], ['out']),
    ('file:/dev/full\nStandardError=null', [], ['out'])])
def test_output_of_a_drop_in(machine, output, file, journal):
    machine.write('/run/systemd/system/nb-run@.service.d/output.conf', f'[Service]\nStandardOutput={output}\n')
    machine.sh('systemctl daemon-reload; : > /run/output')
    since = machine.cursor()
    add(machine, '10-words', '#!/bin/sh\necho out\necho err >&2\n')
    start(machine, check=True)
    machine.sh('rm /run/systemd/system/nb-run@.service.d/output.conf; systemctl daemon-reload')
    # What nb-run itself says goes where standard error does, and to the journal where one of both does.
    assert [line for line in machine.read('/run/output').splitlines() if line in ('out', 'err')] == file
    assert [r['MESSAGE'] for r in records(machine, since, SYSLOG_IDENTIFIER='10-words')] == journal
    assert len(records(machine, since, NB_SCRIPT='10-words')) == (1 if journal else 0)


def test_output_that_cannot_be_had(machine):
    drop_in = '/run/systemd/system/nb-run@.service.d/families.conf'
    add(machine, '10-x', '#!/bin/sh\necho words; touch /tmp/out\n')
    machine.write(drop_in, '[Service]\nRestrictAddressFamilies=AF_INET AF_NETLINK\n')
    machine.systemctl('daemon-reload')
    unit = start(machine)
    assert machine.show(unit, 'ActiveState', 'ExecMainStatus') == {'ActiveState': 'failed', 'ExecMainStatus': '209'}
    assert not machine.path('/tmp/out').exists()

    # As the manual says.
    machine.write(drop_in, '[Service]\nRestrictAddressFamilies=AF_INET AF_NETLINK\nStandardOutput=journal\n')
    machine.systemctl('daemon-reload')
    since = machine.cursor()
    start(machine, check=True)
    assert wait_records(machine, since, MESSAGE='words', _SYSTEMD_UNIT=unit)
    machine.sh(f'rm {drop_in}; systemctl daemon-reload')


def test_output_without_the_socket_of_the_journal(machine):
    drop_in = '/run/systemd/system/nb-run@.service.d/socket.conf'
    socket = '/run/systemd/journal/stdout'
    add(machine, '10-x', '#!/bin/sh\necho words; touch /tmp/out\n')
    machine.write(drop_in, f'[Service]\nInaccessiblePaths={socket}\n')
    machine.systemctl('daemon-reload')
    since = machine.cursor()
    start(machine, check=True)
    machine.sh(f'rm {drop_in}; systemctl daemon-reload')
    assert machine.path('/tmp/out').exists()
    [record] = wait_records(machine, since, NB_SCRIPT='10-x', PRIORITY='4')
    assert record['MESSAGE'] == f'{ROUTABLE}/10-x: cannot connect its output to {socket}: Connection refused'


def test_a_script_that_logs_natively(machine):
    add(machine, '10-stream', '#!/bin/sh\n[ "$(stat -Lc %d:%i /proc/self/fd/2)" = "$JOURNAL_STREAM" ]\n')
    start(machine, check=True)


def test_prints_a_hundred_megabytes(machine):
    machine.write('/etc/network-broker/network-broker.toml.d/slow.toml', '[Script]\nTimeout = "60s"\n')
    machine.systemctl('daemon-reload')
    add(machine, '10-loud', '#!/bin/sh\nhead -c 100M /dev/zero | tr "\\0" "x" | fold -w 1000\necho end\n')
    unit = start(machine, check=True, timeout=90)
    assert machine.show(unit, 'ActiveState') == 'active'
    machine.sh('rm /etc/network-broker/network-broker.toml.d/slow.toml; journalctl --rotate --vacuum-size=1M')


@pytest.mark.parametrize('program', ['nb-lease', 'nb-rules', 'nb-run'])
def test_what_a_program_says_goes_where_its_standard_error_does(machine, program):
    """A service may start it with its errors to be read elsewhere; JOURNAL_STREAM= is inherited all the same."""
    since = machine.cursor()
    machine.write('/run/start', f'echo "$JOURNAL_STREAM" > /run/stream; {program} 2> /run/file; '
                                f'{program} 2>&1 | cat > /run/pipe; {program} && exit 9; exit 0\n')
    machine.run(['systemd-run', '--quiet', '--wait', '--collect', 'sh', '/run/start'])
    assert machine.read('/run/stream').strip()
    assert machine.read('/run/file') == machine.read('/run/pipe') != ''
    [record] = wait_records(machine, since, SYSLOG_IDENTIFIER=program)
    assert (record['_TRANSPORT'], record['MESSAGE']) == ('journal', machine.read('/run/file').strip())


@pytest.fixture
def nobody(machine):
    """The scripts run as another user than root."""
    path = '/etc/network-broker/network-broker.toml.d/user.toml'
    machine.write(path, '[Script]\nUser = "nobody"\nTimeout = "60s"\n')
    machine.systemctl('daemon-reload')
    yield
    machine.sh(f'rm {path}; systemctl daemon-reload')


def messages(machine, since, unit, script):
    """What the journal has of the script's output under both names."""
    return [r['MESSAGE'] for r in records(machine, since, _TRANSPORT='stdout', _SYSTEMD_UNIT=unit,
                                          SYSLOG_IDENTIFIER=script)]


def wait_messages(machine, since, unit, script, expected):
    machine.wait_for(lambda: messages(machine, since, unit, script) == expected,
                     what=lambda: f'{messages(machine, since, unit, script)}, of {machine.messages(since=since)}')


# The journal forgets whose line it was where its process is gone.
@pytest.mark.parametrize('end', ['true', 'false', 'printf "no newline"', 'exec /bin/echo'])
def test_output_of_short_lived_children(machine, nobody, end):
    add(machine, '10-x', '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do /bin/echo line $i; /bin/echo error $i >&2; done\n'
                         f'[ ! "$JOURNAL_STREAM" ] || echo "$JOURNAL_STREAM"\n{end}\n')
    add(machine, '20-y', '#!/bin/sh\n/bin/echo "<4>last"\n')
    lines = [line for i in range(1, 9) for line in (f'line {i}', f'error {i}')]
    lines += ['no newline'] if 'printf' in end else []
    for _ in range(10):
        since = machine.cursor()
        unit = start(machine, check=end != 'false')
        wait_messages(machine, since, unit, '10-x', lines)
        wait_messages(machine, since, unit, '20-y', ['last'])
        machine.systemctl('stop', unit)


def relays(machine):
    return machine.run(['pgrep', '-c', '-x', '-u', 'nobody', 'nb-run'], check=False)[1].strip()


def test_output_from_the_background(machine, nobody):
    add(machine, '10-x', '#!/bin/sh\n/bin/echo first\n'
                         '(trap "echo asked to end; exit" TERM; until [ -e /tmp/go ]; do sleep 0.1; done; '
                         '/bin/echo later; touch /tmp/said; sleep 1008 & wait) &\n')
    machine.sh('rm -f /tmp/go /tmp/said')
    since = machine.cursor()
    unit = start(machine, check=True)
    assert machine.show(unit, 'ActiveState', 'SubState') == {'ActiveState': 'active', 'SubState': 'exited'}
    assert relays(machine) == '1'
    machine.sh('install -o nobody -m 0644 /dev/null /tmp/go')
    wait_messages(machine, since, unit, '10-x', ['first', 'later'])
    machine.wait_for(lambda: machine.path('/tmp/said').exists())
    machine.systemctl('stop', unit)
    # The shell also says what became of sleep.
    machine.wait_for(lambda: 'asked to end' in messages(machine, since, unit, '10-x'))
    assert machine.show(unit, 'ActiveState', 'Result') == {'ActiveState': 'inactive', 'Result': 'success'}
    assert relays(machine) == '0'


def test_a_hundred_megabytes_of_another_user(machine, nobody):
    machine.sh('journalctl --rotate --vacuum-size=1M')
    add(machine, '10-loud', '#!/bin/sh\nhead -c 100M /dev/zero | tr "\\0" "x" | fold -w 40000\necho; echo end\n')
    unit = start(machine, check=True, timeout=90)
    output = f'journalctl --quiet --all --output=cat _SYSTEMD_UNIT={unit} SYSLOG_IDENTIFIER=10-loud'
    machine.wait_for(lambda: machine.sh(f'{output} | tail -n 1').strip() == 'end', timeout=60,
                     what=lambda: machine.sh(f'{output} | tail -n 3 | cut -c -100; {output} | wc'))
    assert machine.sh(f'{output} | tr -d "\\n" | wc -c').strip() == str(100 * 1024 * 1024 + len('end'))
    machine.sh('journalctl --rotate --vacuum-size=1M')


def test_a_journal_that_hangs_does_not_delay_the_stop(machine, nobody):
    add(machine, '10-x', '#!/bin/sh\n/bin/echo words\n(while :; do head -c 1M /dev/zero; done) &\n')
    machine.sh('systemctl kill --signal=STOP systemd-journald.service')
    try:
        unit = start(machine, check=True)
        machine.systemctl('stop', unit)
        # Nothing had to be killed.
        assert machine.show(unit, 'Result') == 'success'
    finally:
        machine.sh('systemctl kill --signal=CONT systemd-journald.service')
