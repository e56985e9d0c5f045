# SPDX-License-Identifier: Apache-2.0
"""What does a process ask of the kernel, and what does it do when its system calls fail?"""

import contextlib
import re

# The fault injection of strace is a system call that no filter knows.
NO_FILTER = {'/etc/systemd/system/nb-watch.service.d/test.conf': '[Service]\nSystemCallFilter=\n'}


@contextlib.contextmanager
def traced(machine, pid, *options):
    """Meanwhile strace(1) looks at a process. Gives a function that reads which system calls it made."""
    def tracer():
        return re.search(r'TracerPid:\s+(\d+)', machine.read(f'/proc/{pid}/status')).group(1)

    machine.background(['strace', '-o', '/run/strace', '-p', pid, *options])
    machine.wait_for(lambda: tracer() != '0', what='strace is attached')
    try:
        yield lambda: machine.read('/run/strace')
    finally:
        machine.run(['kill', tracer()])
        machine.wait_for(lambda: tracer() == '0', what='strace has ended')


def broken(machine, pid, *faults):
    """The same, and system calls fail: see inject= of strace(1)."""
    return traced(machine, pid, *(f'--inject={fault}' for fault in faults))
