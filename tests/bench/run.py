# SPDX-License-Identifier: Apache-2.0
"""How long from the start of nb-run's process to the first instruction of its script, and how long does nb-rules take
when there is nothing to do?

Beside it, in the same rounds: a static program that does nothing but execute the same script, with the system's C
library and with that of nb-run. Several rounds, one kind after another, and the median over all of them, so that another
load of the computer reaches each alike."""

from latency import summary
from subject import FOLDER, TOOLS

ROUNDS = 5
WARM_UP = 5
ROUTES = 100000
SCRIPT = '/etc/network-broker/routable.d/10-stamp'
NB_RUN = ['/usr/sbin/nb-run', 'routable:run0']
# What is executed, and NB_EMIT_JSON=.
KINDS = {
    'floor': ([f'{TOOLS}/spawn', '1', '-', SCRIPT, 'run0'], ''),
    'least': ([f'{TOOLS}/spawn-short-lived', '1', '-', SCRIPT, 'run0'], ''),
    'plain': (NB_RUN, 'no'),
    'json': (NB_RUN, 'yes'),
    'rules': (['/usr/sbin/nb-rules', '--instance', '--sync', 'run0'], ''),
}


def samples(s, kind, n):
    """Seconds of n runs, after a few that do not count: up to the script, for nb-rules up to its end."""
    s.forget()
    program, emit_json = KINDS[kind]
    s.m.run(['systemd-run', '--quiet', '--wait', '--collect', f'--setenv=NB_EMIT_JSON={emit_json}',
             f'{TOOLS}/spawn', n + WARM_UP, f'{FOLDER}/began', *program])
    times = [[int(t) / 1e9 for t in line.split()] for line in s.m.read(f'{FOLDER}/began').splitlines()]
    ends = [t[1] for t in times] if kind == 'rules' else [stamp[0] for stamp in s.stamps()]
    return [end - t[0] for t, end in zip(times, ends)][WARM_UP:]


def rounds(s, kinds, n):
    result = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind in kinds:
            result[kind] += samples(s, kind, -(-n // ROUNDS))
    return {kind: summary(values) for kind, values in result.items()}


def make_link(s):
    """run0, 10 addresses and 10 routes more, and what nb-watch says of it in a request."""
    s.scripts('routable')
    s.m.cable('run0', static='10.20.0.1/24', plugged=True)
    s.m.wait_for(lambda: s.stamps('routable') and s.m.states().get('run0') == ('routable', 'configured'))
    s.m.run(['ip', '-batch', '-'], input=''.join(
        f'address add 10.20.{n}.1/24 dev run0\nroute add 10.21.{n}.0/24 via 10.20.0.2\n' for n in range(1, 10)))
    s.settle()


def measure(s, n):
    make_link(s)
    result = rounds(s, KINDS, n)
    s.m.cable('big0', static='10.30.0.1/24', plugged=True)
    s.m.wait_for(lambda: s.m.states().get('big0') == ('routable', 'configured'))
    s.m.run(['ip', '-batch', '-'], timeout=300, input=''.join(
        f'route add 11.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 via 10.30.0.2\n' for i in range(ROUTES)))
    # It looks at them a minute after it did last, and reads a link's after the first question about it.
    s.m.wait_for(s.m.path('/run/nb-watch/routes').exists, 120, 'nb-watch has seen how many routes there are')
    samples(s, 'json', 1)
    s.m.wait_for(lambda: 'RTM_GETROUTE' not in s.m.run(['strace', '-o', '/dev/stdout', *NB_RUN]), what='they are read')
    s.settle()
    result.update({f'{kind}_full': value for kind, value in rounds(s, ('floor', 'plain', 'json', 'rules'), n).items()})
    s.m.run(['nb-rules', '--remove', 'run0'])
    s.m.delete('big0', 'run0')
    s.settle()
    return result
