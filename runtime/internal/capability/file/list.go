package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

const (
	// batch is how many entries of a folder are read at once.
	batch = 256
	// infoSize is the length in bytes of the fields kind and size.
	infoSize = 6 + 4 + 6 + 8
)

// stat describes a file or folder. One that was read is described as it was then.
// It waits like a read, so that the next change of a file shows in its version.
func (f *Files) stat(c *capability.Call, path string) (*seen, abi.Status) {
	s := stateOf(c)
	if known := s.files[path]; known != nil {
		return known.info, abi.OK
	}
	at, status := f.locate(c, path)
	if status != abi.OK {
		return nil, status
	}
	info, err := at.look()
	if err == nil && info.Mode().IsRegular() {
		if wait := info.unsettled(f.opt.Now()); wait > 0 {
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
	if s.charge(0, f.limit()) {
		s.keep(path, &cachedFile{info: info})
	}
	return info, abi.OK
}

// statRecord returns the record that describes a file or folder to a guest.
func (f *Files) statRecord(c *capability.Call, path string) ([]byte, abi.Status) {
	info, status := f.stat(c, path)
	if status != abi.OK {
		return nil, status
	}
	return c.Keep(abi.Append(appendInfo(c.Scratch(), info), abi.TagVersion, []byte(info.version()))), abi.OK
}

// appendInfo appends the kind and the size of a file or folder.
func appendInfo(dst []byte, info fs.FileInfo) []byte {
	if info.IsDir() {
		return abi.AppendUint64(abi.AppendUint32(dst, abi.TagKind, abi.KindFolder), abi.TagSize, 0)
	}
	return abi.AppendUint64(abi.AppendUint32(dst, abi.TagKind, abi.KindFile), abi.TagSize, uint64(info.Size()))
}

// list returns the entries of a folder as records, sorted by name.
func (f *Files) list(c *capability.Call, path string) ([]byte, abi.Status) {
	if list, ok := stateOf(c).lists[path]; ok {
		return list, abi.OK
	}
	at, status := f.locate(c, path)
	if status != abi.OK {
		return nil, status
	}
	open, err := at.openVerified()
	if err != nil {
		return nil, at.refuse(c, err, path)
	}
	defer open.Close()
	switch info, err := open.Stat(); {
	case err != nil:
		return nil, at.refuse(c, err, path)
	case info.Mode().IsRegular():
		return nil, abi.NotFound
	case !info.IsDir():
		return nil, c.Deny("the path is not a folder", path)
	}
	names, status := f.names(c, at, open, path)
	if status != abi.OK {
		return nil, status
	}
	return f.describe(c, at, path, names)
}

// names returns the names in an open folder that are not hidden, sorted.
func (f *Files) names(c *capability.Call, at location, open *os.File, path string) ([]string, abi.Status) {
	var names []string
	for seen := 0; ; {
		c.EndIfDone()
		part, err := open.Readdirnames(batch)
		if seen += len(part); seen > f.opt.MaxKeys {
			return nil, abi.TooLarge
		}
		for _, name := range part {
			if !strings.HasPrefix(name, "..") && utf8.ValidString(name) {
				names = append(names, name)
			}
		}
		if err == io.EOF {
			slices.Sort(names)
			return names, abi.OK
		}
		if err != nil {
			return nil, at.refuse(c, err, path)
		}
	}
}

// describe returns the records of the entries of a folder. It leaves out those
// that cannot be read: sockets, pipes, links that lead nowhere or outside.
func (f *Files) describe(c *capability.Call, at location, folder string, names []string) ([]byte, abi.Status) {
	list, links := f.opt.NewListing(nil), 0
	for i, name := range names {
		if i%batch == 0 {
			c.EndIfDone()
		}
		info, err := at.entry(name).describe()
		if errors.As(err, new(linkError)) {
			links++
		}
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		if !list.Reserve(len(name) + infoSize) {
			return nil, abi.TooLarge
		}
		list.Buf = appendInfo(abi.Append(list.Buf, abi.TagName, []byte(name)), info)
	}
	if links > 0 {
		c.Warn(fmt.Sprintf("left out %d entries of a folder that are links or have several hard links; add links: follow to its files grant to list them: %s", links, folder))
	}
	s := stateOf(c)
	if !s.charge(int64(len(list.Buf)), f.limit()) {
		return nil, abi.TooLarge
	}
	s.keepList(folder, list.Buf)
	return list.Buf, abi.OK
}
