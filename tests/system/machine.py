# SPDX-License-Identifier: Apache-2.0
"""What is a test machine, and what can be done with it?

A Debian system with the product installed, booted in a container with its own network (tests/machine/boot).
Nothing of it is left when it is off, or when the process that booted it is gone."""

import contextlib
import io
import itertools
import json
import os
import pathlib
import shlex
import signal
import subprocess
import tarfile
import tempfile
import time
import uuid

TOP = pathlib.Path(__file__).resolve().parents[2]
MACHINE = TOP / 'tests' / 'machine'
RELEASES = os.environ.get('NB_TEST_RELEASES', 'bookworm trixie').split()
CGROUPS = ('/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup')

JOURNALD = """\
[Journal]
Storage=volatile
RuntimeMaxUse=1G
RateLimitIntervalSec=0
"""

# Enough for what boots in a second on a machine with two processors that also compiles. systemd would give up what does
# not stop after 90 seconds.
BOOT_TIMEOUT = 60
POWER_OFF_TIMEOUT = 60

counter = itertools.count()


class CommandFailed(Exception):
    """A command in the machine ended with a status that was not expected; says what it wrote."""


def wait_for(condition, timeout=20, what=None, interval=0.05):
    """Calls `condition` until it returns something true, and returns that; AssertionError after `timeout` seconds.
    `what` is a text, or a function that makes one when it is needed, saying how things are instead."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            text = what() if callable(what) else what or getattr(condition, '__name__', 'the condition')
            raise AssertionError(f'not within {timeout} s: {text}; last seen: {value!r}')
        time.sleep(interval)


def children(pid):
    """The processes that this one started itself and has not waited for; none if it is gone."""
    try:
        return [int(c) for c in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]
    except OSError:
        return []


def remove_cgroups(name):
    """Removes the empty cgroups of the machine `name`. Returns whether none is left."""
    tops = [pathlib.Path(c) / name for c in CGROUPS]
    for top in tops:
        for path, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(path)
            except OSError:
                pass
    return not any(top.exists() for top in tops)


def sweep_cgroups():
    """Removes what machines left whose tests were killed: with their processes went all but their cgroups."""
    for top in map(pathlib.Path, CGROUPS):
        for path in top.glob('nb-test-*'):
            if not pathlib.Path('/proc', path.name.split('-')[2]).exists():
                remove_cgroups(path.name)


def make_archive(files):
    """A tar of {path: text or (text, mode)}; a text '-> target' makes a symbolic link, and None a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as tar:
        for path, content in files.items():
            text, mode = content if isinstance(content, tuple) else (content, 0o644)
            entry = tarfile.TarInfo(path.lstrip('/'))
            entry.mode = mode
            if text is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
            elif text.startswith('-> '):
                entry.type, entry.linkname = tarfile.SYMTYPE, text[3:]
                tar.addfile(entry)
            else:
                data = text.encode()
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


class Machine:
    """release: the Debian release. layer: the folder with the installed product. files: what is to be there at
    boot (see make_archive). enable: units enabled before it boots. bus: 'dbus-broker' in place of dbus-daemon."""

    def __init__(self, release, layer, files=None, enable=('systemd-networkd.service',), bus=None):
        self.release = release
        self.layer = str(layer)
        self.name = f'nb-test-{os.getpid()}-{next(counter)}'
        self.files = {
            '/etc/machine-id': uuid.uuid4().hex + '\n',
            '/etc/hostname': 'machine\n',
            '/etc/systemd/journald.conf.d/test.conf': JOURNALD,
        }
        if bus:
            self.files['/etc/systemd/system/dbus.service'] = f'-> /usr/lib/systemd/system/{bus}.service'
        self.files.update(files or {})
        self.enable = list(enable)
        self.process = None
        self.leader = None
        self.console = None
        self.last_words = ''
        self.backgrounds = []

    # Boot and power off

    def boot(self):
        """Boots and waits until the boot has ended. Returns self."""
        sweep_cgroups()
        root = subprocess.run([MACHINE / 'build-root', self.release], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()
        self.console = tempfile.TemporaryFile()
        self.process = subprocess.Popen([MACHINE / 'boot', self.name, root, self.layer, *self.enable],
                                        stdin=subprocess.PIPE, stdout=self.console, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        try:
            self.process.stdin.write(make_archive(self.files))
            self.process.stdin.close()
            self.wait_booted()
        except BaseException:
            self.kill()
            raise
        return self

    def wait_booted(self):
        self.leader = wait_for(self.find_leader, BOOT_TIMEOUT, self.read_console)
        wait_for(self.path('/run/systemd/private').exists, BOOT_TIMEOUT, self.read_console)
        self.run(['systemctl', 'is-system-running', '--wait'], check=False, timeout=BOOT_TIMEOUT)

    def find_leader(self):
        """The machine's PID 1, as the host numbers it; None while there is none."""
        if self.process.poll() is not None:
            raise AssertionError(f'the machine ended with {self.process.returncode}:\n{self.read_console()}')
        for status in pathlib.Path('/proc').glob('[0-9]*/status'):
            try:
                fields = dict(line.split(':', 1) for line in status.read_text().splitlines())
                if int(fields['PPid']) == self.process.pid and fields['NSpid'].split()[-1] == '1':
                    return int(status.parent.name)
            except (OSError, KeyError, ValueError):
                continue
        return None

    def read_console(self):
        return os.pread(self.console.fileno(), 1 << 20, 0).decode(errors='replace')

    def power_off(self):
        """Powers off as an administrator would, if it is on. Returns the seconds that it took."""
        begin = time.monotonic()
        if self.process is None:
            return 0
        self.end_backgrounds()
        try:
            if self.process.poll() is None and self.leader:
                os.kill(self.leader, signal.SIGRTMIN + 4)
                self.process.wait(POWER_OFF_TIMEOUT)
        finally:
            self.kill()
        return time.monotonic() - begin

    def end_backgrounds(self):
        # Their nsenters live longer than they do: an orphan would have its parent outside of the machine, and the
        # shutdown would wait ten seconds for somebody there to take note of its end.
        for process in self.backgrounds:
            for child in children(process.pid) if process.poll() is None else []:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.backgrounds = []

    def kill(self):
        if self.process is None:
            return
        self.end_backgrounds()
        if self.process.poll() is None:
            # The one outlives the other, so both.
            leader = self.leader or self.find_leader()
            if leader:
                os.kill(leader, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        wait_for(lambda: remove_cgroups(self.name), 10, f'the cgroups of {self.name} are empty')
        self.last_words = self.read_console()
        self.console.close()
        self.process = None

    # Commands and files

    def command(self, argv, user=None):
        """The host's command line for running `argv` in the machine, as root or as `user`."""
        if user:
            argv = ['runuser', '-u', user, '--', *argv]
        return ['nsenter', f'--target={self.leader}', '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup',
                '--', 'env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
                'LANG=C.UTF-8', 'SYSTEMD_PAGER=', 'SYSTEMD_COLORS=0', *map(str, argv)]

    def run(self, argv, check=True, user=None, input=None, timeout=60):
        """Runs a command. Returns its standard output, or with check=False (status, output and errors)."""
        result = subprocess.run(self.command(argv, user), input=input, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE if check else subprocess.STDOUT,
                                stdin=None if input is not None else subprocess.DEVNULL,
                                text=True, errors='surrogateescape', timeout=timeout)
        if not check:
            return result.returncode, result.stdout
        if result.returncode != 0:
            raise CommandFailed(f'{shlex.join(map(str, argv))}: status {result.returncode}\n'
                                f'{result.stdout}{result.stderr}')
        return result.stdout

    def sh(self, script, **kwargs):
        """Runs a shell script that ends at its first failing command."""
        return self.run(['sh', '-euc', script], **kwargs)

    def background(self, argv, output=None, user=None):
        """Starts a command in the background, its output into a file of the machine. It ends with the machine."""
        if output:
            self.path(output).parent.mkdir(parents=True, exist_ok=True)
        with open(self.path(output) if output else os.devnull, 'wb') as target:
            process = subprocess.Popen(self.command(argv, user), stdin=subprocess.DEVNULL, stdout=target,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        self.backgrounds.append(process)
        return process

    def path(self, path):
        """A path of the machine, as the host sees it."""
        return pathlib.Path(f'/proc/{self.leader}/root') / str(path).lstrip('/')

    def read(self, path):
        return self.path(path).read_text(errors='surrogateescape')

    def write(self, path, text, mode=0o644):
        """Writes a file in one step, its folders too where they are missing."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f'.{target.name}.new')
        aside.write_text(text)
        aside.chmod(mode)
        aside.rename(target)

    # What systemd says

    def systemctl(self, *arguments, **kwargs):
        return self.run(['systemctl', *arguments], **kwargs)

    def show(self, unit, *properties):
        """The properties of a unit: a dict, or the one value if one is asked for."""
        names = [f'--property={p}' for p in properties]
        lines = self.run(['systemctl', 'show', *names, '--', unit]).splitlines()
        values = dict(line.split('=', 1) for line in lines if '=' in line)
        return values.get(properties[0], '') if len(properties) == 1 else values

    def units(self, pattern='nb-run@*'):
        """{unit: active state} of the loaded units that match."""
        answer = json.loads(self.run(['systemctl', 'list-units', '--all', '--output=json', pattern]))
        return {row['unit']: row['active'] for row in answer}

    def journal(self, *matches, since=None):
        """The records that match ('FIELD=value'), oldest first; `since` is a cursor."""
        # With a match, --after-cursor of 252 leaves out the first record that matches, wherever it is.
        after = ['--cursor', since] if since else []
        text = self.run(['journalctl', '--quiet', '--no-pager', '--all', '--output=json', *after, *matches])
        return [r for r in map(json.loads, text.splitlines()) if r['__CURSOR'] != since]

    def messages(self, *matches, since=None):
        """The messages of the records that match."""
        return [str(r.get('MESSAGE', '')) for r in self.journal(*matches, since=since)]

    def cursor(self):
        """Where the journal ends now. What a service writes may still be on its way: `journalctl --sync` is done."""
        self.run(['journalctl', '--sync'])
        text = self.run(['journalctl', '--quiet', '--no-pager', '--lines=1', '--output=json'])
        return json.loads(text)['__CURSOR'] if text else None

    def wait_for(self, condition, timeout=20, what=None):
        """See wait_for(); says at once if the machine is gone."""
        def checked():
            if self.process is None or self.process.poll() is not None:
                raise AssertionError(f'{self.name} is off')
            return condition()
        return wait_for(checked, timeout, what or getattr(condition, '__name__', None))
