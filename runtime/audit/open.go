package audit

import (
	"errors"
	"io/fs"
)

// Open returns a log that appends to the file at path, which is created with
// mode 0600 if it does not exist. The rules of safefile.OpenAppend apply. If
// the file ends within a line, because a process was killed or the disk was full, the
// next line begins after a line break. If the file is renamed or removed, the next
// record goes to a new one at path; until that can be opened, records fail. Errors
// do not repeat the path.
func Open(path string, o Options) (*Log, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	l := New(f.f, o)
	l.file = f
	return l, nil
}

// withoutPath returns an error of the system without the path that it names.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
