#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What does a sync cost? Run as root; prints medians, asserts nothing."""

import os
import statistics
import subprocess
import time

import lab

RUNS = 15


def timed(argv, stdin=None):
    begin = time.perf_counter()
    subprocess.run(argv, stdin=stdin, check=True, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000


def median(function, runs=RUNS):
    return statistics.median(function() for _ in range(runs))


def addresses(n):
    lab.ip("addr flush dev eth1 scope global")
    batch = "".join(f"addr add 10.{i // 200}.{i % 200}.1/32 dev eth1\n" for i in range(n))
    lab.run(["ip", "-batch", "-"], stdin=batch)


def fresh_sync(n, by_ip):
    """ms to add the rules of n addresses, by nb-rules or by ip -batch with its own commands."""
    lab.nb_rules("--remove", "eth1")
    if not by_ip:
        return timed([lab.PROGRAM, "--instance", "--sync", "eth1"])
    with open("/run/batch", "w") as f:
        for line in lab.nb_rules("--dry-run", "eth1").stdout.splitlines():
            f.write(line.removeprefix("ip -4 ") + "\n" if line.startswith("ip -4 ") else "")
    elapsed = timed(["ip", "-batch", "/run/batch"])
    lab.nb_rules("--sync", "eth1")
    return elapsed


def main():
    lab.enter_namespaces()
    for name, value in (("NB_ROUTE_TABLE_BASE", lab.BASE), ("NB_RULE_PROTOCOL", lab.PROTOCOL)):
        os.environ[name] = str(value)
    lab.link("eth1")
    lab.link("eth0")
    lab.ip("addr add 10.250.0.1/24 dev eth0")
    settled = [lab.PROGRAM, "--instance", "--sync", "eth1"]

    for n in (1, 100):
        addresses(n)
        lab.sync("eth1")
        print(f"no-op sync, {n} addresses: {median(lambda: timed(settled), 101):.2f} ms; "
              f"/bin/true: {median(lambda: timed(['/bin/true']), 101):.2f} ms")

    with open("/run/routes", "w") as f:
        for i in range(100000):
            f.write(f"route add 11.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 via 10.250.0.2 dev eth0\n")
    before = median(lambda: timed(settled), 101)
    lab.run(["ip", "-batch", "/run/routes"])
    print(f"no-op sync, 100 addresses: {before:.2f} ms, with 100,000 routes in main: "
          f"{median(lambda: timed(settled), 101):.2f} ms")
    lab.ip("link del eth0")

    for n in (100, 1000):
        addresses(n)
        ours, ips = [], []
        for _ in range(5):
            ours.append(fresh_sync(n, by_ip=False))
            ips.append(fresh_sync(n, by_ip=True))
        print(f"rules of {n} addresses: nb-rules {statistics.median(ours):.1f} ms, "
              f"ip -batch {statistics.median(ips):.1f} ms")


if __name__ == "__main__":
    main()
