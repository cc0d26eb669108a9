package codecache

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/runtime/safefile"
)

// checksumFile lists the checksums of an entry, one per line: the digest, two
// spaces and the path within the entry.
const checksumFile = "sums"

// WriteChecksums records the checksums of the files that the engine left in the
// entry; it is called when the module is compiled. It does nothing for a nil Entry. A
// failure is not an error: without checksums, the next process compiles again.
func (e *Entry) WriteChecksums() {
	if e == nil || e.filled {
		return
	}
	if e.dir == "" {
		e.filled = true
		return
	}
	var lines strings.Builder
	err := e.files(func(path, digest string) error {
		_, err := fmt.Fprintf(&lines, "%s  %s\n", digest, path)
		return err
	})
	if err != nil || lines.Len() == 0 {
		return
	}
	e.filled = safefile.ReplaceSoon(filepath.Join(e.dir, checksumFile), []byte(lines.String()), 0o600) == nil
}

// verify compares every file with its checksum. A file without one is an error
// too: a process may have ended before it could write the checksums.
func (e *Entry) verify() error {
	if err := checkPrivate(e.dir); err != nil {
		return err
	}
	checksums, err := e.readChecksums()
	if err != nil {
		return err
	}
	e.filled = len(checksums) > 0
	return e.files(func(path, digest string) error {
		if checksums[path] != digest {
			return fmt.Errorf("compile cache: %q does not match its checksum", path)
		}
		return nil
	})
}

// readChecksums returns the recorded checksums by path, none if there is no file.
func (e *Entry) readChecksums() (map[string]string, error) {
	checksums := map[string]string{}
	f, err := os.Open(filepath.Join(e.dir, checksumFile))
	if errors.Is(err, fs.ErrNotExist) {
		return checksums, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		digest, path, _ := strings.Cut(lines.Text(), "  ")
		checksums[path] = digest
	}
	return checksums, lines.Err()
}

// files calls f with the path and the digest of every file of machine code. It
// skips temporary files.
func (e *Entry) files(f func(path, digest string) error) error {
	return filepath.WalkDir(e.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir(), temporary(d.Name()):
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("compile cache: %q is not a regular file", path)
		}
		within, err := filepath.Rel(e.dir, path)
		if err != nil || within == checksumFile {
			return err
		}
		digest, err := digestOf(path)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(within), digest)
	})
}

// temporary reports whether a file is unfinished. The engine ends the names of
// its own with .tmp and does not open them.
func temporary(name string) bool { return filepath.Ext(name) == ".tmp" || safefile.IsTemporary(name) }

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
