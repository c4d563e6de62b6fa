"""What a script does with native code.  Each raises "ESCAPED" where it gets what it wants."""

from __future__ import annotations

from typing import Final

CALLS: Final = {
    "open": ("int open(const char *, int, ...);", "open('/etc/passwd', 0) >= 0"),
    "open its memory": ("int open(const char *, int, ...);", "open('/proc/self/mem', 2) >= 0"),
    "create": ("int open(const char *, int, ...);", "open('.', 0x410002, 384) >= 0"),
    "list": ("void *opendir(const char *);", "opendir('/') ~= nil"),
    "socket inet": ("int socket(int, int, int);", "socket(2, 1, 0) >= 0"),
    "socket unix": ("int socket(int, int, int);", "socket(1, 1, 0) >= 0"),
    "socketpair": ("int socketpair(int, int, int, int *);", "socketpair(1, 1, 0, new('int[2]')) == 0"),
    "pipe": ("int pipe(int *);", "pipe(new('int[2]')) == 0"),
    "dup": ("int dup(int);", "dup(0) >= 0"),
    "kill": ("int kill(int, int); int getpid(void);", "kill(C.getpid(), 0) == 0"),
    "parent": ("int getppid(void);", "getppid() >= 0"),
    "ptrace": ("long ptrace(int, ...);", "ptrace(0) >= 0"),
    "memfd": ("int memfd_create(const char *, unsigned);", "memfd_create('x', 0) >= 0"),
    "prctl": ("int prctl(int, ...);", "prctl(3) >= 0"),
    "rlimit": ("int getrlimit(int, void *);", "getrlimit(7, new('long[2]')) == 0"),
    "uid": ("int getuid(void);", "getuid() >= 0"),
    "affinity": ("int sched_getaffinity(int, size_t, void *);", "sched_getaffinity(0, 128, new('char[128]')) >= 0"),
    "shared memory": ("int shmget(int, size_t, int);", "shmget(0, 4096, 384) >= 0"),
    "threads": (
        "int pthread_create(void *, void *, void *, void *);",
        "pthread_create(new('long[1]'), nil, cast('void *', C.getpid), nil) == 0",
    ),
    "write elsewhere": ("long write(int, const char *, size_t);", "write(2, '', 0) == 0"),
    "executable memory": (
        "void *mmap(void *, size_t, int, int, int, long);",
        "mmap(nil, 4096, 7, 0x22, -1, 0) ~= cast('void *', -1)",
    ),
    "shared mapping": (
        "void *mmap(void *, size_t, int, int, int, long);",
        "mmap(nil, 4096, 3, 0x21, -1, 0) ~= cast('void *', -1)",
    ),
}
"""Declarations in C, and a condition: functions of C and ffi are at hand."""

HEAD: Final = """
    local ffi = require("ffi")
    local C, new, cast = ffi.C, ffi.new, ffi.cast
    ffi.cdef[[ int getpid(void); ]]
"""

FORK: Final = """
    ffi.cdef[[ int fork(void); void _exit(int); ]]
    local process = C.fork()
    if process == 0 then C._exit(0) end
    if process > 0 then error("ESCAPED", 0) end"""

EXEC: Final = """
    ffi.cdef[[ int execve(const char *, void *, void *); ]]
    C.execve("/bin/true", nil, nil)
    error("refused", 0)"""

CODE: Final = """
    ffi.cdef[[ void *mmap(void *, size_t, int, int, int, long); int mprotect(void *, size_t, int); ]]
    local page = C.mmap(nil, 4096, 3, 0x22, -1, 0)
    -- Returns 42, on x86-64 and on aarch64.
    ffi.copy(page, ffi.arch == "x64" and "\\184\\42\\0\\0\\0\\195" or "\\64\\5\\128\\82\\192\\3\\95\\214")
    if C.mprotect(page, 4096, 5) == 0 and ffi.cast("int (*)(void)", page)() == 42 then error("ESCAPED", 0) end"""

DATA: Final = """
    local page = ffi.new("char[16]", "\\184\\42\\0\\0\\0\\195")
    ffi.cast("int (*)(void)", page)()
    error("ESCAPED", 0)"""

PYTHON: Final = """
    ffi.cdef[[ int PyGILState_Ensure(void); void PyGILState_Release(int); int PyRun_SimpleString(const char *); ]]
    local held = C.PyGILState_Ensure()
    local failed = C.PyRun_SimpleString([[%s]])
    C.PyGILState_Release(held)
    if failed == 0 then error("ESCAPED", 0) end"""

JIT: Final = """
    jit.on()
    local sum = 0
    for i = 1, 1e6 do sum = sum + i %% 7 end
    error("ESCAPED", 0)"""


def call(cdef: str, condition: str) -> str:
    """Return the script that tries one function."""
    return f"{HEAD} pcall(ffi.cdef, [[{cdef}]]) if C.{condition} then error('ESCAPED', 0) end"


ATTACKS: Final = {
    **{name: call(*row) for name, row in CALLS.items()},
    "fork": HEAD + FORK,
    "code of its own": HEAD + CODE,
    "Python opens a file": HEAD + PYTHON % "open('/etc/passwd')",
    "Python starts a thread": HEAD + PYTHON % "import _thread; _thread.start_new_thread(print, ())",
    "Python imports": HEAD + PYTHON % "import wave",
    "machine code of LuaJIT": JIT.replace("%%", "%"),
}

CRASHES: Final = {
    "exec": HEAD + EXEC,
    "write to nowhere": f"{HEAD} cast('char *', 8)[0] = 1",
    "read from nowhere": f"{HEAD} log(tostring(cast('char *', 8)[0]))",
    "jump to nowhere": f"{HEAD} cast('void (*)(void)', 8)()",
    "jump to data": HEAD + DATA,
    "its memory overwritten": f"{HEAD} ffi.fill(cast('char *', tostring(1)), 1e9)",
    "end": f"{HEAD} ffi.cdef[[ void _exit(int); ]] C._exit(0)",
    "abort": f"{HEAD} ffi.cdef[[ void abort(void); ]] C.abort()",
}
"""What ends its own process, in a jail or not."""

FORGED: Final = {
    "garbage": "\\255\\255\\255\\255",
    "an unknown message": "\\0\\0\\0\\2\\145\\192",
    "an unknown operation": "\\0\\0\\0\\14\\149\\164call\\1\\164evil\\0\\196\\1\\144",
}
"""Bytes in place of frames."""


def forged(text: str, descriptor: int) -> str:
    """Return a script that writes bytes into the pipe behind the back of the child's Python."""
    return f"""{HEAD} ffi.cdef[[ long write(int, const char *, size_t); ]]
        local text = "{text}"
        C.write({descriptor}, text, #text)
        tag.ls("a/b")"""
