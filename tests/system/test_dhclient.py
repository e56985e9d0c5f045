# SPDX-License-Identifier: Apache-2.0
"""A whole life of leases, with the real dhclient and systemd-networkd, a real dnsmasq, and nb-watch: which events, and
what do resolved and hostnamed know after each? It takes five minutes, as no DHCP server gives leases of seconds."""

import pytest

from test_lease import dns, domains, host_name, lease, settled

CONFIG = """\
[System]
Generator = ["systemd-networkd", "dhclient"]
[Network]
UseDNS = true
UseDomain = true
UseHostname = true
"""
MACHINE = {
    'enable': ['systemd-networkd.service', 'systemd-resolved.service'],
    'files': {'/etc/hostname': ''},
}
DHCLIENT_CONF = """\
timeout 10;
retry 2;
reboot 2;
initial-interval 1;
backoff-cutoff 2;
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, domain-search, host-name,
        interface-mtu;
"""
# What dhclient-script of the distribution does to the addresses; it would also write resolv.conf and the host name.
DHCLIENT_SCRIPT = """\
#!/bin/sh
case "$reason" in
PREINIT) ip link set "$interface" up ;;
BOUND|RENEW|REBIND|REBOOT)
        [ "$new_ip_address" = "$old_ip_address" ] || ip address flush dev "$interface"
        ip address replace "$new_ip_address/24" dev "$interface" ;;
EXPIRE|FAIL|RELEASE|STOP) ip address flush dev "$interface" ;;
esac
echo "$reason $new_ip_address" >> /run/dhclient.log
exit 0
"""
RECORD = """\
#!/bin/sh
echo "$EVENT|$LINK|$LEASE_EVENT|$LEASE_ADDRESS|$LEASE_PREVIOUS_ADDRESS|$OperationalState|$DNS|$DOMAIN|$DHCP_LEASE" \
    >> /run/leases
"""
KEYS = ('event', 'link', 'change', 'address', 'previous', 'state', 'dns', 'domain', 'text')
LEASES = '/var/lib/dhcp/dhclient.eth0.leases'


@pytest.fixture(scope='module', autouse=True)
def scripts(machine):
    machine.write('/run/leases', '')
    machine.write('/run/dhclient.log', '')
    for event in ('lease', 'routable'):
        machine.write(f'/etc/network-broker/{event}.d/10-record', RECORD, 0o755)
    machine.write('/etc/dhcp/test.conf', DHCLIENT_CONF)
    machine.write('/usr/local/sbin/dhclient-script', DHCLIENT_SCRIPT, 0o755)


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


def runs(machine, event, link):
    rows = (dict(zip(KEYS, line.split('|'))) for line in machine.read('/run/leases').splitlines())
    return [row for row in rows if row['event'] == event and row['link'] == link]


def changes(machine, link):
    return [run['change'] for run in runs(machine, 'lease', link)]


def wait_change(machine, link, expected, timeout):
    machine.wait_for(lambda: changes(machine, link) == expected, timeout,
                     lambda: f'{changes(machine, link)} is {expected}')
    machine.wait_for(lambda: settled(machine, link))


def blocks(machine):
    return machine.read(LEASES).count('lease {')


def test_dhclient(machine):
    before = host_name(machine)
    machine.cable('eth0', managed=False, plugged=True)
    serve(machine, 'eth0', '10.60.0', 50, 16, '--domain=example.org', '--dhcp-option=option:mtu,1460',
          '--dhcp-option=option:dns-server,10.60.0.1,10.60.0.2', '--dhcp-option=option:domain-search,a.example')
    machine.run(['systemd-run', '--quiet', '--collect', '--unit=dhclient-eth0', 'dhclient', '-d',
                 '-cf', '/etc/dhcp/test.conf', '-sf', '/usr/local/sbin/dhclient-script', '-lf', LEASES,
                 '-pf', '/run/dhclient.pid', 'eth0'])

    # Bound.
    wait_change(machine, 'eth0', ['bound'], 30)
    run = runs(machine, 'lease', 'eth0')[-1]
    text = ('ADDRESS=10.60.0.50,ROUTER=10.60.0.1,SUBNETMASK=255.255.255.0,DNS=10.60.0.1,10.60.0.2,'
            'DOMAIN=example.org,a.example')
    assert run['address'] == '10.60.0.50'
    assert (run['dns'], run['domain'], run['text']) == ('10.60.0.1 10.60.0.2', 'example.org a.example', text)
    machine.wait_for(lambda: runs(machine, 'routable', 'eth0'))
    run = runs(machine, 'routable', 'eth0')[-1]
    assert (run['state'], run['text']) == ('routable', text)
    assert lease(machine)['MTU'] == '1460'
    assert dns(machine) == ['10.60.0.1', '10.60.0.2']
    assert domains(machine) == ['example.org', 'a.example']
    assert host_name(machine) == 'web50'

    # Ten renewals: as many events as dhclient wrote blocks, and nothing else of it.
    machine.wait_for(lambda: blocks(machine) == 11, 300)
    expected = ['bound'] + ['renewed'] * 10
    wait_change(machine, 'eth0', expected, 10)
    assert dns(machine) == ['10.60.0.1', '10.60.0.2']
    assert host_name(machine) == 'web50'

    # The server gives another address now, and no host name or domain that we asked for.
    serve(machine, 'eth0', '10.60.0', 51, 16, '--dhcp-option=option:dns-server,10.60.0.3')
    expected.append('changed')
    wait_change(machine, 'eth0', expected, 60)
    run = runs(machine, 'lease', 'eth0')[-1]
    assert (run['address'], run['previous'], run['dns'], run['domain']) == ('10.60.0.51', '10.60.0.50', '10.60.0.3', '')
    assert dns(machine) == ['10.60.0.3']
    assert domains(machine) == []
    assert host_name(machine) == 'web51'

    # The server is gone until the lease expires, of which dhclient writes nothing.
    machine.systemctl('stop', 'dhcp-eth0.service')
    renewed = changes(machine, 'eth0')
    assert set(renewed[len(expected):]) <= {'renewed'}
    expected = renewed + ['lost']
    wait_change(machine, 'eth0', expected, 150)
    run = runs(machine, 'lease', 'eth0')[-1]
    assert (run['address'], run['previous'], run['text']) == ('', '10.60.0.51', '')
    assert dns(machine) == []
    assert host_name(machine) == before

    # It comes back, with another address.
    serve(machine, 'eth0', '10.60.0', 52, 60, '--dhcp-option=option:dns-server,10.60.0.4')
    expected.append('bound')
    wait_change(machine, 'eth0', expected, 60)
    assert runs(machine, 'lease', 'eth0')[-1]['address'] == '10.60.0.52'
    assert dns(machine) == ['10.60.0.4']
    assert host_name(machine) == 'web52'

    # Released.
    machine.run(['dhclient', '-r', '-cf', '/etc/dhcp/test.conf', '-sf', '/usr/local/sbin/dhclient-script',
                 '-lf', LEASES, '-pf', '/run/dhclient.pid', 'eth0'])
    expected.append('lost')
    wait_change(machine, 'eth0', expected, 30)
    assert dns(machine) == []
    assert host_name(machine) == before

    # Each lease that was not lost ran routable.d too, once. What networkd said of the link is not among them.
    assert [run['text'] != '' for run in runs(machine, 'routable', 'eth0')].count(True) == \
        len([change for change in changes(machine, 'eth0') if change != 'lost'])


def test_networkd(machine):
    """The same by networkd, which renews quietly on 252."""
    options = ['--dhcp-option=option:dns-server,10.61.0.1', '--domain=example.org']
    machine.cable('eth1', managed=True, lines='DHCP=ipv4', plugged=True)
    serve(machine, 'eth1', '10.61.0', 50, 4, *options)
    wait_change(machine, 'eth1', ['bound'], 60)
    run = runs(machine, 'lease', 'eth1')[-1]
    assert (run['address'], run['dns'], run['domain']) == ('10.61.0.50', '10.61.0.1', 'example.org')
    assert {'ADDRESS=10.61.0.50', 'NETMASK=255.255.255.0', 'DNS=10.61.0.1'} <= set(run['text'].split())
    machine.wait_for(lambda: len(changes(machine, 'eth1')) >= 6, 60)
    assert set(changes(machine, 'eth1')[1:]) == {'renewed'}

    # Another server address of DNS, at the next renewal.
    serve(machine, 'eth1', '10.61.0', 50, 60, '--dhcp-option=option:dns-server,10.61.0.9')
    machine.wait_for(lambda: changes(machine, 'eth1')[-1] == 'changed', 60)
    assert runs(machine, 'lease', 'eth1')[-1]['dns'] == '10.61.0.9'
    assert set(changes(machine, 'eth1')[1:-1]) == {'renewed'}

    # Its cable is pulled long enough for networkd to give the lease up: it does that at once.
    machine.unplug('eth1')
    machine.wait_for(lambda: changes(machine, 'eth1')[-1] == 'lost', 60)
    assert runs(machine, 'lease', 'eth1')[-1]['previous'] == '10.61.0.50'
    # nb-resolve has nothing to do with it.
    assert not machine.path('/run/network-broker/resolve/eth1').exists()
