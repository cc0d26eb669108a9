package capability

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
)

const (
	// settleTime is longer than the clock tick of any file system of ours: a
	// file that was changed less than this ago may change again without a trace
	// in its times.
	settleTime = 20 * time.Millisecond
	// batch is how many entries of a folder are read at once.
	batch = 256
)

// read returns the content of a regular file. It stays the call's.
func (c *Call) read(path string) ([]byte, abi.Status) {
	if k := c.disk.kept[path]; k != nil && k.read {
		return k.data, abi.OK
	}
	p, status := c.locate(path)
	if status != abi.OK {
		return nil, status
	}
	f, err := p.open(p.name)
	if err != nil {
		return nil, c.unseen(err, path)
	}
	defer f.Close()
	k, status := c.content(f, path)
	switch {
	case status != abi.OK:
		return nil, status
	case !c.charge(int64(len(k.data))):
		clear(k.data)
		return nil, abi.TooLarge
	}
	c.disk.keep(path, k)
	return k.data, abi.OK
}

// unseen returns the status for a file that could not be looked at.
func (c *Call) unseen(err error, path string) abi.Status {
	if errors.Is(err, fs.ErrNotExist) {
		c.disk.missing(path)
	}
	return c.failed(err, path)
}

// content reads f until it holds still: the file is the same before and after.
func (c *Call) content(f *os.File, path string) (*kept, abi.Status) {
	for range maxTries {
		k, err := c.attempt(f)
		switch {
		case errors.Is(err, errSize):
			return nil, abi.TooLarge
		case errors.Is(err, errKind):
			return nil, c.refuse("the path is no regular file", path)
		case err != nil:
			return nil, c.failed(err, path)
		case k != nil:
			return k, abi.OK
		}
		c.live()
	}
	return nil, abi.Unavailable
}

// What may be wrong with an open file.
var (
	errSize = errors.New("capability: the file is too large")
	errKind = errors.New("capability: not a regular file")
)

// attempt reads f once; it returns nil if f changed meanwhile.
func (c *Call) attempt(f *os.File) (*kept, error) {
	before, err := c.settled(f)
	if err != nil {
		return nil, err
	}
	// The extra byte shows a file that grows, without reading on for ever.
	data := make([]byte, before.Size()+1)
	n, err := f.ReadAt(data, 0)
	if err != nil && err != io.EOF {
		clear(data)
		return nil, err
	}
	after, err := f.Stat()
	if err == nil && int64(n) == after.Size() && before.Size() == after.Size() && before.ModTime().Equal(after.ModTime()) {
		return &kept{info: after, data: data[:n], read: true}, nil
	}
	clear(data)
	return nil, err
}

// settled describes f, which must be regular and within the caps. It waits until
// the last change is old enough for the next one to show.
func (c *Call) settled(f *os.File) (fs.FileInfo, error) {
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		if age := c.set.opt.Now().Sub(info.ModTime()); age >= 0 && age < settleTime {
			c.wait(settleTime - age)
			info, err = f.Stat()
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errKind
	case info.Size() > c.set.fileCap():
		return nil, errSize
	}
	return info, nil
}

// stat describes a file or folder; what was read is described as it was then.
func (c *Call) stat(path string) (fs.FileInfo, abi.Status) {
	if k := c.disk.kept[path]; k != nil {
		return k.info, abi.OK
	}
	p, status := c.locate(path)
	if status != abi.OK {
		return nil, status
	}
	info, err := p.stat(p.name)
	switch {
	case err != nil:
		return nil, c.unseen(err, path)
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, c.refuse("the path is no regular file", path)
	}
	if c.charge(0) {
		c.disk.keep(path, &kept{info: info})
	}
	return info, abi.OK
}

// list returns the entries of a folder as records, sorted by name.
func (c *Call) list(path string) ([]byte, abi.Status) {
	if list, ok := c.disk.lists[path]; ok {
		return list, abi.OK
	}
	p, status := c.locate(path)
	if status != abi.OK {
		return nil, status
	}
	f, err := p.open(p.name)
	if err != nil {
		return nil, c.failed(err, path)
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return nil, c.failed(err, path)
	case info.Mode().IsRegular():
		return nil, abi.NotFound
	case !info.IsDir():
		return nil, c.refuse("the path is no folder", path)
	}
	names, status := c.names(f, path)
	if status != abi.OK {
		return nil, status
	}
	return c.describe(p, path, names)
}

// names returns the names in f that are not hidden, sorted.
func (c *Call) names(f *os.File, path string) ([]string, abi.Status) {
	var names []string
	for seen := 0; ; {
		c.live()
		part, err := f.Readdirnames(batch)
		if seen += len(part); seen > c.set.opt.MaxKeys {
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
			return nil, c.failed(err, path)
		}
	}
}

// describe returns the records of a folder's entries. Those that could not be
// read anyhow are left out: sockets, pipes, links that lead nowhere or outside.
func (c *Call) describe(p place, folder string, names []string) ([]byte, abi.Status) {
	list := &listing{keys: c.set.opt.MaxKeys, bytes: c.set.opt.MaxListing}
	for i, name := range names {
		if i%batch == 0 {
			c.live()
		}
		info, err := p.stat(path.Join(p.name, name))
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		if !list.room(len(name) + infoSize) {
			return nil, abi.TooLarge
		}
		list.buf = appendInfo(abi.Append(list.buf, abi.TagName, []byte(name)), info)
	}
	if !c.charge(int64(len(list.buf))) {
		return nil, abi.TooLarge
	}
	if c.disk.lists == nil {
		c.disk.lists = map[string][]byte{}
	}
	c.disk.lists[folder] = list.buf
	return list.buf, abi.OK
}
