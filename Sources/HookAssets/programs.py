"""Runs programs that models write, asked for over descriptor 3: a line of JSON in, a line of JSON out.

  {"program": TEXT}  ->  {"value": "passed"}, "failed" or "timed out"

Each program runs in a process of its own, which can read files, calculate, and nothing else: the kernel refuses the calls that
write or delete files, start processes, send signals or use the network, and limits time and memory.
"""

import builtins
import ctypes
import faulthandler
import fcntl
import json
import os
import random
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import time

try:
    # Programs may use it, and it cannot be loaded any more when they begin.
    import numpy
except ImportError:
    numpy = None

SECONDS = 3.0
PROCESSOR_SECONDS = 5
MEMORY = 4 << 30
BEGUN, PASSED = b"b", b"bpassed"

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38

# The numbers of the calls of Linux that a program may make (asm/unistd_64.h, asm-generic/unistd.h): to read files and clocks, to
# write to what is open, to have memory, to handle signals, to end.
CALLS = {
    "x86_64": (0xC000003E, [
        0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 21, 23, 24, 25, 27, 28, 32, 33, 35, 36, 37, 38, 39, 60, 63,
        78, 79, 80, 81, 89, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 131, 137, 138, 186, 201, 202, 204, 217, 218, 219, 228, 229,
        230, 231, 262, 267, 269, 270, 271, 273, 292, 318, 332, 334, 439,
    ], {2: 1, 257: 2}),
    "aarch64": (0xC00000B7, [
        17, 23, 24, 43, 44, 48, 49, 50, 57, 61, 62, 63, 64, 65, 66, 67, 72, 73, 78, 79, 80, 93, 94, 96, 98, 99, 101, 102, 103, 113,
        114, 115, 123, 124, 128, 132, 134, 135, 139, 153, 160, 163, 165, 169, 172, 173, 174, 175, 176, 177, 178, 179, 214, 215, 216,
        222, 226, 232, 233, 278, 291, 293, 439,
    ], {56: 2}),
}
OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def filter_of_calls():
    """The filter as the kernel takes it: a program of the Berkeley packet filter over (number, architecture, ..., arguments)."""
    machine = os.uname().machine
    if machine not in CALLS:
        raise OSError(f"no list of system calls for {machine}")
    architecture, allowed, opening = CALLS[machine]
    LOAD, EQUAL, MASK, RETURN = 0x20, 0x15, 0x45, 0x06
    ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
    code = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    for number in allowed:
        code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    for number, argument in opening.items():
        code += [(EQUAL, 0, 4, number), (LOAD, 0, 0, 16 + 8 * argument), (MASK, 1, 0, OPEN_TO_WRITE), (RETURN, 0, 0, ALLOW),
                 (RETURN, 0, 0, REFUSE)]
    code.append((RETURN, 0, 0, REFUSE))
    return len(code), ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in code))


def call(*arguments):
    if LIBC.prctl(*[ctypes.c_ulong(argument) for argument in arguments]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "prctl: " + os.strerror(number))


class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def confine(host, keep):
    """Takes from this process all that a program must not have; only the descriptor `keep` stays open."""
    os.setsid()
    call(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != host:
        os._exit(1)
    folder = f"/tmp/gemmabench-program-{os.getpid()}"
    try:
        # An empty folder in which nothing can be made: it is deleted already.
        os.mkdir(folder, 0o700)
        os.chdir(folder)
        os.rmdir(folder)
    except OSError:
        os.chdir("/")
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    os.environ.clear()
    os.environ["OMP_NUM_THREADS"] = "1"
    for kind, amount in [
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
    ]:
        _, most = resource.getrlimit(kind)
        amount = amount if most == resource.RLIM_INFINITY else min(amount, most)
        resource.setrlimit(kind, (amount, amount))
    count, steps = filter_of_calls()
    program = Program(count, ctypes.addressof(steps))
    call(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call(PR_SET_SECCOMP, 2, ctypes.addressof(program), 0, 0)


def take_away():
    """Takes away what programs have no right answer with where the benchmark is run elsewhere."""
    faulthandler.disable()
    for module, names in [
        (builtins, "exit quit help"), (shutil, "rmtree move chown"), (subprocess, "Popen"),
        (os, "kill killpg system putenv remove unlink removedirs rmdir rename renames replace truncate fork forkpty setuid chdir fchdir"
             " getcwd chroot chmod fchmod lchmod chown fchown lchown chflags lchflags"),
    ]:
        for name in names.split():
            setattr(module, name, None)
    for name in ["ipdb", "joblib", "psutil", "resource", "tkinter"]:
        sys.modules[name] = None


def run(text):
    """What becomes of a program: "passed", "failed" or "timed out"."""
    host = os.getpid()
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            confine(host, writing)
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode()[:400])
            os._exit(1)
        try:
            take_away()
            # The same numbers for each program that draws some.
            random.seed(0)
            if numpy:
                numpy.random.seed(0)
            os.write(writing, BEGUN)
            exec(text, {})
            os.write(writing, PASSED[1:])
        finally:
            os._exit(0)
    os.close(writing)
    said, end = b"", time.monotonic() + SECONDS
    try:
        while (left := end - time.monotonic()) > 0 and len(said) <= 512:
            if select.select([reading], [], [], left)[0]:
                part = os.read(reading, 512)
                if not part:
                    break
                said += part
    finally:
        os.close(reading)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    if not said.startswith(BEGUN):
        raise OSError(said.decode(errors="replace") or "its process ended before it began")
    if left <= 0:
        return "timed out"
    return "passed" if said == PASSED else "failed"


def main():
    channel = fcntl.fcntl(3, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(3)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    lines = os.fdopen(channel, "rb", closefd=False)
    answers = os.fdopen(channel, "wb", buffering=0, closefd=False)
    lines.readline()
    answers.write(b'{"ready":true}\n')
    for line in lines:
        asked = json.loads(line)
        try:
            answer = {"id": asked["id"], "value": run(asked["program"])}
        except OSError as error:
            answer = {"id": asked["id"], "error": f"cannot be run within limits: {error}"}
        answers.write(json.dumps(answer).encode() + b"\n")


main()
