package run

import (
	"runtime/debug"
	"unsafe"
)

// environ is the environment of the command, in memory that can be wiped. The zero
// environ is empty.
type environ struct {
	entries [][]byte // NAME=VALUE
}

// add appends a variable.
func (e *environ) add(name string, value []byte) {
	entry := make([]byte, 0, len(name)+1+len(value))
	entry = append(append(entry, name...), '=')
	e.entries = append(e.entries, append(entry, value...))
}

// strings returns the variables without copying them. They change when e is wiped, so
// nothing may use them after that.
func (e *environ) strings() []string {
	list := make([]string, len(e.entries))
	for i, entry := range e.entries {
		list[i] = unsafe.String(unsafe.SliceData(entry), len(entry))
	}
	return list
}

// wipe overwrites the variables.
func (e *environ) wipe() {
	for _, entry := range e.entries {
		clear(entry)
	}
}

// started is called when the command was started, and overwrites the variables. To start it,
// os and syscall have made a copy of them on the heap, which they leave to the collector: the
// memory goes back to the system as soon as the pages with it have nothing else.
func (e *environ) started() {
	e.wipe()
	go debug.FreeOSMemory()
}
