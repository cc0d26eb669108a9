package file

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// Read returns the content of a regular file. It belongs to the call and is
// cleared when the call ends.
func (f *Files) Read(c *capability.Call, path string) ([]byte, abi.Status) {
	s := stateOf(c)
	if known := s.files[path]; known != nil && known.read {
		return known.data, abi.OK
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
	read, status := f.readStable(c, at, open, path)
	switch {
	case status != abi.OK:
		return nil, status
	case !s.tryHold(c, len(path)+pathCost):
		c.Release(len(read.data))
		clear(read.data)
		return nil, abi.TooLarge
	}
	s.held += len(read.data)
	s.held -= s.retireParts(s.files[path]) // the call itself goes on holding them
	at.hold()
	s.keep(path, read)
	c.Decided(path, true, read.info)
	f.warnPlaced(c, cmp.Or(at.led, path), read.info)
	return read.data, abi.OK
}

// warnPlaced says, once for each folder and owner, that a file was read which belongs to
// another user and which others may have put there: its values are whatever they wanted.
func (f *Files) warnPlaced(c *capability.Call, path string, info *seen) {
	where := ownerID(info) + ":" + filepath.Dir(path)
	if f.placed.has(where) {
		return
	}
	owner, err := safefile.CheckPlaced(path, info)
	if owner != "" && f.placed.first(where) && err != nil {
		c.Warn("what was read may be from anybody: " + placedError{path, owner, err}.Error())
	}
}

// lookupFailed returns the status for a file that could not be opened or
// described.
func (at location) lookupFailed(c *capability.Call, err error, path string) abi.Status {
	if errors.Is(err, fs.ErrNotExist) {
		stateOf(c).setAbsent(c, path)
		c.Decided(path, true, (*seen)(nil))
	}
	return at.refuse(c, err, path)
}

// readStable reads an open file again until it did not change during the read.
func (f *Files) readStable(c *capability.Call, at location, open *os.File, path string) (*cachedFile, abi.Status) {
	for range maxTries {
		read, err := f.readOnce(c, open)
		switch {
		case err != nil:
			return nil, at.refuseOpen(c, err, path)
		case read != nil:
			return read, abi.OK
		}
		c.EndIfDone()
	}
	return nil, abi.Unavailable
}

// refuseOpen is refuse for a file that is open.
func (at location) refuseOpen(c *capability.Call, err error, path string) abi.Status {
	switch {
	case errors.Is(err, errSize), errors.Is(err, capability.ErrMemory):
		return abi.TooLarge
	case errors.Is(err, errKind):
		return c.Deny(notRegular, path)
	}
	return at.refuse(c, err, path)
}

// piece is how many bytes of a file are read or written at once.
const piece = 256 << 10

// What may be wrong with an open file.
var (
	errSize = errors.New("capability: the file is too large")
	errKind = errors.New("capability: not a regular file")
)

// readOnce reads an open file. It returns nil if the file changed meanwhile.
func (f *Files) readOnce(c *capability.Call, open *os.File) (*cachedFile, error) {
	before, settled, err := f.settled(c, open)
	if err != nil {
		return nil, err
	}
	// The extra byte shows that a file has grown, without reading on and on.
	size := int(before.Size()) + 1
	if !c.TryHold(size) {
		return nil, capability.ErrMemory
	}
	data := make([]byte, size)
	n, err := readAll(c, open, data, 0)
	if err != nil && err != io.EOF {
		c.Release(size)
		clear(data)
		return nil, err
	}
	after, err := look(open)
	if err == nil && int64(n) == after.Size() && before.sameAs(after) {
		c.Release(size - n)
		return &cachedFile{info: after, settled: settled, data: data[:n], read: true}, nil
	}
	c.Release(size)
	clear(data)
	return nil, err
}

// readAll reads an open file from an offset in pieces, and looks at the call before each.
func readAll(c *capability.Call, open *os.File, data []byte, offset int64) (n int, err error) {
	for n < len(data) && err == nil {
		next := data[n:min(len(data), n+piece)]
		c.EndIfDone()
		c.Charge(capability.SystemUnits + 8*capability.Copied(len(next)))
		var got int
		got, err = open.ReadAt(next, offset+int64(n))
		n += got
	}
	return n, err
}

// settled describes an open file, which must be regular and within the limit. It
// waits until the last change is so old that the next one would show. isSettled is that of
// [seen.isSettled] for content that is read from now on.
func (f *Files) settled(c *capability.Call, open *os.File) (info *seen, isSettled bool, err error) {
	info, err = look(open)
	now := c.Now()
	if err == nil && info.Mode().IsRegular() {
		if wait := info.unsettled(now); wait > 0 {
			c.Wait(wait)
			info, err = look(open)
		}
	}
	switch {
	case err != nil:
		return nil, false, err
	case !info.Mode().IsRegular():
		return nil, false, errKind
	case info.Size() > f.limit():
		return nil, false, errSize
	}
	return info, info.isSettled(now), nil
}
