# SPDX-License-Identifier: Apache-2.0
"""How is an event started by hand, in the shipped unit, and what does the journal have of it?"""

ROUTABLE = '/etc/network-broker/routable.d'


def clean(machine):
    """No scripts, no units that have run."""
    # nb-watch.service has this folder while it runs; without it no state's unit may be started.
    machine.sh('mkdir -p /run/nb-watch; '
               'rm -rf /etc/network-broker/*.d /run/network-broker/*.d /usr/lib/network-broker /tmp/out; '
               'systemctl stop "nb-run@*" && systemctl reset-failed; systemctl daemon-reload')


def start(machine, event='routable:lo', variables=None, check=False, timeout=60):
    """Starts the event's unit as nb-start does it. Returns its name."""
    unit = f'nb-run@{event}.service'
    machine.write(f'/run/network-broker/state/{event}', '')
    if variables is not None:
        machine.write(f'/run/network-broker/events/{event}', ''.join(f'{k}={v}\0' for k, v in variables.items()))
    machine.systemctl('start', unit, check=check, timeout=timeout)
    return unit


def add(machine, name, text, mode=0o755, folder=ROUTABLE):
    machine.write(f'{folder}/{name}', text, mode)


def records(machine, since, **fields):
    # journalctl of 252 misses the first match behind a cursor.
    machine.run(['journalctl', '--sync'])
    return [r for r in machine.journal(since=since) if all(r.get(k) == v for k, v in fields.items())]


def wait_records(machine, since, **fields):
    return machine.wait_for(lambda: records(machine, since, **fields), what=lambda: machine.messages(since=since))
