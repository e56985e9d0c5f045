# SPDX-License-Identifier: Apache-2.0
"""Which kinds of routes are copied, and what of them?"""

import pytest

import lab
from lab import ip, link, nb_rules, our_routes, query, sync


def eth1():
    link("eth1")
    ip("addr add 10.9.0.12/24 dev eth1")
    for n in (2, 3):
        ip(f"-6 addr add 2001:db8:9::{n}/64 dev eth1 nodad")
    return lab.BASE + lab.ifindex("eth1")


def settled():
    with lab.Monitor() as monitor:
        sync("eth1")
    return monitor.lines == []


def gateway(source):
    return query(f"-6 route get 2001:db8::1 from {source}")[0].get("gateway")


def test_a_source_prefix_is_copied():
    table = eth1()
    link("eth0")
    ip("-6 addr add 2001:db8:8::2/64 dev eth0 nodad")
    ip("-6 route add default via 2001:db8:8::1 dev eth0 metric 100")
    ip("-6 route add default from 2001:db8:9::2 via 2001:db8:9::1 dev eth1 metric 712")
    ip("-6 route add default from 2001:db8:9::3 via 2001:db8:9::9 dev eth1 metric 712")
    ip("-6 route add default from 2001:db8:77::/48 via 2001:db8:9::7 dev eth1 metric 712")
    sync("eth1")
    assert sorted((r.get("from", ""), r["gateway"]) for r in our_routes(table) if r["dst"] == "default") == [
        ("2001:db8:77::/48", "2001:db8:9::7"), ("2001:db8:9::2", "2001:db8:9::1"), ("2001:db8:9::3", "2001:db8:9::9")]
    assert [gateway(f"2001:db8:9::{n}") for n in (2, 3)] == ["2001:db8:9::1", "2001:db8:9::9"]
    assert settled()

    # Each follows on its own, and an address without one follows main as without rules.
    ip("-6 route del default from 2001:db8:9::2")
    ip("-6 route change default from 2001:db8:9::3 via 2001:db8:9::4 dev eth1 metric 712")
    sync("eth1")
    assert gateway("2001:db8:9::2") == "2001:db8:8::1"
    assert gateway("2001:db8:9::3") == "2001:db8:9::4"
    nb_rules("--remove", "eth1")
    assert our_routes(table) == []


ENCAP = "encap ip id 7 dst 10.9.0.99"


@pytest.mark.parametrize("route", [
    f"default {ENCAP} via 10.9.0.1 dev eth1 metric 20",
    f"10.66.0.0/24 {ENCAP} dev eth1",
    f"default metric 20 nexthop {ENCAP} via 10.9.0.1 dev eth1 nexthop via 10.9.0.2 dev eth1",
    "default nhid 5 metric 20",
    f"-6 default {ENCAP.replace('ip', 'ip6').replace('10.9.0.99', '2001:db8:9::99')} via 2001:db8:9::1 dev eth1",
])
@pytest.mark.parametrize("compat", [0, 1])
def test_an_encapsulation_is_said_not_to_be_copied(route, compat):
    table = eth1()
    with open("/proc/sys/net/ipv4/nexthop_compat_mode", "w", encoding="ascii") as file:
        file.write(str(compat))
    if "nhid" in route:
        ip(f"nexthop add id 5 {ENCAP} via 10.9.0.1 dev eth1")
    ip(f"{'-6 ' if '-6' in route else ''}route add {route.removeprefix('-6 ')}")
    p = sync("eth1")
    destination = "10.66.0.0/24" if "10.66" in route else "default"
    assert f"eth1: a route to {destination} has an encapsulation (encap) and is left out of table {table}" in p.stderr
    mine = [r for r in our_routes(table) if r["dst"] == destination]
    # The other leg is copied.
    assert [r["gateway"] for r in mine] == (["10.9.0.2"] if "10.9.0.2" in route else [])
    assert not [r for r in mine if "encap" in r]
    assert settled()


def test_an_encapsulation_elsewhere_is_nobodys_business():
    eth1()
    ip(f"route add 10.66.0.0/24 {ENCAP} via 10.9.0.1 dev eth1")
    assert "encap" not in sync("eth1").stderr


METRICS = ("mtu lock 1400 window 5000 rtt 800 rttvar 400 ssthresh 7 cwnd lock 11 advmss 1300 reordering 4 hoplimit 60 "
           "initcwnd 20 initrwnd 21 features ecn rto_min 40ms quickack 1 fastopen_no_cookie 1 congctl lock reno")


@pytest.mark.parametrize("family", ["-4", "-6"])
def test_all_metrics_are_copied(family):
    table = eth1()
    via = "10.9.0.1" if family == "-4" else "2001:db8:9::1"
    ip(f"{family} route add default via {via} dev eth1 metric 20 {METRICS}")
    commands = nb_rules("--dry-run", "eth1").stdout
    sync("eth1")
    [copy] = [r for r in our_routes(table) if r["dst"] == "default"]
    [original] = query(f"-N {family} route show default metric 20")
    assert original["metrics"][0].keys() >= {"rto_min", "ecn", "congestion"}, original
    assert copy["metrics"] == original["metrics"]
    assert settled()

    # What is printed does the same.
    nb_rules("--remove", "eth1")
    [command] = [c for c in commands.splitlines() if " default " in c]
    ip(command.removeprefix("ip "))
    assert [r["metrics"] for r in our_routes(table)] == [original["metrics"]]
    ip(f"{family} route change default via {via} dev eth1 metric 20 rto_min 50ms")
    sync("eth1")
    [copy] = [r for r in our_routes(table) if r["dst"] == "default"]
    assert copy["metrics"] == query(f"-N {family} route show default metric 20")[0]["metrics"]
