package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// fileNames are the names under which a configuration is found.
func fileNames() []string { return []string{"postern.yaml", "postern.toml", "postern.json"} }

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
		found, err := find(s.Dir)
		if err != nil || found == "" {
			return nil, err
		}
		path, c.Found = found, true
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, errorf("cannot determine the current folder: %s", safefile.Reason(err))
	}
	c.Path = path
	c.Options.Dir = filepath.Dir(path)
	if c.text, err = readRegular(path, MaxSize, c.Found); err != nil {
		return nil, err
	}
	if tree, err = parse(path, c.text); tree == nil && err == nil {
		tree = map[string]any{} // the file is empty
	}
	return tree, err
}

// find returns the path of the configuration in dir, "" if there is none. Two are
// an error.
func find(dir string) (string, error) {
	found := ""
	for _, name := range fileNames() {
		path := filepath.Join(dir, name)
		switch _, err := os.Lstat(path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", errorf("%s: %s", quote(path), safefile.Reason(err))
		case found != "":
			return "", errorf("there are two configurations, %s and %s; remove one, or name one with -c",
				quote(filepath.Base(found)), quote(name)).
				Wrap(suggest.Hint("postern -c " + filepath.Base(found) + " config check"))
		}
		found = path
	}
	return found, nil
}

// readRegular reads a regular file of at most limit bytes. It does not wait for
// the other end of a pipe. With owned, the file must not be a symbolic link, and
// only the user may write it and its folder.
func readRegular(path string, limit int64, owned bool) ([]byte, error) {
	open := safefile.Open
	if owned {
		open = safefile.OpenNoFollow
	}
	f, err := open(path)
	if err != nil {
		return nil, errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	defer func() { _ = f.Close() }()
	if owned {
		if err := checkOwner(path, f); err != nil {
			return nil, err
		}
	}
	text, err := safefile.ReadAll(f, limit)
	if err != nil {
		return nil, errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	return text, nil
}
