package audit

import (
	"errors"
	"io/fs"

	"github.com/postern-project/postern/runtime/safefile"
)

// Open returns a log that appends to the file at path, which is created with
// mode 0600 if it does not exist. The rules of [safefile.OpenAppend] apply. If
// the file ends within a line, because a process was killed or the disk was full, the
// next line begins after a line break.
// Errors do not repeat the path.
func Open(path string, o Options) (*Log, error) {
	f, err := safefile.OpenAppend(path)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, err
	}
	l := New(f, o)
	l.file, l.tail = f, newTail(path, f)
	return l, nil
}
