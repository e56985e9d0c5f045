# SPDX-License-Identifier: Apache-2.0
"""What do nb-lease and nb-resolve make of lease files, and what can they not do? By the path unit alone, without
nb-watch; the real dhclient is in test_dhclient.py."""

import re
import time

import pytest

from leases import FOLDER, dns, domains, host_name, lease, said, settled

LONG = True
BROKER = False
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
    # No static host name.
    'files': {'/etc/hostname': ''},
}
FILE = '/var/lib/dhcp/dhclient.leases'
FOREVER = 'expire never;'

# Runs in the machine: bursts of writes at random moments; after each the last one must arrive.
WRITER = r"""
import os, random, sys, time
path, result = '/var/lib/dhcp/dhclient.leases', '/run/network-broker/lease/eth0'
random.seed(int(sys.argv[1]))
text = 'lease {{\n  interface "eth0";\n  fixed-address 10.{}.{}.{};\n  expire never;\n}}\n'

def block(n):
    # All of the same length.
    return text.format(100 + n // 10000 % 100, 100 + n // 100 % 100, 100 + n % 100)

def write(n):
    kind = random.choice(['append', 'in place', 'rename', 'truncate'])
    if kind == 'in place':
        # The same length, the same inode.
        with open(path, 'r+b') as f:
            f.seek(-len(block(n)), 2)
            f.write(block(n).encode())
    elif kind == 'rename':
        with open(path + '.new', 'w') as f:
            f.write(block(n))
        os.rename(path + '.new', path)
    else:
        with open(path, 'a' if kind == 'append' else 'w') as f:
            f.write(block(n))
    return kind

def delivered(n):
    want = 'ADDRESS=10.%d.%d.%d\n' % (100 + n // 10000 % 100, 100 + n // 100 % 100, 100 + n % 100)
    try:
        with open(result) as f:
            return want in f.read()
    except FileNotFoundError:
        return False

with open(path, 'w') as f:
    f.write(block(0))
n, slowest = 0, 0
while n < int(sys.argv[2]):
    for _ in range(random.randint(1, 19)):
        n += 1
        kind = write(n)
        time.sleep(random.choice([0, 0, random.random() * 0.003, random.random() * 0.1]))
    begin = time.monotonic()
    while not delivered(n):
        if time.monotonic() - begin > 60:
            sys.exit('write %d (%s) never arrived; there is: %s' % (n, kind, open(result).read()))
        time.sleep(0.005)
    slowest = max(slowest, time.monotonic() - begin)
print('%d writes, the slowest came after %.3f s' % (n, slowest))
"""


def block(link, address, *lines, expire=FOREVER):
    return '\n  '.join(['lease {', f'interface "{link}";', f'fixed-address {address};', *lines, expire]) + '\n}\n'


def address(machine, link='eth0'):
    return (lease(machine, link) or {}).get('ADDRESS')


def write(machine, text, path=FILE):
    machine.write(path, text)


def expect(machine, expected, link='eth0'):
    machine.wait_for(lambda: address(machine, link) == expected, what=lambda: f'{lease(machine, link)} is {expected}')
    machine.wait_for(lambda: settled(machine, link))


@pytest.fixture(scope='module')
def links(machine):
    for name in ('eth0', 'eth1'):
        machine.cable(name, managed=False, plugged=True)
        machine.run(['ip', 'link', 'set', name, 'up'])
        machine.systemctl('start', f'nb-lease@{name}.path')


@pytest.fixture(autouse=True)
def no_lease(machine, links):
    """Every test begins without a lease file, and without anything set."""
    machine.sh(f'rm -f {FILE} /var/lib/dhcp/* ')
    machine.systemctl('start', 'nb-lease@eth0.service', 'nb-lease@eth1.service')
    for link in ('eth0', 'eth1'):
        machine.wait_for(lambda link=link: lease(machine, link) is None and settled(machine, link))
    assert dns(machine) == [] and domains(machine) == []


def test_a_lease_reaches_the_resolver_and_goes_again(machine):
    before = host_name(machine)
    write(machine, block('eth0', '10.0.0.5', 'option domain-name-servers 10.0.0.1, 10.0.0.2;',
                         'option domain-name "example.org";', 'option domain-search "a.example.", "example.org.";',
                         'option host-name "web1";') +
          'lease6 {\n  interface "eth0";\n  ia-na 1:2:3:4 {\n    starts 1700000000;\n    iaaddr 2001:db8::5 {\n'
          '      starts 1700000000;\n      max-life 4294967295;\n    }\n  }\n'
          '  option dhcp6.name-servers 2001:db8::1;\n}\n')
    expect(machine, '10.0.0.5')
    assert dns(machine) == ['10.0.0.1', '10.0.0.2', '2001:db8::1']
    # Without the '~' of a routing-only one.
    assert domains(machine) == ['example.org', 'a.example']
    assert host_name(machine) == 'web1'

    # Changed: the host name is gone, one server too.
    write(machine, block('eth0', '10.0.0.6', 'option domain-name-servers 10.0.0.2;', 'option domain-name "b.example";'))
    expect(machine, '10.0.0.6')
    assert dns(machine) == ['10.0.0.2']
    assert domains(machine) == ['b.example']
    assert host_name(machine) == before

    # Gone, with the other link's settings left alone.
    machine.run(['resolvectl', 'dns', 'eth1', '9.9.9.9'])
    write(machine, '')
    expect(machine, None)
    assert dns(machine) == [] and domains(machine) == []
    assert dns(machine, 'eth1') == ['9.9.9.9']
    machine.run(['resolvectl', 'revert', 'eth1'])


def test_files_that_are_gone_whenever_they_are_opened(machine):
    """A program that replaces them all the time takes no lease away, and there is another look afterwards."""
    write(machine, block('eth0', '10.0.0.5', 'option domain-name-servers 10.0.0.1;'))
    expect(machine, '10.0.0.5')
    seen = machine.read(f'{FOLDER}/eth0:files')
    machine.run(['strace', '-o', '/run/calls', '-P', FILE, '--inject=openat:error=ENOENT', 'nb-lease', 'eth0'])
    assert machine.read('/run/calls').count('INJECTED') > 1
    assert address(machine) == '10.0.0.5'
    assert machine.read(f'{FOLDER}/eth0:files') != seen
    machine.systemctl('start', 'nb-resolve@eth0.service')
    machine.wait_for(lambda: machine.read(f'{FOLDER}/eth0:files') == seen)
    machine.wait_for(lambda: settled(machine))
    assert (address(machine), dns(machine)) == ('10.0.0.5', ['10.0.0.1'])


def test_what_an_administrator_set_is_not_taken_back(machine):
    write(machine, block('eth0', '10.0.0.5', 'option domain-name-servers 10.0.0.1;', 'option host-name "web1";'))
    expect(machine, '10.0.0.5')
    machine.run(['resolvectl', 'dns', 'eth0', '9.9.9.9'])
    machine.run(['hostnamectl', '--transient', 'set-hostname', 'chosen'])
    write(machine, '')
    expect(machine, None)
    assert dns(machine) == ['9.9.9.9']
    assert host_name(machine) == 'chosen'
    machine.run(['resolvectl', 'revert', 'eth0'])
    machine.run(['hostnamectl', '--transient', 'set-hostname', ''])


def test_a_static_host_name_is_never_touched(machine):
    machine.run(['hostnamectl', '--static', 'set-hostname', 'fixed'])
    try:
        write(machine, block('eth0', '10.0.0.5', 'option host-name "web1";'))
        expect(machine, '10.0.0.5')
        assert (host_name(machine), machine.read('/etc/hostname')) == ('fixed', 'fixed\n')
        # A lease without one, and no lease.
        write(machine, block('eth0', '10.0.0.6'))
        expect(machine, '10.0.0.6')
        assert (host_name(machine), machine.read('/etc/hostname')) == ('fixed', 'fixed\n')
        write(machine, '')
        expect(machine, None)
        assert (host_name(machine), machine.read('/etc/hostname')) == ('fixed', 'fixed\n')
    finally:
        machine.run(['hostnamectl', '--static', 'set-hostname', ''])


def test_two_links_share_a_file_and_the_host_name(machine):
    before = host_name(machine)
    first, second = (block(f'eth{i}', f'10.0.{i}.5', f'option domain-name-servers 10.0.{i}.1;',
                           f'option host-name "web{i}";') for i in range(2))
    write(machine, first)
    expect(machine, '10.0.0.5')
    assert host_name(machine) == 'web0'
    write(machine, first + second)
    expect(machine, '10.0.1.5', 'eth1')
    expect(machine, '10.0.0.5')
    assert (dns(machine), dns(machine, 'eth1')) == (['10.0.0.1'], ['10.0.1.1'])
    assert host_name(machine) == 'web1'
    write(machine, first)
    expect(machine, None, 'eth1')
    assert (dns(machine), dns(machine, 'eth1')) == (['10.0.0.1'], [])
    assert host_name(machine) == 'web0'
    write(machine, '')
    expect(machine, None)
    assert host_name(machine) == before


def test_options_switched_off(machine):
    write(machine, block('eth0', '10.0.0.5', 'option domain-name-servers 10.0.0.1;', 'option domain-name "a.example";',
                         'option host-name "web1";'))
    expect(machine, '10.0.0.5')
    assert dns(machine) == ['10.0.0.1']
    drop_in = '/etc/network-broker/network-broker.toml.d/off.toml'
    machine.write(drop_in, '[Network]\nUseDNS = false\nUseHostname = false\n')
    try:
        machine.systemctl('daemon-reload')
        # nb-watch does this after a reload.
        machine.systemctl('start', 'nb-lease@eth0.service')
        machine.wait_for(lambda: dns(machine) == [])
        machine.wait_for(lambda: settled(machine))
        assert domains(machine) == ['a.example']
        assert host_name(machine) != 'web1'

        # Without dhclient among the generators there is no lease at all.
        machine.write(drop_in, '[System]\nGenerator = "systemd-networkd"\n')
        machine.systemctl('daemon-reload')
        machine.systemctl('start', 'nb-lease@eth0.service')
        expect(machine, None)
        assert domains(machine) == []
    finally:
        machine.path(drop_in).unlink()
        machine.systemctl('daemon-reload')


def test_resolved_absent(machine):
    machine.systemctl('stop', 'systemd-resolved.service')
    since = machine.cursor()
    write(machine, block('eth0', '10.0.0.5', 'option domain-name-servers 10.0.0.1;', 'option host-name "web1";'))
    expect(machine, '10.0.0.5')
    assert host_name(machine) == 'web1'
    assert machine.show('nb-resolve@eth0.service', 'Result') == 'success'
    assert said(machine, 'systemd-resolved does not run: 10.0.0.1', since)
    # Not started for it; told when it is there again, at the next run.
    assert machine.show('systemd-resolved.service', 'ActiveState') == 'inactive'
    machine.systemctl('start', 'systemd-resolved.service')
    machine.systemctl('start', 'nb-lease@eth0.service')
    machine.wait_for(lambda: dns(machine) == ['10.0.0.1'])
    # And a restart of it does not lose what it was told.
    machine.systemctl('restart', 'systemd-resolved.service')
    machine.wait_for(lambda: dns(machine) == ['10.0.0.1'])


def test_expiry(machine):
    """Nothing writes the file when a lease expires; nb-watch starts the service at that time."""
    # Longer ones for a computer that is slow, until it has seen one of them.
    for seconds in (4, 15, 60):
        if not address(machine):
            end = int(time.time()) + seconds
            write(machine, block('eth0', '10.0.0.5', 'option domain-name-servers 10.0.0.1;', expire=f'expire epoch {end};'))
            machine.wait_for(lambda: address(machine) or time.time() > end, 80)
    expect(machine, '10.0.0.5')
    assert lease(machine)['EXPIRE'] == str(end)
    machine.wait_for(lambda: time.time() >= end, 80)
    machine.systemctl('start', 'nb-lease@eth0.service')
    expect(machine, None)
    assert dns(machine) == []


def test_link_gone(machine):
    machine.cable('eth2', managed=False, plugged=True)
    machine.systemctl('start', 'nb-lease@eth2.path')
    write(machine, block('eth2', '10.0.2.5', 'option host-name "web2";'))
    expect(machine, '10.0.2.5', 'eth2')
    assert host_name(machine) == 'web2'
    machine.delete('eth2')
    machine.systemctl('stop', 'nb-lease@eth2.path')
    machine.systemctl('start', 'nb-lease@eth2.service')
    expect(machine, None, 'eth2')
    assert host_name(machine) != 'web2'
    assert list(machine.path('/run/network-broker/resolve').iterdir()) == []


OLD = block('eth0', '10.0.0.5')
ODD = {
    'interface-mtu': (block('eth0', '10.0.0.6', 'option interface-mtu 1460;'), '10.0.0.6'),
    'an unknown statement': (block('eth0', '10.0.0.6', 'ping { pong "}"; }', 'option x "\\"{";'), '10.0.0.6'),
    'the last one expired': (OLD + block('eth0', '10.0.0.6', expire='expire 2 2020/01/07 10:00:00;'), '10.0.0.5'),
    'truncated in a block': (OLD + block('eth0', '10.0.0.6')[:-20], '10.0.0.5'),
    'truncated, then appended': (OLD[:-20] + '\n' + block('eth0', '10.0.0.6'), '10.0.0.6'),
    'another link': (block('eth00', '10.0.0.6') + block('eth', '10.0.0.7') + block('ETH0', '10.0.0.8'), None),
    'binary': (bytes(range(256)).decode('latin-1') * 400, None),
    'an open brace without end': ('lease {' * 100000, None),
    'a line without end': ('lease { interface "' + 'x' * 10000000, None),
}


@pytest.mark.parametrize('case', ODD)
def test_odd_files(machine, case):
    text, expected = ODD[case]
    write(machine, OLD)
    expect(machine, '10.0.0.5')
    since = machine.cursor()
    write(machine, text)
    expect(machine, expected)
    assert machine.show('nb-lease@eth0.service', 'Result') == 'success'
    if case == 'binary':
        assert said(machine, f'{FILE}: holds no lease', since)


def test_fifty_megabytes(machine):
    """Fifty megabytes of renewals are read whole, in a few seconds and in the memory that the unit has."""
    text = block('eth1', '10.0.1.5', 'option host-name "' + 'x' * 60 + '";') * 400000
    machine.write(FILE, text + block('eth0', '10.0.0.6') + text[:2000])
    assert machine.path(FILE).stat().st_size > 50 << 20
    machine.wait_for(lambda: address(machine) == '10.0.0.6', 60)
    machine.wait_for(lambda: settled(machine), 60)


def test_folder_that_did_not_exist(machine):
    path = '/var/lib/dhclient'
    assert not machine.path(path).exists()
    machine.write(f'{path}/dhclient-eth0.leases', block('eth0', '10.0.0.7'))
    expect(machine, '10.0.0.7')
    machine.sh(f'rm -r {path}')
    expect(machine, None)


def test_file_that_only_root_may_read(machine):
    write(machine, OLD)
    expect(machine, '10.0.0.5')
    since = machine.cursor()
    machine.path(FILE).chmod(0o600)
    machine.wait_for(lambda: said(machine, f"{FILE}: nb-lease's user may not read it", since))
    # Not lost by that.
    machine.wait_for(lambda: settled(machine))
    assert address(machine) == '10.0.0.5'
    # The way that nb-lease(8) shows.
    drop_in = '/etc/systemd/system/nb-lease@.service.d/read.conf'
    machine.write(drop_in, '[Service]\nCapabilityBoundingSet=CAP_DAC_READ_SEARCH\n'
                           'AmbientCapabilities=CAP_DAC_READ_SEARCH\n')
    machine.systemctl('daemon-reload')
    write(machine, block('eth0', '10.0.0.6'), FILE)
    machine.path(FILE).chmod(0o600)
    try:
        expect(machine, '10.0.0.6')
    finally:
        machine.path(drop_in).unlink()
        machine.systemctl('daemon-reload')


def look(machine):
    machine.systemctl('start', 'nb-lease@eth0.service')
    machine.wait_for(lambda: settled(machine))
    return address(machine)


@pytest.mark.parametrize('mode', [0o700, 0o711])
def test_folder_that_only_root_may_read(machine, mode):
    closed = '/var/lib/NetworkManager'
    newest = f'{closed}/dhclient-eth0.lease'
    try:
        write(machine, OLD)
        expect(machine, '10.0.0.5')
        machine.write(newest, block('eth0', '10.0.0.6', 'option domain-name-servers 10.0.0.6;'))
        expect(machine, '10.0.0.6')
        since = machine.cursor()
        machine.path(closed).chmod(mode)
        for _ in range(2):
            assert look(machine) == '10.0.0.6'
        assert dns(machine) == ['10.0.0.6']
        errors = [r for r in machine.journal('PRIORITY=3', since=since) if closed in str(r['MESSAGE'])]
        assert errors
        # What is written now is newer.
        write(machine, block('eth0', '10.0.0.7'))
        expect(machine, '10.0.0.7')
        # And a lease that was not from that folder is lost with its file.
        machine.path(FILE).unlink()
        expect(machine, None)
    finally:
        machine.sh(f'rm -rf {closed}')


def test_lease_in_a_folder_that_only_root_may_read_expires(machine):
    folder = '/var/lib/dhcp'
    try:
        # Longer ones for a computer that is slow.
        for seconds in (4, 15, 60):
            end = int(time.time()) + seconds
            write(machine, block('eth0', '10.0.0.5', expire=f'expire epoch {end};'))
            machine.wait_for(lambda: address(machine) or time.time() > end, 80)
            machine.path(folder).chmod(0o700)
            seen = look(machine)
            if time.time() < end:
                break
            machine.path(folder).chmod(0o755)
        assert seen == '10.0.0.5'
        machine.wait_for(lambda: time.time() >= end, 80)
        assert look(machine) is None
    finally:
        machine.path(folder).chmod(0o755)


@pytest.mark.parametrize('option', [[], ['--dry-run']])
@pytest.mark.parametrize('file, reason', [
    ('/nonexist', 'No such file or directory'),
    ('/nonexist/*.leases', 'No such file or directory'),
    ('/var/lib/dhcp', 'a folder, not a lease file'),
    ('/dev/null', 'not a regular file'),
    ('copy.leases', 'not an absolute path'),
])
def test_a_file_by_hand_that_is_none(machine, file, reason, option):
    write(machine, block('eth0', '10.0.0.7'))
    expect(machine, '10.0.0.7')
    machine.wait_for(lambda: settled(machine))
    machine.write('/run/copy.leases', block('eth0', '10.0.0.5'))
    by_hand = ['env', '--chdir=/run', 'nb-lease', *option, 'eth0']
    for files in ([file], ['/run/copy.leases', file]):
        status, text = machine.run([*by_hand, *files], check=False)
        assert text.startswith(f'{file}: {reason}')
        assert (status, text.splitlines()[1:]) == (1, [])
        assert address(machine) == '10.0.0.7'


def test_no_write_is_missed(machine):
    seed = 7
    machine.write('/run/writer.py', WRITER)
    print(machine.run(['python3', '/run/writer.py', seed, 1000], timeout=600))


def test_the_parser_can_do_nothing_else(machine):
    """From inside: a shell in place of the parser, with all that the unit gives it."""
    machine.write('/etc/systemd/system/nb-lease@.service.d/probe.conf', """\
[Service]
ExecStart=
ExecStart=-/bin/sh -c 'id -un; grep -E "^(Cap|NoNewPrivs)" /proc/self/status; \
    for path in /etc/x /run/x /tmp/x /var/lib/dhcp/x /run/network-broker/x /run/network-broker/resolve/x \
    /run/network-broker/events/x /run/network-broker/state/x /run/network-broker/rules/x; do \
    touch $$path 2>/dev/null && echo "wrote $$path"; done; \
    touch /run/network-broker/lease/probe && echo wrote the lease; \
    ls /run/dbus /run/network-broker/state /run/network-broker/events 2>/dev/null; \
    python3 -c "import socket; socket.socket(socket.AF_INET)" 2>/dev/null && echo network; \
    python3 -c "import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); \
    s.connect(chr(47) + \\'run/network-broker/start\\')" 2>/dev/null && echo nb-start; \
    busctl list >/dev/null 2>&1 && echo bus; true'
""")
    machine.systemctl('daemon-reload')
    machine.sh('systemctl start nb-start.socket || true')
    since = machine.cursor()
    machine.systemctl('start', 'nb-lease@eth0.service')
    machine.cursor()
    text = [str(r['MESSAGE']) for r in machine.journal(since=since) if r.get('_SYSTEMD_UNIT') == 'nb-lease@eth0.service']
    machine.sh('rm -r /etc/systemd/system/nb-lease@.service.d /run/network-broker/lease/probe; '
               'systemctl daemon-reload')
    assert 'network-broker-lease' in text
    for name in ('CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'):
        assert any(re.fullmatch(rf'{name}:\s+0+', line) for line in text), name
    assert 'NoNewPrivs:\t1' in text
    assert [line for line in text if line.startswith('wrote')] == ['wrote the lease']
    assert not {'network', 'nb-start', 'bus'} & set(text)


HOSTILE_LEASES = {
    'a symbolic link to a file of root': 'ln -s /etc/shadow {path}',
    'a FIFO': 'mkfifo {path}',
    'a folder': 'mkdir {path}',
    'a device': 'ln -s /dev/zero {path}',
    'too large': 'yes ADDRESS=10.0.0.5 | head -c 1000000 > {path}',
    'binary': 'head -c 1000 /dev/urandom > {path}',
    'values that would harm': "printf 'ADDRESS=10.0.0.5\\nDNS=127.0.0.53 x;reboot 0.0.0.0\\nDOMAIN=~. .. a..b\\n"
                              "HOSTNAME=$(reboot)\\nSEARCH=-x\\n' > {path}",
}


@pytest.mark.parametrize('case', HOSTILE_LEASES)
def test_what_the_parser_wrote_is_not_believed(machine, case):
    before = host_name(machine)
    path = f'{FOLDER}/eth0'
    machine.sh(f'rm -rf {path}; ' + HOSTILE_LEASES[case].format(path=path))
    since = machine.cursor()
    machine.systemctl('start', 'nb-resolve@eth0.service')
    machine.wait_for(lambda: settled(machine))
    assert (dns(machine), domains(machine), host_name(machine)) == ([], [], before)
    if not case.startswith('values'):
        assert said(machine, 'is no lease', since)
    machine.sh(f'rm -rf {path}')


@pytest.mark.parametrize('unit', ['nb-lease@eth0.service', 'nb-resolve@eth0.service'])
def test_exposure(machine, unit):
    machine.run(['systemd-analyze', 'security', '--no-pager', '--threshold=15', unit])
