# SPDX-License-Identifier: Apache-2.0
"""The leases of systemd-networkd, which on 252 renews without a word."""

from leases import all_runs, changes, record, runs, serve, wait_change


def test_networkd(machine):
    record(machine, 'lease', 'link-removed')
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
    # It goes with the link, and is lost before.
    machine.plug('eth1')
    machine.wait_for(lambda: changes(machine, 'eth1')[-1] == 'bound', 60)
    machine.delete('eth1')
    machine.wait_for(lambda: runs(machine, 'link-removed', 'eth1'))
    assert [r['change'] for r in all_runs(machine, 'eth1')[-3:]] == ['bound', 'lost', '']
    assert runs(machine, 'lease', 'eth1')[-1]['previous'] == '10.61.0.50'
    # nb-resolve has nothing to do with it.
    assert not machine.path('/run/network-broker/resolve/eth1').exists()


def test_more_changes_than_the_kernel_keeps(machine):
    """What the kernel had to drop, while nb-watch was not there to hear of it, is told all the same."""
    folder = machine.path('/run/systemd/netif/leases')

    def write(address):
        machine.write(f'/run/systemd/netif/leases/{machine.index("eth2")}', f'ADDRESS={address}\nLIFETIME=3600\n')

    record(machine, 'lease')
    machine.cable('eth2', managed=False, plugged=True)
    folder.mkdir(exist_ok=True)
    write('10.62.0.5')
    wait_change(machine, 'eth2', ['bound'], 20)

    machine.systemctl('kill', '--signal=STOP', 'nb-watch.service')
    try:
        # Of two equal ones in a row the kernel keeps one.
        for number in range(int(machine.read('/proc/sys/fs/inotify/max_queued_events')) + 1):
            (folder / f'x{number % 2}').write_text('')
        write('10.62.0.6')
    finally:
        machine.systemctl('kill', '--signal=CONT', 'nb-watch.service')
    wait_change(machine, 'eth2', ['bound', 'changed'], 20)
    for number in range(2):
        (folder / f'x{number}').unlink()
