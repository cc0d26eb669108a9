package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/runtime/safefile"
)

// maxStore is the largest file of accepted digests.
const maxStore = 4 << 20

// Trust accepts the configuration that is found in s.Dir, as it is now: its
// place, its bytes and those of the modules it brings. Any change asks again.
// A configuration that needs no trust is returned as it is. s.Path and
// POSTERN_CONFIG are not followed: naming a file is trust already.
func Trust(s Sources) (*Config, error) {
	c, err := inspectFound(s)
	if err != nil || len(c.Wants) == 0 || c.Trusted {
		return c, err
	}
	if err := c.rewriteStore(func(lines []string) []string {
		return append(lines, c.digest+" "+quotedPath(c.Path))
	}); err != nil {
		return nil, err
	}
	c.Trusted = true
	return c, nil
}

// Distrust takes back every acceptance of the configuration found in s.Dir,
// older versions of it too.
func Distrust(s Sources) (*Config, error) {
	c, err := inspectFound(s)
	if err != nil {
		return nil, err
	}
	if c.store == "" {
		c.store = storePath(environ(s.Environ))
	}
	suffix := " " + quotedPath(c.Path)
	err = c.rewriteStore(func(lines []string) []string {
		kept := lines[:0]
		for _, line := range lines {
			if !strings.HasSuffix(line, suffix) {
				kept = append(kept, line)
			}
		}
		return kept
	})
	c.Trusted = false
	return c, err
}

func inspectFound(s Sources) (*Config, error) {
	s.Path = ""
	s.Environ = withoutNamed(s.Environ)
	c, err := read(s)
	if err != nil {
		return nil, err
	}
	if c.Path == "" {
		return nil, fault("there is no %s in this folder", strings.Join(names(), ", "))
	}
	return c, nil
}

func withoutNamed(environ []string) []string {
	var out []string
	for _, entry := range environ {
		if !strings.HasPrefix(entry, envConfig+"=") {
			out = append(out, entry)
		}
	}
	return out
}

// checkTrust refuses a found file that wants more than was accepted.
func (c *Config) checkTrust() error {
	if len(c.Wants) == 0 || c.Trusted {
		return nil
	}
	return fault("%s was found here and is not trusted: %s", quoted(c.Path), strings.Join(c.Wants, "; ")).
		Wrap(Hint("postern trust"))
}

// storePath is the file of accepted digests, "" when the environment names no
// home.
func storePath(env environment) string {
	switch state, home := env["XDG_STATE_HOME"], env["HOME"]; {
	case filepath.IsAbs(state):
		return filepath.Join(state, "postern", "trusted")
	case filepath.IsAbs(home):
		return filepath.Join(home, ".local", "state", "postern", "trusted")
	case filepath.IsAbs(env["LOCALAPPDATA"]):
		return filepath.Join(env["LOCALAPPDATA"], "postern", "trusted")
	}
	return ""
}

// accepted reports whether the store has the digest. A store that others could
// have written is an error, not an answer.
func accepted(store, digest string) (bool, error) {
	if store == "" {
		return false, nil
	}
	lines, err := readStore(store)
	if err != nil {
		return false, err
	}
	for _, line := range lines {
		if have, _, _ := strings.Cut(line, " "); have == digest {
			return true, nil
		}
	}
	return false, nil
}

func readStore(store string) ([]string, error) {
	if _, err := os.Lstat(store); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	text, err := readRegular(store, maxStore, true)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' }), nil
}

// rewriteStore replaces the store, whole or not at all.
func (c *Config) rewriteStore(change func([]string) []string) error {
	if c.store == "" {
		return fault("there is no place to remember trust: HOME is not set")
	}
	dir := filepath.Dir(c.store)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault("%s: %s", quoted(dir), safefile.Reason(err))
	}
	lines, err := readStore(c.store)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, line := range change(lines) {
		text.WriteString(line + "\n")
	}
	if err := safefile.Replace(c.store, text.Bytes(), 0o600); err != nil {
		return fault("%s: %s", quoted(c.store), safefile.Reason(err))
	}
	return nil
}

// quotedPath is a path on one line.
func quotedPath(path string) string {
	return `"` + strings.NewReplacer("\\", `\\`, "\n", `\n`, `"`, `\"`).Replace(path) + `"`
}
