package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// fileNames are the names under which a configuration is found.
func fileNames() []string { return []string{"postern.yaml", "postern.toml", "postern.json"} }

// wrongNames are names that people give a configuration and under which it is not
// found.
func wrongNames() []string {
	names := []string{"postern.yml", "postern.jsonc", "postern.json5", "postern.tml", "postern.conf", "postern.config"}
	for _, right := range fileNames() {
		names = append(names, "P"+right[1:], strings.ToUpper(right), "postern"+strings.ToUpper(filepath.Ext(right)))
	}
	for _, name := range append([]string{"postern.yml"}, fileNames()...) {
		names = append(names, "."+name)
	}
	return names
}

// rightName returns the name that was meant by one of [wrongNames].
func rightName(wrong string) string {
	switch ext := strings.ToLower(filepath.Ext(wrong)); ext {
	case ".json", ".jsonc", ".json5":
		return "postern.json"
	case ".toml", ".tml":
		return "postern.toml"
	}
	return "postern.yaml"
}

// readFile finds and parses the file. The tree is nil if there is none.
func (c *Config) readFile(s Sources, env environment) (tree map[string]any, err error) {
	path := s.Path
	if path == "" {
		if err := env.notEmpty(envConfig); err != nil {
			return nil, err
		}
		path = env[envConfig]
	}
	if path == "" {
		found, err := findUpwards(s.Dir, env)
		if err != nil || found == "" {
			return nil, err
		}
		path, c.Found = found, true
	}
	if part := safefile.Unexpanded(path); part != "" && !c.Found {
		return nil, errorf("%s: %s is not expanded here; want the whole path, or ./%[2]s for a file of that name", quote(path), part)
	}
	if path, err = safefile.Abs(s.Dir, path); err != nil {
		return nil, errorf("cannot determine the current folder: %s", safefile.Reason(err))
	}
	c.Path = path
	if c.Options.Dir, err = safefile.FolderOf(path); err != nil {
		return nil, errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	if c.text, err = readTrusted(path, MaxSize, !c.Found); err != nil {
		if info, lookErr := os.Lstat(path); c.Found && lookErr == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, errorf("%s is not used: a configuration that is found must not be a symbolic link; name it with -c", quote(path)).
				Wrap(suggest.Hint("postern -c " + suggest.Quote(path) + " config check"))
		}
		return nil, err
	}
	if tree, err = parse(path, c.text); tree == nil && err == nil {
		tree = map[string]any{} // the file is empty
	}
	return tree, err
}

// readTrusted reads a regular file of at most limit bytes that nobody but root and
// the user can have written. Unless links are allowed, it must not be a symbolic
// link.
func readTrusted(path string, limit int64, links bool) ([]byte, error) {
	follow := safefile.Open
	if !links {
		follow = safefile.OpenNoFollow
	}
	open := func() (f *os.File, err error) {
		for range 100 { // another process of the user may replace it all the time
			if f, err = follow(path); !errors.Is(err, safefile.ErrChanged) {
				break
			}
		}
		if err != nil {
			return nil, errorf("%s: %s", quote(path), safefile.Reason(err))
		}
		return f, nil
	}
	// Open before the check, so that the error for a pipe says that it is one, and again
	// after it: from then on nobody else can replace the file.
	f, err := open()
	if err != nil {
		return nil, err
	}
	_ = f.Close()
	if err := checkOwner(path); err != nil {
		return nil, err
	}
	if f, err = open(); err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readAll(path, f, limit)
}

// readRegular reads a regular file of at most limit bytes. It does not wait for
// the other end of a pipe.
func readRegular(path string, limit int64) ([]byte, error) {
	f, err := safefile.Open(path)
	if err != nil {
		return nil, errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	defer func() { _ = f.Close() }()
	return readAll(path, f, limit)
}

func readAll(path string, f *os.File, limit int64) ([]byte, error) {
	text, err := safefile.ReadAll(f, limit)
	if err != nil {
		return nil, errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	return text, nil
}

// checkOwner returns an error if anyone but root and the user could have written a
// file, or could have put it into its place.
func checkOwner(path string) error {
	err := safefile.CheckOwner(path)
	if err == nil {
		return nil
	}
	var owner *safefile.OwnerError
	if !errors.As(err, &owner) {
		return errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	hint := suggest.Hint(owner.Fix())
	if owner.Folder {
		advice := ""
		if owner.Problem == safefile.HiddenOwner {
			advice = "; use a folder of your home, or run postern outside of the namespace"
		}
		return errorf("%s is not used: it is in a folder that %s: %s (%s)%s", quote(path), owner.Problem, quote(owner.Path), owner.Details(), advice).Wrap(hint)
	}
	return errorf("%s is not used: %s %s (%s)", quote(path), quote(owner.Path), owner.Problem, owner.Details()).Wrap(hint)
}

// errEdited is the error of replaceRead.
var errEdited = errors.New("another program has changed it meanwhile; try again")

// replaceRead is [safefile.Replace] for a file of at most limit bytes that held was when it
// was read, nothing if there was none; it keeps what [safefile.Replacement.CommitLike] keeps. If
// another program has changed the file since, that stays: the error is errEdited.
func replaceRead(path string, was, text []byte, limit int64, perm fs.FileMode) error {
	r, err := safefile.Create(path)
	if err != nil {
		return err
	}
	defer r.Abandon()
	if _, err := r.Write(text); err != nil {
		return err
	}
	r.Before(func() error {
		now, err := readIfThere(path, limit)
		if err == nil && !bytes.Equal(now, was) {
			return errEdited
		}
		return err
	})
	if old, err := os.Lstat(path); err == nil && old.Mode().IsRegular() {
		return r.CommitLike(old)
	}
	return r.Commit(perm)
}

// readIfThere returns the content of a file, nil if there is none. A symbolic link is an error.
func readIfThere(path string, limit int64) ([]byte, error) {
	f, err := safefile.OpenNoFollow(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return safefile.ReadAll(f, limit)
}
