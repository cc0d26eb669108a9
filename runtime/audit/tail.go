package audit

import (
	"bytes"
	"io"
	"os"
)

// tail looks at the end of a log file, where a process that was killed, or another
// one whose disk was full, may have left a part of a line. A nil tail sees none.
type tail struct {
	file *os.File // open for appending
	end  int64    // of the file, when its end was looked at
	r    *os.File // the same file, for reading; nil if it cannot be read
}

// newTail returns the tail of a file that is open for appending, nil for anything
// but a regular file.
func newTail(path string, f *os.File) *tail {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	t := &tail{file: f}
	if r, err := os.Open(path); err == nil {
		if same, err := r.Stat(); err == nil && os.SameFile(info, same) {
			t.r = r
		} else {
			_ = r.Close()
		}
	}
	return t
}

// torn reports whether the file ends within a line. One that cannot be read counts
// as such when it is opened.
func (t *tail) torn() bool {
	if t == nil {
		return false
	}
	info, err := t.file.Stat()
	if err != nil || info.Size() == 0 || info.Size() == t.end {
		return false
	}
	opened := t.end == 0
	t.end = info.Size()
	if t.r == nil {
		return opened
	}
	var last [1]byte
	_, err = t.r.ReadAt(last[:], t.end-1)
	return err == nil && last[0] != '\n'
}

// blank replaces the part of a line that the last Write has left at the end of its
// output by blanks and a line break, and reports whether it did: then each line of the
// file is a record or blank. It changes these bytes only, since other processes may
// have written after them. It does not if the part cannot be found, or the file can
// only be appended to.
func (t *tail) blank(part []byte) bool {
	if t == nil || t.r == nil {
		return false
	}
	end, err := t.file.Seek(0, io.SeekCurrent)
	at := end - int64(len(part))
	if err != nil || at < 0 {
		return false
	}
	f, err := os.OpenFile(t.r.Name(), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if here, statErr := t.file.Stat(); err != nil || statErr != nil || !os.SameFile(info, here) {
		return false
	}
	found := make([]byte, len(part))
	if _, err := f.ReadAt(found, at); err != nil || !bytes.Equal(found, part) {
		return false
	}
	blanks := append(bytes.Repeat([]byte{' '}, len(part)-1), '\n')
	_, err = f.WriteAt(blanks, at)
	return err == nil
}

func (t *tail) close() error {
	if t == nil || t.r == nil {
		return nil
	}
	return t.r.Close()
}
