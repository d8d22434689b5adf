// Package fsync makes files durable without a core standing still meanwhile.
//
// Go lets a goroutine that waits in a system call keep its processor, and takes it away
// only when it next looks. Where it has found nothing to take for a while it looks every
// 10 ms, and a sync takes one: so of two cores one did nothing for a quarter of the time,
// while batches stood ready to be applied. Here the processor is given up before the
// call, as the runtime itself does where it knows that it will wait.
//
// The runtime has no other door to that than the two names below. They are among those that it
// promises to keep (go.dev/issue/67401); a Go without them would fail to link, and
// syscall.Fdatasync is all that there is to put back.
package fsync

import (
	"os"
	"syscall"
	_ "unsafe" // for the runtime's two names
)

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// Data makes durable what has been written to a file, and its length.
func Data(fd uintptr) error { return try("fdatasync", syscall.SYS_FDATASYNC, fd, 0, 0) }

// All makes durable what has been written to a file or a folder, and all that is known
// of it.
func All(fd uintptr) error { return try("fsync", syscall.SYS_FSYNC, fd, 0, 0) }

// Begin has a file's first bytes written out, and waits for those that were on their
// way already. It makes nothing durable.
func Begin(fd uintptr, length int64) error {
	return try("sync_file_range", syscall.SYS_SYNC_FILE_RANGE, fd, uintptr(length), waitBefore|write)
}

const (
	waitBefore = 1 // SYNC_FILE_RANGE_WAIT_BEFORE
	write      = 2 // SYNC_FILE_RANGE_WRITE
)

func try(name string, trap, fd, length, flags uintptr) error {
	for {
		switch errno := wait(trap, fd, length, flags); errno {
		case 0:
			return nil
		case syscall.EINTR: // a signal came before it began
		default:
			return os.NewSyscallError(name, errno)
		}
	}
}

// wait makes the call. The goroutine's stack may not grow between the two, so nothing
// else is here.
//
//go:nosplit
//go:norace
func wait(trap, fd, length, flags uintptr) syscall.Errno {
	entersyscallblock()
	_, _, errno := syscall.RawSyscall6(trap, fd, 0, length, flags, 0, 0)
	exitsyscall()
	return errno
}

// Drop takes a file's first bytes out of the system's memory, as far as they have reached
// the disk; length 0 stands for all of it. A file that some memory is kept for is read
// from the disk again when somebody asks.
func Drop(fd uintptr, length int64) {
	_, _, _ = syscall.Syscall6(syscall.SYS_FADVISE64, fd, 0, uintptr(length), dontNeed, 0, 0)
}

const dontNeed = 4 // POSIX_FADV_DONTNEED
