# SPDX-License-Identifier: Apache-2.0
"""One behaviour a test, on the real kernel."""

import os
import signal
import subprocess

import pytest

import lab
from lab import expected_rules, ip, link, nb_rules, our_routes, our_rules, rule_keys, rules, routes, run, sync


def eth1(default=True):
    link("eth1")
    ip("addr add 10.9.0.12/24 dev eth1")
    ip("-6 addr add 2001:db8:9::12/64 dev eth1 nodad")
    if default:
        ip("route add default via 10.9.0.1 dev eth1")
        ip("-6 route add default via 2001:db8:9::1 dev eth1 metric 1024")
    return lab.BASE + lab.ifindex("eth1")


ADDRESSES = ["10.9.0.12", "2001:db8:9::12"]


def destinations(table, protocol=lab.PROTOCOL):
    return sorted(r["dst"] for r in our_routes(table, protocol))


def test_the_set_of_a_link():
    table = eth1()
    sync("eth1")
    assert rule_keys() == expected_rules(ADDRESSES, table)
    assert destinations(table) == ["10.9.0.0/24", "2001:db8:9::/64", "default", "default", "fe80::/64"]
    assert [r.get("gateway") for r in our_routes(table) if r["dst"] == "default"] == ["10.9.0.1", "2001:db8:9::1"]


def test_a_settled_system_sees_no_change():
    eth1()
    sync("eth1")
    with lab.Monitor() as monitor:
        sync("eth1")
    assert monitor.lines == []


def test_addresses_come_and_go():
    table = eth1()
    sync("eth1")
    ip("addr add 10.9.0.13/32 dev eth1")
    ip("-6 addr del 2001:db8:9::12/64 dev eth1")
    sync("eth1")
    assert rule_keys() == expected_rules(["10.9.0.12", "10.9.0.13"], table)
    # The last address takes all IPv4 routes of the link with it, in every table.
    ip("addr flush dev eth1 scope global")
    sync("eth1")
    assert rule_keys() == []


def test_which_addresses_count():
    link("eth1")
    table = lab.BASE + lab.ifindex("eth1")
    ip("addr add 169.254.7.7/16 dev eth1 scope link")
    ip("addr add 10.1.0.1 peer 10.2.0.1/32 dev eth1")
    ip("addr add 10.9.0.12/24 dev eth1")
    ip("addr add 10.9.0.12/32 dev eth1")
    ip("-6 addr add 2001:db8::5/64 dev eth1 nodad preferred_lft 0")
    sync("eth1")
    assert rule_keys() == expected_rules(["10.1.0.1", "10.9.0.12", "2001:db8::5"], table)


def test_only_its_own_default():
    table = eth1(default=False)
    link("eth0")
    ip("addr add 10.8.0.11/24 dev eth0")
    ip("route add default via 10.8.0.1 dev eth0")
    sync("eth1")
    assert "default" not in destinations(table)
    # The legs of this link alone.
    ip("route del default")
    ip("route add default nexthop via 10.8.0.1 dev eth0 nexthop via 10.9.0.1 dev eth1 weight 5")
    ip("-6 addr add 2001:db8:8::11/64 dev eth0 nodad")
    ip("-6 route add default nexthop via 2001:db8:8::1 dev eth0 nexthop via 2001:db8:9::1 dev eth1 "
       "nexthop via 2001:db8:9::2 dev eth1")
    sync("eth1")
    four, six = [r for r in our_routes(table) if r["dst"] == "default"]
    assert (four["gateway"], four["dev"]) == ("10.9.0.1", "eth1") and "nexthops" not in four
    assert [(h["gateway"], h["dev"]) for h in six["nexthops"]] == [("2001:db8:9::1", "eth1"), ("2001:db8:9::2", "eth1")]


def test_gateways_of_all_kinds():
    link("eth1")
    table = lab.BASE + lab.ifindex("eth1")
    ip("addr add 10.9.0.12/32 dev eth1")
    ip("route add default via 172.31.1.1 dev eth1 onlink metric 10 mtu lock 1400 advmss 1300")
    ip("route add default via inet6 fe80::1 dev eth1 metric 20")
    ip("route add default dev eth1 metric 30")
    sync("eth1")
    listed = sorted(our_routes(table), key=lambda r: r.get("metric", 0))
    got = [(r.get("gateway") or r.get("via", {}).get("host"), r["metric"], r["flags"]) for r in listed
           if r["dst"] == "default" and r["metric"] < 100]
    assert got == [("172.31.1.1", 10, ["onlink"]), ("fe80::1", 20, ["onlink"]),
                   (None, 30, [])]
    text = ip(f"route show table {table} metric 10")
    assert "mtu lock 1400" in text and "advmss 1300" in text
    with lab.Monitor() as monitor:
        sync("eth1")
    assert monitor.lines == []


@pytest.mark.parametrize("compat", [1, 0])
def test_nexthop_objects(compat):
    table = eth1(default=False)
    lab.run(f"sysctl -qw net.ipv4.nexthop_compat_mode={compat}")
    ip("nexthop add id 7 via 10.9.0.1 dev eth1")
    ip("nexthop add id 8 via 10.9.0.2 dev eth1")
    ip("nexthop add id 9 group 7,3/8")
    ip("nexthop add id 17 via 2001:db8:9::1 dev eth1")
    ip("route add default nhid 9")
    ip("-6 route add default nhid 17")
    sync("eth1")
    four, six = [r for r in our_routes(table) if r["dst"] == "default"]
    assert [(h["gateway"], h["weight"]) for h in four["nexthops"]] == [("10.9.0.1", 3), ("10.9.0.2", 1)]
    assert six["gateway"] == "2001:db8:9::1"
    with lab.Monitor() as monitor:
        sync("eth1")
    assert monitor.lines == []


def test_foreign_routes_in_the_table():
    table = eth1()
    ip(f"route add 203.0.113.0/24 dev eth1 table {table} proto static")
    before = (rules(), routes())
    p = sync("eth1", check=False)
    assert p.returncode == 1 and f"table {table} holds routes of somebody else (203.0.113.0/24, protocol 4)" in p.stderr
    assert (rules(), routes()) == before
    ip(f"route del 203.0.113.0/24 table {table}")
    ip(f"route add unreachable 203.0.113.0/24 table {table} proto {lab.PROTOCOL}")
    assert sync("eth1", check=False).returncode == 1


@pytest.mark.parametrize("base", [2**32 - 1, "below253", "-1", "x", ""])
def test_table_numbers_that_cannot_be(base):
    eth1()
    index = lab.ifindex("eth1")
    before = (rules(), routes())
    for value in (range(253 - index, 256 - index) if base == "below253" else [base]):
        p = sync("eth1", check=False, NB_ROUTE_TABLE_BASE=value)
        assert p.returncode == 1 and str(value) in p.stderr
    assert (rules(), routes()) == before


def test_a_table_beyond_31_bits():
    eth1()
    table = 2**32 - 1
    sync("eth1", NB_ROUTE_TABLE_BASE=table - lab.ifindex("eth1"))
    assert rule_keys() == expected_rules(ADDRESSES, table)
    assert len(our_routes(table)) == 5
    nb_rules("--remove", "eth1", NB_ROUTE_TABLE_BASE=table - lab.ifindex("eth1"))
    assert our_rules() == [] and our_routes(table) == []


@pytest.mark.parametrize("protocol", [300, "x"])
def test_a_bad_protocol_is_told(protocol):
    """Like nb-watch, which takes routes of the default for ours then."""
    table = eth1()
    told = sync("eth1", NB_RULE_PROTOCOL=protocol).stderr.splitlines()[0]
    assert told == f"NB_RULE_PROTOCOL={protocol}: a number from 1 to 255 or 'kernel' is needed, taking 201."
    assert rule_keys(protocol=201) == expected_rules(ADDRESSES, table)


@pytest.mark.parametrize("protocol", [99, "kernel"])
def test_configuration_changes(protocol):
    number = 2 if protocol == "kernel" else protocol
    old = eth1()
    index = old - lab.BASE
    sync("eth1")
    sync("eth1", NB_RULE_PROTOCOL=protocol)
    assert rule_keys() == [] and our_routes(old) == []
    assert rule_keys(protocol=number) == expected_rules(ADDRESSES, old)
    sync("eth1", NB_RULE_PROTOCOL=protocol, NB_ROUTE_TABLE_BASE=20000)
    assert routes(old) == []
    assert rule_keys(protocol=number) == expected_rules(ADDRESSES, 20000 + index)
    assert len(our_routes(20000 + index, number)) == 5
    nb_rules("--remove", "eth1", NB_RULE_PROTOCOL=protocol, NB_ROUTE_TABLE_BASE=20000)
    assert rule_keys(protocol=number) == [] and routes(20000 + index) == []
    assert os.listdir(lab.RECORDS) == [".#lock"]


def test_bases_that_overlap():
    """The new table of one link is the old one of the next."""
    eth1()
    link("eth2")
    ip("addr add 10.7.0.12/24 dev eth2")
    first, second = lab.ifindex("eth1"), lab.ifindex("eth2")
    sync("eth1")
    sync("eth2")
    base = lab.BASE + second - first
    for order in (("eth1", "eth2"), ("eth2", "eth1")):
        for name in order:
            sync(name, NB_ROUTE_TABLE_BASE=base)
        assert rule_keys() == sorted(expected_rules(ADDRESSES, base + first) +
                                     expected_rules(["10.7.0.12"], base + second), key=str)
        assert {r["dev"] for r in our_routes(base + first)} == {"eth1"}
        for name in order:
            sync(name)
        assert rule_keys() == sorted(expected_rules(ADDRESSES, lab.BASE + first) +
                                     expected_rules(["10.7.0.12"], lab.BASE + second), key=str)


@pytest.mark.parametrize("order", [("--remove eth1", "--sync eth2"), ("--sync eth2", "--remove eth1"),
                                   ("--sync eth2", "--sync eth1", "--sync eth2")])
def test_rename(order):
    table = eth1()
    sync("eth1")
    ip("link set eth1 down")
    ip("link set eth1 name eth2")
    ip("link set eth2 up")
    ip("-6 addr add 2001:db8:9::12/64 dev eth2 nodad")
    for step in order:
        nb_rules(*step.split())
    assert rule_keys() == expected_rules(ADDRESSES, table)
    assert sorted(os.listdir(lab.RECORDS)) == [".#lock", "eth2"]
    nb_rules("--remove", "eth2")
    assert our_rules() == [] and our_routes(table) == []


def test_names_are_swapped():
    first = eth1()
    link("eth2")
    ip("addr add 10.7.0.12/24 dev eth2")
    second = lab.BASE + lab.ifindex("eth2")
    sync("eth1")
    sync("eth2")
    for old, new in (("eth1", "other"), ("eth2", "eth1"), ("other", "eth2")):
        ip(f"link set {old} down")
        ip(f"link set {old} name {new}")
        ip(f"link set {new} up")
    sync("eth1")
    sync("eth2")
    assert rule_keys() == sorted(expected_rules(["10.9.0.12"], first) + expected_rules(["10.7.0.12"], second), key=str)


def test_a_reused_ifindex():
    table = eth1()
    index = lab.ifindex("eth1")
    sync("eth1")
    ip("link del eth1")
    assert our_rules() != []
    ip(f"link add new index {index} type veth peer name xnew")
    ip("link set new up")
    ip("addr add 10.3.0.1/24 dev new")
    sync("new")
    assert rule_keys() == expected_rules(["10.3.0.1"], table)
    nb_rules("--remove", "eth1")
    assert rule_keys() == expected_rules(["10.3.0.1"], table)


@pytest.mark.parametrize("how", ["--sync", "--remove"])
def test_the_link_is_gone(how):
    eth1()
    sync("eth1")
    ip("link del eth1")
    nb_rules(how, "eth1")
    assert our_rules() == [] and os.listdir(lab.RECORDS) == [".#lock"]


def test_a_link_that_never_was():
    before = (rules(), routes())
    sync("nowhere")
    nb_rules("--remove", "nowhere")
    assert (rules(), routes()) == before


@pytest.mark.parametrize("family,address", [("-4", "10.9.0.12"), ("-6", "2001:db8:9::12")])
def test_local_moved_behind(family, address):
    table = eth1()
    sync("eth1")
    ip(f"{family} rule add pref 32765 lookup local")
    ip(f"{family} rule del pref 0")
    p = sync("eth1")
    assert "lookup local" in p.stderr
    other = [a for a in ADDRESSES if a != address]
    assert rule_keys() == sorted(expected_rules([address], table, to=False) + expected_rules(other, table), key=str)
    neighbour = address[:-1] + "50"
    assert "local" in ip(f"route get {address} from {neighbour} iif eth1")


def test_one_address_on_two_links():
    table = eth1()
    link("eth2")
    ip("addr add 10.9.0.12/32 dev eth2")
    sync("eth1")
    sync("eth2")
    nb_rules("--remove", "eth2")
    assert rule_keys() == expected_rules(ADDRESSES, table)


def test_left_overs_of_a_sweep():
    """Somebody removed all but the rules that name no table of ours, and the address went."""
    eth1()
    sync("eth1")
    for pref in (31000, 31002, 31003):
        ip(f"rule del pref {pref}")
    ip("addr del 10.9.0.12/24 dev eth1")
    sync("eth1")
    assert [r for r in our_rules() if r["src"] == "10.9.0.12"] == []


def test_a_dump_that_fails():
    """Where an answer of the kernel is lost, nothing is known, so nothing is done."""
    lab.needs_strace()
    eth1()
    sync("eth1")
    ip("addr flush dev eth1")
    before = (rules(), routes())
    for call in range(1, 9):
        p = run([*lab.with_injection("recvmsg", "error=ENOBUFS", call), lab.PROGRAM, "--sync", "eth1"], check=False)
        assert p.returncode == 1 and "No buffer space available" in p.stderr, (call, p.stderr)
        assert (rules(), routes()) == before


def test_without_privilege():
    eth1()
    os.chmod(lab.RECORDS, 0o777)
    p = run(["setpriv", "--reuid=65534", "--clear-groups", lab.PROGRAM, "--dry-run", "eth1"])
    assert p.stdout.count("ip -4 rule add") == 4
    p = run(["setpriv", "--reuid=65534", "--clear-groups", lab.PROGRAM, "--sync", "eth1"], check=False)
    assert p.returncode == 1 and "CAP_NET_ADMIN" in p.stderr
    assert our_rules() == []
    os.unlink(lab.RECORDS + "/.#lock")
    run(["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all,+net_admin",
         "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin", lab.PROGRAM, "--sync", "eth1"])
    assert len(our_rules()) == 8
    os.unlink(lab.RECORDS + "/.#lock")
    os.chmod(lab.RECORDS, 0o755)


def test_the_printed_commands_do_the_same():
    """--dry-run, run by a shell, leaves nothing to do for --sync."""
    table = eth1()
    ip("route replace default via 10.9.0.3 dev eth1 tos 0x10 mtu lock 1400")
    ip("route add default metric 9 nexthop via 10.9.0.3 dev eth1 weight 3 nexthop via 10.9.0.4 dev eth1")
    for change in ("true", "ip route replace default via 10.9.0.9 dev eth1", "ip addr add 10.9.0.77/24 dev eth1",
                   "ip -6 route append default via 2001:db8:9::2 dev eth1 metric 1024", "ip addr flush dev eth1"):
        lab.run(change)
        plan = nb_rules("--dry-run", "eth1").stdout
        lab.run(["sh", "-e"], stdin=plan)
        again = nb_rules("--dry-run", "eth1").stdout
        assert "nothing to change" in again, (change, plan, again)
    assert our_rules() == []
    assert "default" in destinations(table), "IPv6 keeps a default route without an address"


def test_instance_names():
    ip("link add a\\b type veth peer name xab")
    ip("addr add 10.4.0.1/24 dev a\\b")
    nb_rules("--instance", "--sync", "a\\x5cb")
    assert len(our_rules()) == 4
    for bad in ("a\\b", "a\\x5Cb", "..", ""):
        assert nb_rules("--instance", "--remove", bad, check=False).returncode == 1
    assert len(our_rules()) == 4
    nb_rules("--remove", "a\\b")
    assert our_rules() == []


RA = """
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
prefix = struct.pack("!BBBBIII16s", 3, 4, 64, 0xc0, 600, 600, 0, socket.inet_pton(socket.AF_INET6, "2001:db8:5::"))
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, LIFETIME, 0, 0) + prefix,
         ("ff02::1", 0, 0, socket.if_nametoindex("router")))
"""


def test_a_default_by_router_advertisement():
    """As the kernel makes it; expired it is out of use, though it is still listed."""
    ip("netns add wire")
    ip("link add eth1 type veth peer name router netns wire")
    for where in ("", "ip netns exec wire "):
        lab.run(f"{where}sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0")
    lab.run("sysctl -qw net.ipv6.conf.eth1.accept_ra=1 net.ipv6.conf.eth1.autoconf=1 net.ipv6.conf.eth1.accept_dad=0")
    lab.run("ip netns exec wire sysctl -qw net.ipv6.conf.router.accept_dad=0")
    ip("-n wire link set router up")
    ip("link set eth1 up")
    table = lab.BASE + lab.ifindex("eth1")

    def main_default():
        return [r for r in lab.query("-N -6 route show table main") if r["dst"] == "default"]

    def advertise(lifetime):
        # Until the other end has its link-local address, it cannot send.
        run(["ip", "netns", "exec", "wire", "/usr/bin/python3", "-c", RA.replace("LIFETIME", str(lifetime))],
            check=False)
        return main_default()

    lab.wait_for(lambda: advertise(600))
    sync("eth1")
    defaults = [r for r in our_routes(table) if r["dst"] == "default"]
    assert len(defaults) == 1 and defaults[0]["gateway"].startswith("fe80::") and "expires" not in defaults[0]
    assert "2001:db8:5::/64" in destinations(table)
    assert any(r["src"].startswith("2001:db8:5:") for r in our_rules())

    def is_expired():
        """Only for half a minute is it listed still; then once more."""
        listed = main_default() or advertise(1)
        return listed and all(r.get("expires", 0) < 0 for r in listed)

    lab.wait_for(lambda: all(r.get("expires", 0) <= 1 for r in advertise(1)))
    lab.wait_for(is_expired)
    sync("eth1")
    assert "default" not in destinations(table)


def test_many_at_once():
    """Several at work on several links, some of them killed before or behind their changes: none disturbs another."""
    lab.needs_strace()
    expected = []
    for i in range(4):
        link(f"eth{i}")
        for n in range(20):
            ip(f"addr add 10.{i}.0.{n + 1}/32 dev eth{i}")
        expected += expected_rules([f"10.{i}.0.{n + 1}" for n in range(20)], lab.BASE + lab.ifindex(f"eth{i}"))

    def start(mode, i, *wrapper):
        return subprocess.Popen([*wrapper, lab.PROGRAM, mode, f"eth{i}"], env=lab.environment_of(),
                                stderr=subprocess.DEVNULL)

    for n in range(20):
        jobs = [start(mode, i) for i in range(4) for mode in ("--sync", "--remove", "--sync")]
        killed = [start(mode, i, *lab.with_injection("sendto", "signal=KILL", 1 + n % 10))
                  for i, mode in ((0, "--remove"), (2, "--sync"))]
        last = [start("--sync", i) for i in range(4)]
        assert [j.wait() for j in jobs + last] == [0] * 16
        removal, addition = [j.wait() for j in killed]
        # A sync asks eight questions first; all else that is sent depends on what the others did before.
        assert addition == -signal.SIGKILL or n % 10 >= 8 and addition == 0
        assert removal in (-signal.SIGKILL, 0)
        for i in range(4):
            sync(f"eth{i}")
        assert rule_keys() == sorted(expected, key=str)
