package file

import (
	"cmp"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

// part names bytes of a file: at most length of them, from offset.
type part struct{ offset, length int64 }

// of returns the part of the content of the file.
func (p part) of(content []byte) []byte {
	p = p.within(int64(len(content)))
	return content[p.offset : p.offset+p.length]
}

// within returns the part without what is beyond the end of a file.
func (p part) within(size int64) part {
	p.offset = min(p.offset, size)
	p.length = min(p.length, size-p.offset)
	return p
}

// cost is what the part is counted as while it is kept, and joined with others.
func (p part) cost() int { return 2*int(p.length) + pathCost }

// maxParts is how many different parts of files a call may read: they are joined when a line
// of the guest is masked, which must not take long.
const maxParts = 1 << 12

// keepPart remembers a part, for which there is room.
func (f *cachedFile) keepPart(p part, data []byte) {
	if f.parts == nil {
		f.parts = map[part][]byte{}
	}
	f.parts[p] = data
}

// joinParts returns the content of the parts. Those that touch or overlap are one: a value may
// be in several. The result is cleared by wipeParts, and valid until another part is kept.
func (f *cachedFile) joinParts() [][]byte {
	if f.joinedOf == len(f.parts) {
		return f.joined
	}
	f.wipeJoined()
	f.joinedOf = len(f.parts)
	all := slices.SortedFunc(maps.Keys(f.parts), func(a, b part) int { return cmp.Compare(a.offset, b.offset) })
	for len(all) > 0 {
		n, end := 1, all[0].offset+all[0].length
		for n < len(all) && all[n].offset <= end {
			end = max(end, all[n].offset+all[n].length)
			n++
		}
		run := make([]byte, 0, end-all[0].offset)
		for _, p := range all[:n] {
			if old := int64(len(run)) - (p.offset - all[0].offset); old < p.length {
				run = append(run, f.parts[p][old:]...)
			}
		}
		f.joined, all = append(f.joined, run), all[n:]
	}
	return f.joined
}

func (f *cachedFile) wipeJoined() {
	for _, run := range f.joined {
		capability.Wipe(run)
	}
	f.joined, f.joinedOf = nil, 0
}

// wipeParts clears the parts of a file.
func (f *cachedFile) wipeParts() {
	f.wipeJoined()
	for _, data := range f.parts {
		capability.Wipe(data)
	}
	f.parts = nil
}

// retireParts keeps what was read of a file in parts, which is out of date, for nothing but to
// mask the text of the guest. It returns what that is counted as; f may be nil.
func (s *state) retireParts(f *cachedFile) (cost int) {
	if f == nil {
		return 0
	}
	for p := range f.parts {
		cost += p.cost()
	}
	s.replaced = append(s.replaced, f.joinParts()...)
	f.joined, f.joinedOf = nil, 0
	f.wipeParts()
	return cost
}

// readPart returns at most n bytes of a regular file, from offset: fewer only at its end.
// They belong to the call and are cleared when the call ends. The file is opened and
// checked as by [Files.Read]. If it is another one than the call has seen, or changes
// meanwhile, the status is conflict.
func (f *Files) readPart(c *capability.Call, path string, offset int64, n int) ([]byte, abi.Status) {
	s, p := stateOf(c), part{offset, int64(n)}
	known := s.files[path]
	switch {
	case known == nil:
	case known.read:
		return p.of(known.data), abi.OK
	default:
		p = p.within(known.info.Size())
		if data, ok := known.parts[p]; ok {
			return data, abi.OK
		}
	}
	if s.parts >= maxParts && p.length > 0 {
		return nil, abi.TooLarge
	}
	at, status := f.locate(c, path)
	if status != abi.OK {
		return nil, status
	}
	at, open, err := following(c, at, location.openVerified)
	if err != nil {
		return nil, at.lookupFailed(c, err, path)
	}
	defer open.Close()
	before, settled, err := f.settled(c, open)
	switch {
	case err != nil:
		return nil, at.refuseOpen(c, err, path)
	case known == nil:
		known = &cachedFile{info: before, settled: settled}
		if !s.tryHold(c, len(path)+pathCost) {
			return nil, abi.TooLarge
		}
		s.keep(path, known)
	case !known.info.sameAs(before):
		return nil, abi.Conflict
	}
	p = p.within(before.Size())
	data, err := f.readSame(c, open, p, before)
	switch {
	case err != nil:
		return nil, at.refuseOpen(c, err, path)
	case data == nil:
		return nil, abi.Conflict
	}
	if p.length > 0 {
		s.held += p.cost()
		s.parts++
		known.keepPart(p, data)
	} else { // as at the end of the file
		c.Release(p.cost())
	}
	at.hold()
	c.Decided(path, true, before)
	f.warnPlaced(c, cmp.Or(at.led, path), before)
	return data, abi.OK
}

// readSame reads a part of an open file. It returns nil if the file is not as it was before.
func (f *Files) readSame(c *capability.Call, open *os.File, p part, before *seen) ([]byte, error) {
	if !c.TryHold(p.cost()) {
		return nil, capability.ErrMemory
	}
	data := make([]byte, p.length)
	n, err := readAll(c, open, data, p.offset)
	after, lookErr := look(open)
	if err == nil || err == io.EOF {
		err = lookErr
	}
	if err == nil && n == len(data) && before.sameAs(after) {
		return data, nil
	}
	c.Release(p.cost())
	clear(data)
	return nil, err
}
