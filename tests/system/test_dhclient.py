# SPDX-License-Identifier: Apache-2.0
"""A whole life of leases, with the real dhclient, a real dnsmasq, and nb-watch: which events, and what do resolved and
hostnamed know after each? It takes five minutes, as dnsmasq gives leases of two minutes at least."""

import pytest

from leases import changes, dns, domains, host_name, lease, record, runs, serve, wait_change

LONG = True
CONFIG = """\
[System]
Generator = "dhclient"
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
echo "$reason" >> /run/reasons
"""
LEASES = '/var/lib/dhcp/dhclient.eth0.leases'


@pytest.fixture(scope='module', autouse=True)
def scripts(machine):
    record(machine, 'lease', 'routable')
    machine.write('/etc/dhcp/test.conf', DHCLIENT_CONF)
    machine.write('/usr/local/sbin/dhclient-script', DHCLIENT_SCRIPT, 0o755)


def renewals(machine):
    """How often dhclient told its script of one. It writes its file every 15 seconds at most."""
    return machine.read('/run/reasons').splitlines().count('RENEW')


def test_dhclient(machine):
    before = host_name(machine)
    machine.cable('eth0', managed=False, plugged=True)
    serve(machine, 'eth0', '10.60.0', 50, 12, '--domain=example.org', '--dhcp-option=option:mtu,1460',
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

    # Ten renewals.
    machine.wait_for(lambda: renewals(machine) == 10, 300)
    expected = ['bound'] + ['renewed'] * 10
    wait_change(machine, 'eth0', expected, 10)
    assert dns(machine) == ['10.60.0.1', '10.60.0.2']
    assert host_name(machine) == 'web50'

    # The server gives another address now, and no host name or domain that we asked for.
    serve(machine, 'eth0', '10.60.0', 51, 12, '--dhcp-option=option:dns-server,10.60.0.3')
    expected.append('changed')
    wait_change(machine, 'eth0', expected, 60)
    run = runs(machine, 'lease', 'eth0')[-1]
    assert (run['address'], run['previous'], run['dns'], run['domain']) == ('10.60.0.51', '10.60.0.50', '10.60.0.3', '')
    assert dns(machine) == ['10.60.0.3']
    assert domains(machine) == []
    assert host_name(machine) == 'web51'
    before_end = renewals(machine)

    # The server is gone until the lease expires, of which dhclient writes nothing.
    machine.systemctl('stop', 'dhcp-eth0.service')
    expected += ['renewed'] * (renewals(machine) - before_end) + ['lost']
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

    # Each lease that was not lost ran routable.d too, once.
    kept = [run['address'] for run in runs(machine, 'lease', 'eth0') if run['change'] != 'lost']
    assert len(runs(machine, 'routable', 'eth0')) == len(kept)


def test_dhclient_of_ipv6(machine):
    machine.cable('eth6', managed=False, plugged=True)
    machine.peer('ip', 'address', 'add', '2001:db8:5::1/64', 'dev', 'eth6', 'nodad')
    machine.run(['ip', 'link', 'set', 'eth6', 'up'])
    machine.run(['systemd-run', '--quiet', '--collect', '--unit=dhcp-eth6', 'ip', 'netns', 'exec', 'peer', 'dnsmasq',
                 '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--bind-interfaces', '--interface=eth6',
                 '--except-interface=lo', '--dhcp-range=2001:db8:5::10,2001:db8:5::10,64,2m', '--enable-ra',
                 '--dhcp-option=option6:dns-server,[2001:db8:5::1]', '--dhcp-option=option6:domain-search,six.example',
                 '--dhcp-leasefile=/run/dhcp-eth6', '--pid-file=/run/dhcp-eth6.pid'])
    # It needs a link-local address that is not tentative any more.
    machine.wait_for(lambda: 'scope link' in machine.run(['ip', '-6', 'address', 'show', 'dev', 'eth6', '-tentative']))
    dhclient = ['dhclient', '-6', '-sf', '/usr/local/sbin/dhclient-script', '-pf', '/run/dhclient6.pid',
                '-lf', '/var/lib/dhcp/dhclient6.eth6.leases']
    machine.run(['systemd-run', '--quiet', '--collect', '--unit=dhclient-eth6', *dhclient, '-d', 'eth6'])
    wait_change(machine, 'eth6', ['bound'], 30)
    assert lease(machine, 'eth6')['ADDRESS6'] == '2001:db8:5::10'
    assert (dns(machine, 'eth6'), domains(machine, 'eth6')) == (['2001:db8:5::1'], ['six.example'])
    assert runs(machine, 'lease', 'eth6')[-1]['dns'] == '2001:db8:5::1'

    machine.run([*dhclient, '-r', 'eth6'])
    wait_change(machine, 'eth6', ['bound', 'lost'], 30)
    assert (dns(machine, 'eth6'), domains(machine, 'eth6')) == ([], [])
