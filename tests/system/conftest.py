# SPDX-License-Identifier: Apache-2.0
"""What do the system tests share? A machine per test module and Debian release, and what is shown when one fails.

A module needs nothing but `def test_x(machine)`. It says what it wants otherwise by module variables:

    MACHINE = {'files': {…}, 'enable': […]}              see class Machine
    CONFIG = '…'                                         network-broker.toml
    BROKER = False                                       do not start network-broker.target
    BOTH_BUSES = True                                    on trixie once more with dbus-broker as the bus
    RELEASES = […]                                       only on these
    LONG = True                                          takes more than a minute, see tests/machine/run-tests
"""

import os
import signal
import subprocess

import pytest

import machine as machines
from cables import Cables


def pytest_configure():
    # So that the machines are powered off and nothing is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_keyboard_interrupt():
    # What a test was in the middle of may hold a shutdown up for a minute.
    machines.Machine.power_off = machines.Machine.kill


def pytest_collection_modifyitems(config, items):
    # A module that is for another release only has nothing to skip here.
    others = [i for i in items if not set(getattr(i.module, 'RELEASES', machines.RELEASES)) & set(machines.RELEASES)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [i for i in items if i not in others]
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason='booting a machine needs root'))


@pytest.fixture(scope='session')
def layer():
    """The folder with the installed product."""
    if 'NB_TEST_LAYER' not in os.environ:
        subprocess.run(['make', '-s', '-C', machines.TOP, 'test-layer'], check=True)
    return os.environ.get('NB_TEST_LAYER', machines.TOP / 'build' / 'machine')


def start_machine(layer, release, files=None, config=None, broker=True, cables=True, **options):
    """A booted machine with the methods of Cables; the broker is started as an administrator does it."""
    files = dict(files or {})
    release, _, bus = release.partition('+')
    if config is not None:
        files['/etc/network-broker/network-broker.toml'] = config
    m = machines.Machine(release, layer, files, bus=bus, **options).boot()
    try:
        if cables:
            m.cables = Cables(m)
            for name in ('cable', 'plug', 'unplug', 'delete', 'index', 'states', 'peer', 'network'):
                setattr(m, name, getattr(m.cables, name))
        if broker:
            m.systemctl('enable', '--now', 'network-broker.target')
    except BaseException:
        m.kill()
        raise
    return m


def pytest_generate_tests(metafunc):
    if 'release' not in metafunc.fixturenames:
        return
    wanted = getattr(metafunc.module, 'RELEASES', machines.RELEASES)
    releases = [r for r in machines.RELEASES if r in wanted]
    if getattr(metafunc.module, 'BOTH_BUSES', False) and 'trixie' in releases:
        releases.append('trixie+dbus-broker')
    metafunc.parametrize('release', releases, scope='module', indirect=True)


@pytest.fixture(scope='module')
def release(request):
    """The Debian release, with '+' and the message bus if it is not the usual one."""
    return request.param


@pytest.fixture(scope='module')
def machine(request, layer, release):
    module = request.module
    m = start_machine(layer, release, config=getattr(module, 'CONFIG', None), broker=getattr(module, 'BROKER', True),
                      **getattr(module, 'MACHINE', {}))
    yield m
    m.power_off()


@pytest.fixture
def new_machine(layer, release):
    """A function that boots a machine of its own for one test; arguments of start_machine()."""
    started = []

    def start(**options):
        started.append(start_machine(layer, release, **options))
        return started[-1]

    yield start
    for m in started:
        m.power_off()


@pytest.fixture(autouse=True)
def journal_position(request):
    """Where the journal of the module's machine was when the test began."""
    if 'machine' in request.fixturenames:
        request.node.journal_machine = request.getfixturevalue('machine')
        request.node.journal_cursor = request.node.journal_machine.cursor()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and os.environ.get('CI'):
        report.outcome = 'failed'
        report.longrepr = f'skipped, which CI does not allow: {report.longrepr}'
    if report.failed and hasattr(item, 'journal_machine'):
        add_journal(report, item.journal_machine, item.journal_cursor)


def add_journal(report, m, cursor):
    """The last lines of the machine's journal since the test began."""
    after = ['--after-cursor', cursor] if cursor else []
    try:
        text = m.run(['journalctl', '--quiet', '--no-pager', '--output=short-precise', *after], check=False)[1]
        text = '\n'.join(text.splitlines()[-300:])
    except Exception as error:  # pylint: disable=broad-except
        text = f'not readable: {error}\n{m.read_console() if m.console and not m.console.closed else ""}'
    report.sections.append((f'journal of the machine ({m.release})', text))
