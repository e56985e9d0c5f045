# SPDX-License-Identifier: Apache-2.0
"""What do nb-lease, resolved and hostnamed say, which lease events ran, and where does a lease come from?"""

FOLDER = '/run/network-broker/lease'

# Appends what a lease event says to a file.
RECORD = """\
#!/bin/sh
folder=${0%.d/*}
printf '%s|%s|%s|%s|%s|%s|%s|%s|%s\\n' "${folder##*/}" "$LINK" "$LEASE_EVENT" "$LEASE_ADDRESS" \
    "$LEASE_PREVIOUS_ADDRESS" "$OperationalState" "$DNS" "$DOMAIN" "$DHCP_LEASE" >> /run/leases
"""
KEYS = ('event', 'link', 'change', 'address', 'previous', 'state', 'dns', 'domain', 'text')


def lease(machine, link='eth0'):
    """The lease that nb-lease left, as a dict; None if there is none."""
    path = machine.path(f'{FOLDER}/{link}')
    try:
        return dict(line.split('=', 1) for line in path.read_text().splitlines())
    except FileNotFoundError:
        return None


def dns(machine, link='eth0'):
    return machine.run(['resolvectl', 'dns', machine.index(link)]).split(':', 1)[1].split()


def domains(machine, link='eth0'):
    return machine.run(['resolvectl', 'domain', machine.index(link)]).split(':', 1)[1].split()


def host_name(machine):
    return machine.run(['hostname']).strip()


def said(machine, text, since, link='eth0'):
    """Whether a message of that link holds the text. (Of 252, journalctl with a match skips the first record.)"""
    return any(text in str(r['MESSAGE']) for r in machine.journal(since=since) if r.get('NB_LINK') == link)


def settled(machine, link='eth0'):
    """Whether neither of the two is at work or about to be."""
    states = [machine.show(f'nb-{name}@{link}.service', 'ActiveState', 'Job') for name in ('lease', 'resolve')]
    return all(s['ActiveState'] in ('inactive', 'failed') and s.get('Job', '0') in ('', '0') for s in states)


def serve(machine, link, subnet, last, t1, *options):
    """A server that gives one address, for two minutes, to be renewed after t1 seconds."""
    unit = f'dhcp-{link}'
    machine.sh(f'systemctl stop {unit}.service 2>/dev/null || true; rm -f /run/{unit}')
    if '/24' not in machine.peer('ip', 'address', 'show', 'dev', link, 'scope', 'global'):
        machine.peer('ip', 'address', 'add', f'{subnet}.1/24', 'dev', link)
    mac = machine.run(['cat', f'/sys/class/net/{link}/address']).strip()
    machine.run(['systemd-run', '--quiet', '--collect', f'--unit={unit}', 'ip', 'netns', 'exec', 'peer', 'dnsmasq',
                 '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--bind-interfaces',
                 f'--interface={link}', '--except-interface=lo', f'--dhcp-range={subnet}.10,{subnet}.200,2m',
                 f'--dhcp-host={mac},{subnet}.{last},web{last}', f'--dhcp-option=option:router,{subnet}.1',
                 f'--dhcp-option=option:T1,{t1}', f'--dhcp-option=option:T2,{t1 * 2}', '--dhcp-authoritative',
                 '--no-ping', f'--dhcp-leasefile=/run/{unit}', f'--pid-file=/run/{unit}.pid', *options])


def record(machine, *events):
    """From now on runs() and changes() tell what ran."""
    machine.write('/run/leases', '')
    for event in events:
        machine.write(f'/etc/network-broker/{event}.d/10-record', RECORD, 0o755)


def all_runs(machine, link):
    rows = (dict(zip(KEYS, line.split('|'))) for line in machine.read('/run/leases').splitlines())
    return [row for row in rows if row['link'] == link]


def runs(machine, event, link):
    return [row for row in all_runs(machine, link) if row['event'] == event]


def changes(machine, link):
    return [run['change'] for run in runs(machine, 'lease', link)]


def wait_change(machine, link, expected, timeout):
    machine.wait_for(lambda: changes(machine, link) == expected, timeout,
                     lambda: f'{changes(machine, link)} is {expected}')
    machine.wait_for(lambda: settled(machine, link))
