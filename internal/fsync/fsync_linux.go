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
	"io"
	"os"
	"syscall"
	"unsafe" // for the runtime's two names too

	"golang.org/x/sys/unix"
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
		switch _, errno := wait(trap, fd, 0, length, flags); errno {
		case 0:
			return nil
		case syscall.EINTR: // a signal came before it began
		default:
			return os.NewSyscallError(name, errno)
		}
	}
}

// wait makes the call. The goroutine's stack may not grow between the two, so nothing
// else is here. Memory that is pointed to stays where it is, and is kept.
//
//go:nosplit
//go:norace
//go:uintptrescapes
func wait(trap, fd, second, third, fourth uintptr) (uintptr, syscall.Errno) {
	entersyscallblock()
	n, _, errno := syscall.RawSyscall6(trap, fd, second, third, fourth, 0, 0)
	exitsyscall()
	return n, errno
}

// Past says whether what is written to a file is to go past the system's memory, straight
// to the disk (O_DIRECT). It must then be given to WriteAt, from memory, in lengths and at offsets that
// are multiples of Block. Not all file systems can do it.
func Past(fd uintptr, is bool) error {
	flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	if flags &^= unix.O_DIRECT; is {
		flags |= unix.O_DIRECT
	}
	_, err = unix.FcntlInt(fd, unix.F_SETFL, flags)
	return os.NewSyscallError("fcntl", err)
}

// Block is the largest that disks have.
const Block = 4096

// WriteAt writes all of b at an offset of a file.
func WriteAt(fd uintptr, b []byte, offset int64) error {
	for len(b) > 0 {
		n, errno := wait(syscall.SYS_PWRITE64, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), uintptr(offset))
		switch {
		case errno == syscall.EINTR:
		case errno != 0:
			return os.NewSyscallError("pwrite", errno)
		case n == 0:
			return io.ErrShortWrite
		default:
			b, offset = b[n:], offset+int64(n)
		}
	}
	return nil
}
