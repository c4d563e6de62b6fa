"""What no process of regbot's container may ever call, whatever the arguments: the reasons are in the groups."""

from __future__ import annotations

from typing import Final

DANGEROUS: Final = (
    # Into other processes, or out of the container.
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp"),
    *("setns", "open_by_handle_at", "name_to_handle_at", "perf_event_open", "lookup_dcookie"),
    # Large parts of the kernel that few programs need, and through which kernels were taken over.
    *("bpf", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "request_key"),
    *("io_setup", "io_submit", "vmsplice", "splice", "tee", "fanotify_init", "inotify_init1"),
    # Programs and memory that no file system has.
    *("memfd_create", "memfd_secret", "execveat", "remap_file_pages", "pkey_mprotect", "map_shadow_stack"),
    # File systems, in the newer way as well.
    *("fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr", "open_tree_attr"),
    *("quotactl", "quotactl_fd", "swapon", "swapoff", "mknodat", "fchownat", "setxattr", "setxattrat"),
    # The machine.
    *("reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "acct", "syslog"),
    *("sethostname", "setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "vhangup"),
    # Other users, other behaviour of the kernel, filters of its own, priorities.
    *("personality", "setfsuid", "setfsgid", "seccomp", "sched_setscheduler", "sched_setattr", "setpriority"),
    *("mbind", "migrate_pages", "move_pages", "set_mempolicy", "landlock_add_rule", "lsm_set_self_attr"),
    # Shared memory and queues of System V and POSIX.
    *("shmget", "shmat", "semget", "msgget", "mq_open"),
)
"""On both machines."""

DANGEROUS_X86_64: Final = ("iopl", "ioperm", "modify_ldt", "uselib", "mknod", "_sysctl", "ustat", "chown")
"""On x86_64 besides."""
