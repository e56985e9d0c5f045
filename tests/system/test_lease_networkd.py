# SPDX-License-Identifier: Apache-2.0
"""The leases of systemd-networkd, which on 252 renews without a word."""

from leases import changes, record, runs, serve, wait_change


def test_networkd(machine):
    record(machine, 'lease')
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
