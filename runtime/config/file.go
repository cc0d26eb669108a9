package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/runtime/safefile"
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
		return nil, fault("the current folder has no name: %s", safefile.Reason(err))
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
			return "", fault("%s: %s", quoted(path), safefile.Reason(err))
		case found != "":
			return "", fault("there are two configurations, %s and %s", quoted(filepath.Base(found)), quoted(name)).
				Wrap(Hint("postern -c " + filepath.Base(found) + " config check"))
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
		return nil, fault("%s: %s", quoted(path), safefile.Reason(err))
	}
	defer func() { _ = f.Close() }()
	if owned {
		if err := checkOwner(path, f); err != nil {
			return nil, err
		}
	}
	text, err := safefile.ReadAll(f, limit)
	if err != nil {
		return nil, fault("%s: %s", quoted(path), safefile.Reason(err))
	}
	return text, nil
}

// checkOwner returns an error if anyone but the user could have written a file
// that was found, or could have put it into its folder. The folder may be root's:
// a file in it that belongs to the user was put there by the user.
func checkOwner(path string, f *os.File) error {
	dir := filepath.Dir(path)
	file, err := f.Stat()
	if err != nil {
		return fault("%s: %s", quoted(path), safefile.Reason(err))
	}
	folder, err := os.Stat(dir)
	if err != nil {
		return fault("%s: %s", quoted(dir), safefile.Reason(err))
	}
	if err := (safefile.Rule{}).Check(path, file); err != nil {
		return ownerFault(path, "here and", err)
	}
	if err := (safefile.Rule{Root: true}).Check(dir, folder); err != nil {
		return ownerFault(path, "in a folder that", err)
	}
	return nil
}

// ownerFault says why a file that was found is not used, and what helps.
func ownerFault(path, where string, err error) error {
	var owner *safefile.OwnerError
	if !errors.As(err, &owner) {
		return fault("%s: %s", quoted(path), safefile.Reason(err))
	}
	hint := owner.Fix()
	if owner.Problem == safefile.ForeignOwner {
		hint = "postern -c " + shellWord(path) + " config show"
	}
	return fault("%s was found %s %s (%s); it is used only when named", quoted(path), where, owner.Problem, owner.Details()).
		Wrap(Hint(hint))
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
