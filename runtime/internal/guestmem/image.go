package guestmem

import "github.com/tetratelabs/wazero/api"

// Image is the state of an instance right after it was opened: its memory and
// its mutable globals. Restoring it after every call keeps one caller's secret
// from the next caller. It belongs to its instance and is used by one goroutine
// at a time.
type Image struct {
	memory  *Memory
	size    uint64               // of the memory in bytes
	restore func() (dropped int) // restores the memory
	globals []savedGlobal
}

type savedGlobal struct {
	global api.MutableGlobal
	value  uint64
}

// TakeImage saves memory and the mutable globals that m exports under the given
// names. It returns nil if there is no memory or if a global is missing: such an
// instance cannot be restored.
func TakeImage(m api.Module, memory *Memory, globals []string) *Image {
	if memory == nil {
		return nil
	}
	img := &Image{memory: memory, size: memory.len}
	for _, name := range globals {
		global, ok := m.ExportedGlobal(name).(api.MutableGlobal)
		if !ok {
			return nil
		}
		img.globals = append(img.globals, savedGlobal{global, global.Get()})
	}
	img.restore = memory.snapshot()
	return img
}

// Restore returns the instance to the image. It reports false, and changes
// nothing, if it cannot: for a nil Image, and after the memory has grown, since
// memory does not shrink. dropped is how many pages that the guest had touched went back
// to the system, as far as that is known: each costs much more to touch again, and to
// give back, than to write.
func (img *Image) Restore() (dropped int, ok bool) {
	if img == nil || img.memory.len != img.size {
		return 0, false
	}
	dropped = img.restore()
	for _, g := range img.globals {
		g.global.Set(g.value)
	}
	return dropped, true
}
