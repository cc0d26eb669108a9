// Package ttywait finds out which processes wait for the keys of a terminal. It reads
// /proc, and knows nothing about why somebody asks.
//
// Start with [ForKeys].
package ttywait

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A wait says how the arguments of a system call name the files that it waits for.
type wait func(p process, args []uint64) (files []int)

// waits are the system calls in which a program waits for input. Those that only some
// processors have are in older.
var waits = map[uint64]wait{
	unix.SYS_READ:         file,
	unix.SYS_READV:        file,
	unix.SYS_PPOLL:        polled,
	unix.SYS_PSELECT6:     selected,
	unix.SYS_EPOLL_PWAIT:  registered,
	unix.SYS_EPOLL_PWAIT2: registered,
}

// ForKeys reports whether a process of the process group waits until it can read from
// the terminal that it is a session of, or that terminal describes. It is false where
// the system does not tell.
func ForKeys(group int, terminal *unix.Stat_t) bool {
	for _, pid := range numbers("/proc") {
		if g, err := unix.Getpgid(pid); err != nil || g != group {
			continue
		}
		p := process{pid, fmt.Sprintf("/proc/%d", pid)}
		for _, thread := range numbers(p.dir + "/task") {
			for _, fd := range p.waitsFor(thread) {
				if p.reads(fd, terminal) && p.sleeps(thread) {
					return true
				}
			}
		}
	}
	return false
}

// numbers returns the names in a folder that are numbers.
func numbers(dir string) (found []int) {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	names, _ := f.Readdirnames(-1)
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			found = append(found, n)
		}
	}
	return found
}

// process is a process and its folder in /proc.
type process struct {
	pid int
	dir string
}

// waitsFor returns the files that a thread waits for.
func (p process) waitsFor(thread int) []int {
	b, err := os.ReadFile(fmt.Sprintf("%s/task/%d/syscall", p.dir, thread))
	words := strings.Fields(string(b))
	if err != nil || len(words) < 7 {
		return nil // it runs, or waits for something else
	}
	var call [7]uint64 // its number and arguments
	for i := range call {
		if call[i], err = strconv.ParseUint(words[i], 0, 64); err != nil {
			return nil
		}
	}
	w := waits[call[0]]
	if w == nil {
		w = older[call[0]]
	}
	if w == nil {
		return nil
	}
	return w(p, call[1:])
}

// sleeps reports whether a thread sleeps and is not stopped.
func (p process) sleeps(thread int) bool {
	b, err := os.ReadFile(fmt.Sprintf("%s/task/%d/stat", p.dir, thread))
	_, state, _ := bytes.Cut(b[bytes.LastIndexByte(b, ')')+1:], []byte(" ")) // the name before it may contain anything
	return err == nil && bytes.HasPrefix(state, []byte("S"))
}

// reads reports whether a file of the process is the terminal, open for reading.
func (p process) reads(fd int, terminal *unix.Stat_t) bool {
	var st unix.Stat_t
	if unix.Stat(fmt.Sprintf("%s/fd/%d", p.dir, fd), &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR {
		return false
	}
	own := st.Rdev == unix.Mkdev(5, 0) // /dev/tty
	if !own && (st.Rdev != terminal.Rdev || st.Dev != terminal.Dev) {
		return false
	}
	for _, words := range p.info(fd) {
		if words[0] == "flags:" {
			flags, err := strconv.ParseUint(words[1], 8, 64)
			return err == nil && flags&unix.O_ACCMODE != unix.O_WRONLY
		}
	}
	return false
}

// info returns the words of the lines about an open file that have two or more.
func (p process) info(fd int) (lines [][]string) {
	b, _ := os.ReadFile(fmt.Sprintf("%s/fdinfo/%d", p.dir, fd))
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 1 {
			lines = append(lines, words)
		}
	}
	return lines
}

// most is how many files of one call are looked at.
const most = 4096

// memory returns size bytes of the process, or nil.
func (p process) memory(address, size uint64) []byte {
	if address == 0 || size == 0 {
		return nil
	}
	b := make([]byte, size)
	local := []unix.Iovec{{Base: &b[0]}}
	local[0].SetLen(len(b))
	n, err := unix.ProcessVMReadv(p.pid, local, []unix.RemoteIovec{{Base: uintptr(address), Len: len(b)}}, 0)
	if err != nil || n != len(b) {
		return nil
	}
	return b
}

// file is the wait of read(file, ...).
func file(_ process, args []uint64) []int { return []int{int(int32(args[0]))} }

// polled is the wait of poll(list, length, ...).
func polled(p process, args []uint64) (files []int) {
	const size = 8          // a number of 4 bytes, and what is asked and answered, 2 bytes each
	const pollNormal = 0x40 // POLLRDNORM
	b := p.memory(args[0], min(args[1], most)*size)
	for ; len(b) >= size; b = b[size:] {
		if binary.NativeEndian.Uint16(b[4:])&(unix.POLLIN|pollNormal) != 0 {
			files = append(files, int(int32(binary.NativeEndian.Uint32(b))))
		}
	}
	return files
}

// selected is the wait of select(above, bits, ...).
func selected(p process, args []uint64) (files []int) {
	above := min(args[0], most)
	b := p.memory(args[1], (above+63)/64*8)
	for fd := range int(above) {
		if len(b) > 0 && binary.NativeEndian.Uint64(b[fd/64*8:])>>(fd%64)&1 != 0 {
			files = append(files, fd)
		}
	}
	return files
}

// registered is the wait of epoll_wait(file, ...).
func registered(p process, args []uint64) (files []int) {
	for _, words := range p.info(int(int32(args[0]))) {
		if words[0] != "tfd:" || len(words) < 4 {
			continue
		}
		fd, err := strconv.Atoi(words[1])
		events, e := strconv.ParseUint(words[3], 16, 64)
		if err == nil && e == nil && events&unix.EPOLLIN != 0 {
			files = append(files, fd)
		}
	}
	return files
}
