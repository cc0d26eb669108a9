package capability

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"

	"github.com/postern-project/postern/runtime/abi"
)

// disk is what one call knows of the files: open folders, and whatever was read,
// so that the same path gives the same bytes until the call ends.
type disk struct {
	folders map[string]*folder
	kept    map[string]*kept
	lists   map[string][]byte
	bytes   int64 // what kept and lists are charged
	absent  map[string]bool
}

// kept is a file as the call has seen it.
type kept struct {
	info fs.FileInfo
	data []byte
	read bool // data is the content
}

// wipe clears what was read and closes the folders.
func (d *disk) wipe() {
	d.forget()
	for _, f := range d.folders {
		_ = f.Close()
	}
	clear(d.folders)
}

// forget clears what was read: the call itself changed a file.
func (d *disk) forget() {
	for _, k := range d.kept {
		clear(k.data)
	}
	for _, f := range d.folders {
		f.unpin()
	}
	clear(d.kept)
	clear(d.lists)
	clear(d.absent)
	d.bytes = 0
}

// missing remembers that there was nothing at path.
func (d *disk) missing(path string) {
	if d.absent == nil {
		d.absent = map[string]bool{}
	}
	if len(d.absent) < maxAbsent {
		d.absent[path] = true
	}
}

// changed reports whether the file at path, nil if there is none, is another one
// than the call has seen. What the call has not seen has not changed.
func (d *disk) changed(path string, now fs.FileInfo) bool {
	if k := d.kept[path]; k != nil {
		return now == nil || version(k.info) != version(now)
	}
	return d.absent[path] && now != nil
}

// maxAbsent is how many paths without a file a call remembers.
const maxAbsent = 1024

// keep remembers k, which charge has made room for.
func (d *disk) keep(path string, k *kept) {
	if d.kept == nil {
		d.kept = map[string]*kept{}
	}
	d.kept[path] = k
}

// charge takes n bytes of what the call may hold of files, and reports whether
// they were left. Many small ones cost the host more than they hold.
func (c *Call) charge(n int64) bool {
	const each, files = 512, 4
	if c.disk.bytes+n+each > files*c.set.fileCap() {
		return false
	}
	c.disk.bytes += n + each
	return true
}

// folder returns the open folder at path. Folders are opened once per call and
// not for longer: the path may lead to another one later.
func (d *disk) folder(path string) (*folder, error) {
	if f, ok := d.folders[path]; ok {
		return f, nil
	}
	// The dot makes the system refuse what is no folder instead of opening it,
	// which would block on a pipe.
	r, err := os.OpenRoot(path + string(filepath.Separator) + ".")
	if err != nil {
		return nil, err
	}
	if d.folders == nil {
		d.folders = map[string]*folder{}
	}
	f := &folder{Root: r}
	d.folders[path] = f
	return f, nil
}

// place is a granted path: a name, with forward slashes, in an open folder.
type place struct {
	*folder
	name  string
	write bool
}

// locate finds the grant that covers path and opens its folder. A granted file
// is a name in its parent folder.
func (c *Call) locate(path string) (place, abi.Status) {
	r, ok := c.set.find(path)
	if !ok || goruntime.GOOS == "windows" && strings.Contains(path[len(filepath.VolumeName(path)):], ":") {
		return place{}, c.refuse("no files grant covers the path", path)
	}
	dir, name := r.path, "."
	if path != r.path {
		name = filepath.ToSlash(strings.TrimLeft(path[len(r.path):], string(filepath.Separator)))
	} else if info, err := os.Stat(r.path); err != nil || !info.IsDir() {
		dir, name = filepath.Dir(r.path), filepath.Base(r.path)
	}
	f, err := c.disk.folder(dir)
	if err != nil {
		return place{}, c.failed(err, path)
	}
	return place{f, name, r.write}, abi.OK
}

// failed returns the status for an error of the file system.
func (c *Call) failed(err error, path string) abi.Status {
	var number syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		return abi.NotFound
	case errors.Is(err, fs.ErrPermission):
		return abi.Forbidden
	case errors.Is(err, syscall.EROFS):
		return abi.ReadOnly
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.EOPNOTSUPP):
		return c.refuse("the path is no regular file", path)
	case errors.Is(err, errMoved), errors.As(err, &number) && number != syscall.ELOOP:
		return abi.Unavailable
	}
	// What is no error of the system is the refusal of os.Root.
	return c.refuse("the path leads out of its files grant", path)
}
