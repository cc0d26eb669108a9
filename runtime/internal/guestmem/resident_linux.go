package guestmem

import (
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// residentRestore restores a large memory that has little content: it writes
// only pages that are resident, because no other page can have been changed.
type residentRestore struct {
	pages
	mem      []byte
	resident []byte // one byte per page
	locked   bool   // pages of mem are never swapped out
	asked    bool   // mayLock is known
	mayLock  bool
}

// asking is held while a memory is locked for the first time, so that two memories do not
// claim the same part of the lock limit.
var asking sync.Mutex

// maxCleared is how many zero pages are cleared in place. If there are more, all
// zero pages are dropped.
const maxCleared = 128

// writeAllLimit is the size of a memory, in bytes, up to which writing all pages
// costs less than asking the kernel which of them are resident.
const writeAllLimit = 256 << 10

// restorer returns a function that restores mem to p.
func (p pages) restorer(mem []byte) func() int {
	if len(mem) <= writeAllLimit {
		return func() int { p.restore(mem); return 0 }
	}
	r := &residentRestore{pages: p, mem: mem, resident: make([]byte, len(p.saved))}
	r.dropZeroPages()
	return r.restore
}

// dropZeroPages drops the zero pages, which have only been read, and asks the
// kernel to lock each page that the guest touches from now on, unless the lock limit is
// to be left to secret values. A locked page that is not resident was never touched.
func (r *residentRestore) dropZeroPages() {
	if r.locked {
		_ = unix.Munlock(r.mem)
	}
	run := 0 // first of the zero pages before page i
	for i, saved := range r.saved {
		if saved != nil {
			drop(r.mem[run*r.size : i*r.size])
			run = i + 1
		}
	}
	drop(r.mem[run*r.size:])
	r.locked = r.lock()
}

// lock locks the pages of the memory as they are touched. mayLock is called once: from
// then on the whole memory counts towards the limit.
func (r *residentRestore) lock() bool {
	if !r.asked {
		asking.Lock()
		defer asking.Unlock()
		r.asked, r.mayLock = true, mayLock(len(r.mem))
	}
	if !r.mayLock {
		return false
	}
	_, _, errno := unix.Syscall(unix.SYS_MLOCK2, uintptr(unsafe.Pointer(unsafe.SliceData(r.mem))), uintptr(len(r.mem)), unix.MLOCK_ONFAULT)
	return errno == 0
}

// restore writes resident pages in place, since dropping them and faulting them
// in again costs more. It drops all other pages, which may be swapped out, unless
// the lock guarantees that they were never touched.
func (r *residentRestore) restore() (dropped int) {
	if !queryResident(r.mem, r.resident) {
		r.pages.restore(r.mem)
		return 0
	}
	run, cleared := 0, 0 // run: first of the pages before page i that are not resident
	for i, saved := range r.saved {
		if saved == nil && r.resident[i]&1 == 0 {
			continue
		}
		if !r.locked {
			drop(r.mem[run*r.size : i*r.size])
		}
		r.writePage(i, saved)
		run = i + 1
		if saved == nil {
			cleared++
		}
	}
	switch {
	case cleared > maxCleared:
		r.dropZeroPages()
		return cleared
	case !r.locked:
		drop(r.mem[run*r.size:])
	}
	return 0
}

func (r *residentRestore) writePage(i int, saved []byte) {
	page := r.mem[i*r.size : (i+1)*r.size]
	if saved == nil {
		clear(page)
		return
	}
	copy(page, saved)
}

// Resident returns how many pages of the memory the guest, or its image, has touched; 0
// if that is not known.
func (m *Memory) Resident() (n int) {
	if m.len == 0 {
		return 0
	}
	resident := make([]byte, int(m.len)/os.Getpagesize())
	if !queryResident(m.all[:m.len], resident) {
		return 0
	}
	for _, r := range resident {
		n += int(r & 1)
	}
	return n
}

// queryResident sets the lowest bit of resident[i] if page i of mem is resident.
func queryResident(mem, resident []byte) bool {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), uintptr(unsafe.Pointer(&resident[0])))
	return errno == 0
}
