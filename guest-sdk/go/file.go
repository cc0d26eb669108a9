package postern

import "github.com/postern-project/postern/runtime/abi"

// FileInfo is the metadata of a file or folder.
type FileInfo struct {
	Name    string // in its folder; "" from Stat
	Folder  bool
	Size    uint64 // in bytes
	Version string // changes whenever the file changes; "" from ReadDir

	// Settled says that any later content has another Version: what was found in this one
	// may be kept under Version and Size. It is false from ReadDir.
	Settled bool
}

// ReadFile returns the content of a regular file. The error is Capability if the
// path leads out of the granted paths or the file is not regular. It needs
// grant: { files: [{ path: PATH }...] }.
func ReadFile(path string) ([]byte, error) { return ask(rawFileRead, path) }

// ReadFileAt fills b with the content of a regular file, from offset, and returns how much
// it read: less than b only at the end of the file. The error is Conflict if the file
// changed since this request first looked at it, and TooLarge if all of the file is more than
// 16 MiB. It needs the same grant as [ReadFile].
func ReadFileAt(path string, offset uint32, b []byte) (n int, err error) {
	got := rawFileReadAt(pointer(path), uint32(len(path)), offset, pointer(b), uint32(len(b)))
	return max(0, int(got)), done(got)
}

// Stat returns the metadata of a file or folder. It needs the same grant as
// [ReadFile].
func Stat(path string) (FileInfo, error) {
	b, err := ask(rawFileStat, path)
	if err != nil {
		return FileInfo{}, err
	}
	all, err := parseFiles(b, true)
	if err != nil {
		return FileInfo{}, err
	}
	return all[0], nil
}

// ReadDir returns the entries of a folder, sorted by name, without names that begin
// with "..". It needs the same grant as [ReadFile].
func ReadDir(path string) ([]FileInfo, error) {
	b, err := ask(rawFileList, path)
	if err != nil {
		return nil, err
	}
	return parseFiles(b, false)
}

// WriteFile replaces or creates a file atomically. The error is ReadOnlyStore
// without write: true in the grant, Conflict if the file changed since this call
// read it.
func WriteFile(path string, content []byte) error {
	return done(rawFileWrite(pointer(path), uint32(len(path)), pointer(content), uint32(len(content))))
}

// RemoveFile removes a regular file. The error is ReadOnlyStore without write: true
// in the grant.
func RemoveFile(path string) error { return done(rawFileRemove(pointer(path), uint32(len(path)))) }

// parseFiles returns the entries of a listing, each of which begins with its name,
// or the one entry of a stat, which has no name.
func parseFiles(b []byte, one bool) ([]FileInfo, error) {
	var all []FileInfo
	if one {
		all = append(all, FileInfo{})
	}
	for f, err := range abi.Fields(b) {
		if err != nil {
			return nil, Internal
		}
		if f.Tag == abi.TagName && !one {
			all = append(all, FileInfo{Name: string(f.Value)})
			continue
		}
		if len(all) == 0 {
			return nil, Internal
		}
		last := &all[len(all)-1]
		switch f.Tag {
		case abi.TagKind:
			kind, _ := f.Uint32()
			last.Folder = kind == abi.KindFolder
		case abi.TagSize:
			last.Size, _ = f.Uint64()
		case abi.TagVersion:
			last.Version = string(f.Value)
		case abi.TagSettled:
			settled, _ := f.Uint32()
			last.Settled = settled == 1
		}
	}
	return all, nil
}
