package file

import "github.com/postern-project/postern/runtime/internal/capability"

// state is what one call knows of the files: the folders that it opened, and
// everything that it read, so that the same path gives the same bytes until the
// call ends.
type state struct {
	readNames readNames
	folders   map[place]*folder
	files     map[string]*cachedFile
	lists     map[string][]byte
	absent    map[string]bool
	parts     int      // that were read in this call, also of files that have changed since
	held      int      // bytes that the call holds for files, lists and absent paths
	replaced  [][]byte // contents of files that were read and are out of date
}

// cachedFile is a file as the call has seen it.
type cachedFile struct {
	info    *seen
	settled bool // any later change shows in the version of info
	data    []byte
	read    bool            // data is the content
	parts   map[part][]byte // of a file that was not read as a whole

	joined   [][]byte // the parts, as joinParts returns them
	joinedOf int      // how many there were then
}

// maxAbsent is how many paths without a file a call remembers.
const maxAbsent = 1024

func stateOf(c *capability.Call) *state { return capability.StateOf[*state](c) }

// Disclose calls add with every file that the guest has read.
func (s *state) Disclose(add capability.Disclosed) bool {
	for _, data := range s.replaced {
		if !add("file", data) {
			return false
		}
	}
	for _, f := range s.files {
		if !add("file", f.data) {
			return false
		}
		for _, data := range f.joinParts() {
			if !add("file", data) {
				return false
			}
		}
	}
	return true
}

// End clears what was read and closes the folders.
func (s *state) End() {
	s.held, s.parts = 0, 0 // the call itself forgets what it holds
	if s.untouched() {
		return
	}
	s.forget()
	for _, data := range s.replaced {
		capability.Wipe(data)
	}
	s.replaced = nil
	for _, f := range s.folders {
		_ = f.Close()
	}
	clear(s.folders)
}

// untouched reports whether the call has used no file, like most calls.
func (s *state) untouched() bool {
	return len(s.folders)+len(s.files)+len(s.lists)+len(s.absent)+len(s.replaced) == 0
}

// forget clears what was read.
func (s *state) forget() {
	for _, f := range s.files {
		capability.Wipe(f.data)
		f.wipeParts()
	}
	for _, f := range s.folders {
		f.unpin()
	}
	clear(s.files)
	clear(s.lists)
	clear(s.absent)
}

// forgetChanged is forget after the call itself has changed a file. It keeps what
// is needed to mask the text of the guest.
func (s *state) forgetChanged(c *capability.Call) {
	kept := 0
	for _, f := range s.files {
		if len(f.data) > 0 {
			kept += len(f.data) + pathCost
			s.replaced = append(s.replaced, f.data)
		}
		f.data = nil
		kept += s.retireParts(f)
	}
	s.forget()
	c.Release(s.held - kept)
	s.held = 0
}

// setAbsent remembers that there was nothing at path.
func (s *state) setAbsent(c *capability.Call, path string) {
	if s.absent == nil {
		s.absent = map[string]bool{}
	}
	if len(s.absent) < maxAbsent && !s.absent[path] {
		s.hold(c, len(path)+pathCost)
		s.absent[path] = true
	}
}

// changed reports whether the file at path, now nil if there is none, differs from
// the one that the call has seen. A file that the call has not seen is unchanged.
func (s *state) changed(path string, now *seen) bool {
	if f := s.files[path]; f != nil {
		return now == nil || !f.info.sameAs(now)
	}
	return s.absent[path] && now != nil
}

// keep remembers a file, for which there is room.
func (s *state) keep(path string, f *cachedFile) {
	if s.files == nil {
		s.files = map[string]*cachedFile{}
	}
	s.files[path] = f
}

// keepList remembers the entries of a folder, for which there is room.
func (s *state) keepList(path string, list []byte) {
	if s.lists == nil {
		s.lists = map[string][]byte{}
	}
	s.lists[path] = list
}

// tryHold counts n bytes that the state keeps until it forgets what was read, and
// reports whether the call had room for them. Every file costs something extra: many
// small files cost the host more than they hold.
func (s *state) tryHold(c *capability.Call, n int) bool {
	if !c.TryHold(n) {
		return false
	}
	s.held += n
	return true
}

// hold is tryHold for what is always kept: without room, the call ends.
func (s *state) hold(c *capability.Call, n int) {
	c.Hold(n)
	s.held += n
}

// folder returns the open folder at a place. A folder is opened once per call and not
// for longer, since the path may lead to another one later.
func (s *state) folder(c *capability.Call, at place) (*folder, error) {
	if f, ok := s.folders[at]; ok {
		return f, nil
	}
	c.Charge(at.cost())
	r, err := at.open()
	if err != nil {
		return nil, err
	}
	if s.folders == nil {
		s.folders = map[place]*folder{}
	}
	f := &folder{Root: r, call: c, readNames: s.readNames}
	s.folders[at] = f
	return f, nil
}
