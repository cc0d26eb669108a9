package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

const (
	// batch is how many entries of a folder are read at once.
	batch = 256
	// nameCost is what a name is counted as besides its bytes.
	nameCost = 32
	// infoSize is the length in bytes of the fields kind and size.
	infoSize = 6 + 4 + 6 + 8
)

// stat describes a file or folder. One that was read is described as it was then.
// It waits like a read, so that the next change of a file shows in its version.
func (f *Files) stat(c *capability.Call, path string) (*cachedFile, abi.Status) {
	s := stateOf(c)
	if known := s.files[path]; known != nil {
		return known, abi.OK
	}
	at, status := f.locate(c, path)
	if status != abi.OK {
		return nil, status
	}
	at, info, err := following(c, at, location.look)
	now := c.Now()
	if err == nil && info.Mode().IsRegular() {
		if wait := info.unsettled(now); wait > 0 {
			c.Wait(wait)
			info, err = at.look()
		}
	}
	switch {
	case err != nil:
		return nil, at.lookupFailed(c, err, path)
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, c.Deny(notRegular, path)
	}
	if !s.tryHold(c, len(path)+pathCost) {
		return nil, abi.TooLarge
	}
	described := &cachedFile{info: info, settled: info.isSettled(now)}
	s.keep(path, described)
	c.Decided(path, true, info)
	return described, abi.OK
}

// statRecord returns the record that describes a file or folder to a guest.
func (f *Files) statRecord(c *capability.Call, path string) ([]byte, abi.Status) {
	described, status := f.stat(c, path)
	if status != abi.OK {
		return nil, status
	}
	record := abi.Append(appendInfo(c.Scratch(), described.info), abi.TagVersion, []byte(described.info.version()))
	settled := uint32(0)
	if described.settled {
		settled = 1
	}
	return c.Keep(abi.AppendUint32(record, abi.TagSettled, settled)), abi.OK
}

// appendInfo appends the kind and the size of a file or folder.
func appendInfo(dst []byte, info fs.FileInfo) []byte {
	if info.IsDir() {
		return abi.AppendUint64(abi.AppendUint32(dst, abi.TagKind, abi.KindFolder), abi.TagSize, 0)
	}
	return abi.AppendUint64(abi.AppendUint32(dst, abi.TagKind, abi.KindFile), abi.TagSize, uint64(info.Size()))
}

// list returns the entries of a folder as records, sorted by name. It leaves out
// nothing that is there and could be read: an entry that was there by name, and gone
// or unreadable when it was looked at, makes it read the folder again, and fail if that
// does not help.
func (f *Files) list(c *capability.Call, path string) ([]byte, abi.Status) {
	if list, ok := stateOf(c).lists[path]; ok {
		return list, abi.OK
	}
	at, status := f.locate(c, path)
	if status != abi.OK {
		return nil, status
	}
	var l listing
	for range maxTries {
		c.EndIfDone()
		if l, status = f.readFolder(c, at, path); status != abi.OK {
			return nil, status
		}
		if l.err == nil {
			return f.keepListing(c, l, path, at.granted.write)
		}
		c.Release(cap(l.records))
		at.renewMoved()
	}
	return nil, at.refuse(c, l.err, path)
}

// listing is one attempt to read a folder.
type listing struct {
	records []byte
	links   int   // entries that were left out
	err     error // why another attempt is needed
}

// keepListing keeps the entries for the rest of the call. Where the guest may write, the
// name of a file may be a value that it was given earlier.
func (f *Files) keepListing(c *capability.Call, l listing, path string, mayWrite bool) ([]byte, abi.Status) {
	if l.links > 0 {
		c.LeaveOut(l.links)
		c.Warn(fmt.Sprintf("left out %d entries of a folder that are links or have several hard links; add links: follow to its files grant to list them: %s", l.links, path))
	}
	s := stateOf(c)
	if !s.tryHold(c, len(path)+pathCost) {
		return nil, abi.TooLarge
	}
	s.held += cap(l.records)
	s.keepList(path, l.records)
	if mayWrite {
		c.DiscloseBytes(l.records)
	}
	return l.records, abi.OK
}

// readFolder reads the names of a folder, and describes them.
func (f *Files) readFolder(c *capability.Call, at location, path string) (listing, abi.Status) {
	open, err := at.openVerified()
	if err != nil {
		return listing{}, at.refuse(c, err, path)
	}
	defer open.Close()
	info, err := open.Stat()
	switch {
	case err != nil:
		return listing{}, at.refuse(c, err, path)
	case info.Mode().IsRegular():
		return listing{}, abi.NotFound
	case !info.IsDir():
		return listing{}, c.Deny("the path is not a folder", path)
	}
	before, held := at.renewals(), int(c.Held())
	names, status, err := f.names(c, open)
	held = int(c.Held()) - held
	defer func() { c.Release(held) }()
	switch {
	case errors.Is(err, fs.ErrNotExist): // the folder was removed
		return listing{err: errReplaced}, abi.OK
	case err != nil, status != abi.OK:
		return listing{err: err}, status
	}
	l, status := f.describe(c, at, names)
	if l.err == nil && at.renewals() != before {
		l.err = errMoved // some entries are of one generation, some of the next
	}
	if l.err == nil {
		l.err = at.stillThere(info)
	}
	return l, status
}

// stillThere returns an error unless the location still leads to the folder that
// info describes. One that was replaced may have been read while it was removed.
func (at location) stillThere(info fs.FileInfo) error {
	now, err := at.describe()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errReplaced
	case err != nil:
		return err
	case !os.SameFile(now, info), at.isMoved(at.name, at.only.strict()):
		return errReplaced
	}
	return nil
}

// names returns the names in an open folder that are not hidden, sorted.
func (f *Files) names(c *capability.Call, open *os.File) (names []string, status abi.Status, err error) {
	for seen := 0; ; {
		c.EndIfDone()
		c.Charge(batch * capability.EntryUnits)
		part, err := f.readNames(open, batch)
		if seen += len(part); seen > f.opt.MaxKeys {
			return nil, abi.TooLarge, nil
		}
		for _, name := range part {
			if !strings.HasPrefix(name, "..") && utf8.ValidString(name) {
				c.Hold(len(name) + nameCost) // until the folder is described
				names = append(names, name)
			}
		}
		if err == io.EOF {
			slices.SortFunc(names, c.Compare)
			return slices.Compact(names), abi.OK, nil // a folder that changes may give a name twice
		}
		if err != nil {
			return nil, abi.OK, err
		}
	}
}

// describe returns the records of the entries of a folder. It leaves out what is not
// a file or folder of the grant: sockets, pipes, links that lead nowhere or
// outside, and, where they are not followed, all links.
func (f *Files) describe(c *capability.Call, at location, names []string) (listing, abi.Status) {
	var l listing
	list := c.NewListing(nil)
	for _, name := range names {
		c.Charge(capability.SystemUnits) // and what each look at it costs
		info, err := at.entry(name).describeEntry()
		if errors.As(err, new(linkError)) {
			l.links++
			continue
		}
		if err != nil {
			return listing{records: list.Buf, err: err}, abi.OK
		}
		if info == nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		if !list.Reserve(len(name) + infoSize) {
			return listing{}, abi.TooLarge
		}
		list.Buf = appendInfo(abi.Append(list.Buf, abi.TagName, []byte(name)), info)
	}
	l.records = list.Buf
	return l, abi.OK
}

// describeEntry is describe for a name that was read from a folder. It returns nil
// for a link that leads nowhere or outside, and a linkError for one that is not
// followed. That the entry is gone is errReplaced.
func (at location) describeEntry() (fs.FileInfo, error) {
	info, err := at.describe()
	if err == nil || errors.As(err, new(linkError)) {
		return info, err
	}
	if entry, lookErr := at.Lstat(at.name); lookErr == nil && entry.Mode()&fs.ModeSymlink != 0 {
		if _, _, volume := at.pin(at.name, at.only.strict()); at.only.strict() && volume == nil {
			return nil, errSymlink
		}
		// Looked at again: the link may have been replaced by one that leads somewhere.
		switch info, err = at.describe(); {
		case err == nil:
			return info, nil
		case leadsNowhere(err):
			return nil, nil // info may be that of a file which only a link leads to
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errReplaced
	}
	return nil, err
}

// leadsNowhere reports whether an error about a symbolic link says that it leads to
// nothing, or out of the granted folder.
func leadsNowhere(err error) bool {
	for _, none := range []error{fs.ErrNotExist, syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.ELOOP} {
		if errors.Is(err, none) {
			return true
		}
	}
	return isEscape(err)
}
