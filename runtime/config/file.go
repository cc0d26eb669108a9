package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// names are what a configuration is called that is found, not named.
func names() []string { return []string{"postern.yaml", "postern.toml", "postern.json"} }

// readFile finds and parses the file, or returns nil when there is none.
func (c *Config) readFile(s Sources, env environment) (map[string]any, error) {
	path := s.Path
	if path == "" {
		path = env[envConfig]
	}
	if path == "" {
		found, err := find(s.Dir)
		if err != nil || found == "" {
			return nil, err
		}
		path, c.Found = found, true
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fault("the current folder has no name: %s", reason(err))
	}
	c.Path = path
	c.Options.Dir = filepath.Dir(path)
	text, err := readRegular(path, MaxSize, c.Found)
	if err != nil {
		return nil, err
	}
	tree, err := parse(path, text)
	if err != nil {
		return nil, err
	}
	c.text = text
	if tree == nil {
		tree = map[string]any{}
	}
	return tree, nil
}

// find returns the one configuration in dir, or "".
func find(dir string) (string, error) {
	found := ""
	for _, name := range names() {
		path := filepath.Join(dir, name)
		switch _, err := os.Lstat(path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", fault("%s: %s", quoted(path), reason(err))
		case found != "":
			return "", fault("there are two configurations, %s and %s", quoted(filepath.Base(found)), quoted(name)).
				Wrap(Hint("postern -c " + filepath.Base(found) + " config check"))
		}
		found = path
	}
	return found, nil
}

// readRegular reads a regular file of at most limit bytes. It does not wait for
// the other end of a pipe. With owned, the file must not be a link, and it and
// its folder must be the user's and writable by nobody else.
func readRegular(path string, limit int64, owned bool) ([]byte, error) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 && !owned {
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fault("%s: %s", quoted(path), reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fault("%s: this is %s, want a regular file", quoted(path), kind(info.Mode()))
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, fault("%s: %s", quoted(path), reason(err))
	}
	defer func() { _ = f.Close() }()
	opened, err := f.Stat()
	if err != nil || !os.SameFile(info, opened) {
		return nil, fault("%s: the file changes while it is read", quoted(path))
	}
	if owned {
		if err := checkOwner(path, opened); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault("%s: %s", quoted(path), reason(err))
	}
	if int64(len(text)) > limit {
		return nil, fault("%s: the file is larger than %d bytes", quoted(path), limit)
	}
	return text, nil
}

// checkOwner holds a found file and its folder to the rule that nobody but the
// user can have written them.
func checkOwner(path string, file fs.FileInfo) error {
	dir := filepath.Dir(path)
	folder, err := os.Stat(dir)
	if err != nil {
		return fault("%s: %s", quoted(dir), reason(err))
	}
	if what := foreign(file, false); what != "" {
		return fault("%s was found here and %s; it is used only when named", quoted(path), what).Wrap(ownerHint(path, what))
	}
	if what := foreign(folder, true); what != "" {
		return fault("%s was found in a folder that %s; it is used only when named", quoted(path), what).Wrap(ownerHint(path, what))
	}
	return nil
}

func ownerHint(path, what string) Hint {
	if strings.Contains(what, "write") {
		return Hint("chmod go-w " + shellWord(path) + " " + shellWord(filepath.Dir(path)))
	}
	return Hint("postern -c " + shellWord(path) + " config show")
}

// shellWord quotes a path for a command that people copy.
func shellWord(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("/._-+:@%", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
	if plain && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// reason puts a system's error in words without the path, which the caller
// names.
func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return err.Error()
}
