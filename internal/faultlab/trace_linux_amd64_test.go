//go:build faultlab

package faultlab_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// tracing is the argument with which this test program runs another one under
// ptrace: tracing N PROGRAM ARGUMENT… kills it as it enters the N-th system call
// that changes files, opens one or talks to a database server, counted over all of
// its threads. With N = 0 it lives. What was counted stands on the last line of
// the standard error.
const tracing = "-trace-system-calls"

// killedCode is the exit code of a program that was killed on the way.
const killedCode = 137

// The system calls that count, by their numbers on amd64.
var counted = map[uint64]string{
	syscall.SYS_OPENAT: "openat", syscall.SYS_WRITE: "write", syscall.SYS_PWRITE64: "pwrite64", syscall.SYS_FSYNC: "fsync",
	syscall.SYS_FDATASYNC: "fdatasync", syscall.SYS_RENAME: "rename", syscall.SYS_RENAMEAT: "renameat", sysRenameat2: "renameat2",
	syscall.SYS_FTRUNCATE: "ftruncate", syscall.SYS_UNLINK: "unlink", syscall.SYS_UNLINKAT: "unlinkat", syscall.SYS_MKDIRAT: "mkdirat",
}

const sysRenameat2 = 316

// trace runs a program under ptrace and returns its exit code.
func trace(args []string) int {
	at, err := strconv.Atoi(args[0])
	if err != nil || len(args) < 2 {
		return 2
	}
	runtime.LockOSThread() // ptrace belongs to a thread
	c := exec.Command(args[1], args[2:]...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	t := &tracer{pid: c.Process.Pid, at: at, inside: map[int]bool{}}
	code, err := t.follow()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	fmt.Fprintf(os.Stderr, "\ncounted %d %s\n", t.n, t.last)
	return code
}

type tracer struct {
	pid, at int
	n       int
	last    string
	inside  map[int]bool // threads between entry and return of a call
}

const options = syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACESYSGOOD | 0x100000 // PTRACE_O_EXITKILL

// follow leads the program from system call to system call until it has ended.
func (t *tracer) follow() (code int, err error) {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &status, 0, nil); err != nil {
		return 0, err
	}
	if err := syscall.PtraceSetOptions(t.pid, options); err != nil {
		return 0, err
	}
	if err := syscall.PtraceSyscall(t.pid, 0); err != nil {
		return 0, err
	}
	for {
		thread, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		if err != nil {
			return 0, err
		}
		switch {
		case status.Exited() || status.Signaled():
			if thread != t.pid {
				continue
			}
			if status.Signaled() {
				return killedCode, nil
			}
			return status.ExitStatus(), nil
		case status.Stopped():
			if err := t.stopped(thread, status); err != nil {
				return 0, err
			}
		}
	}
}

// stopped looks at why a thread has stopped and lets it go on.
func (t *tracer) stopped(thread int, status syscall.WaitStatus) error {
	signal := 0
	switch stop := status.StopSignal(); stop {
	case syscall.SIGTRAP | 0x80:
		t.inside[thread] = !t.inside[thread]
		if t.inside[thread] {
			if name, counts := t.call(thread); counts {
				t.n, t.last = t.n+1, name
				if t.n == t.at {
					return syscall.Kill(t.pid, syscall.SIGKILL)
				}
			}
		}
	case syscall.SIGTRAP, syscall.SIGSTOP: // a new thread
	default:
		signal = int(stop)
	}
	if err := syscall.PtraceSyscall(thread, signal); err != nil && err != syscall.ESRCH {
		return err
	}
	return nil
}

// call tells whether the call that a thread is entering counts. Threads wake each
// other by writing into files that are none: these do not count.
func (t *tracer) call(thread int) (name string, counts bool) {
	var r syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(thread, &r); err != nil {
		return "", false
	}
	name, counts = counted[r.Orig_rax]
	if !counts {
		return "", false
	}
	switch r.Orig_rax {
	case syscall.SYS_WRITE, syscall.SYS_PWRITE64:
		file, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, r.Rdi))
		return name, err == nil && !strings.HasPrefix(file, "anon_inode:") && !strings.HasPrefix(file, "pipe:")
	case syscall.SYS_OPENAT:
		file := t.text(thread, uintptr(r.Rsi))
		return name, !strings.HasPrefix(file, "/proc/") && !strings.HasPrefix(file, "/sys/") && !strings.HasPrefix(file, "/etc/")
	}
	return name, true
}

// text reads a string of the program.
func (t *tracer) text(thread int, at uintptr) string {
	b := make([]byte, 256)
	n, _ := syscall.PtracePeekData(thread, at, b)
	text, _, _ := strings.Cut(string(b[:n]), "\x00")
	return text
}
