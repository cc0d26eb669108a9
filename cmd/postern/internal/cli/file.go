package cli

import (
	"fmt"
	"io"
	"os"
)

// openRegular opens a regular file and does not wait for the other end of a
// pipe.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, &failure{exit: exitNoInput, text: fmt.Sprintf("%q is not a regular file", path), hint: "ls -l " + clean(path)}
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, &failure{exit: exitNoInput, text: fmt.Sprintf("%q: %s", path, reason(err)), hint: "ls -l " + clean(path)}
	}
	return f, nil
}

// readFile reads a regular file of at most limit bytes.
func readFile(name string, limit int) ([]byte, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, &failure{exit: exitIO, text: fmt.Sprintf("%q: %s", name, reason(err))}
	case len(b) > limit:
		return nil, &failure{exit: exitConfig, text: fmt.Sprintf("%q is larger than %d bytes", name, limit), hint: "ls -l " + clean(name)}
	}
	return b, nil
}

// readLimited reads a regular file of at most limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, &failure{exit: exitIO, text: fmt.Sprintf("%q: %s", path, reason(err))}
	case int64(len(b)) > limit:
		return nil, &failure{exit: exitData, text: fmt.Sprintf("%q is larger than %d bytes", path, limit), hint: "ls -l " + clean(path)}
	}
	return b, nil
}
