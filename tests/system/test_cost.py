# SPDX-License-Identifier: Apache-2.0
"""What does nb-run cost before its script begins? Counted in system calls, which no other load of the computer
changes; `make bench` has the times."""

import re

import pytest

SCRIPT = '#!/bin/sh\nexit 0\n'
# What it took when this was written, and a few more for another C library.
CALLS = {'no': 80, 'yes': 115}
LINES = re.compile(r'^\d+ +(\w+)\(')


@pytest.fixture(scope='module', autouse=True)
def link(machine):
    """A link with 10 addresses and 10 routes, whose event was delivered."""
    machine.write('/etc/network-broker/routable.d/10-script', SCRIPT, 0o755)
    machine.cable('run0', static='10.20.0.1/24', plugged=True)
    machine.wait_for(lambda: machine.show('nb-run@routable:run0.service', 'ActiveState') == 'active',
                     what=machine.units)
    machine.run(['ip', '-batch', '-'], input=''.join(
        f'address add 10.20.{n}.1/24 dev run0\nroute add 10.21.{n}.0/24 via 10.20.0.2\n' for n in range(1, 10)))


def calls(machine, emit_json):
    """The names of its system calls, up to the execve() of its script."""
    machine.run(['systemd-run', '--quiet', '--wait', '--collect', f'--setenv=NB_EMIT_JSON={emit_json}',
                 'strace', '-f', '-o', '/run/calls', 'nb-run', 'routable:run0'])
    lines = machine.read('/run/calls').splitlines()
    script = next(i for i, line in enumerate(lines) if 'execve("/etc/network-broker' in line)
    return [m[1] for m in map(LINES.match, lines[1:script]) if m]


@pytest.mark.parametrize('emit_json', CALLS)
def test_few_system_calls(machine, emit_json):
    names = calls(machine, emit_json)
    assert len(names) <= CALLS[emit_json], names
    # One process is made, and none of its memory is copied.
    assert names.count('clone') == 1 and 'fork' not in names
