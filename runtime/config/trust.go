package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// Trust accepts the configuration that is found in s.Dir as it is now: its path,
// its bytes and those of its module files. After any change to them it must be
// accepted again. A configuration that needs no trust is returned unchanged.
// s.Path and POSTERN_CONFIG are ignored: a file that is named needs no trust.
func Trust(s Sources) (*Config, error) {
	c, err := inspectFound(s)
	if err != nil || len(c.Wants) == 0 || c.Trusted {
		return c, err
	}
	if c.moduleErr != nil {
		return nil, c.moduleErr
	}
	if err := c.rewriteStore(func(lines []string) []string {
		return append(lines, c.digest+" "+quotePath(c.Path))
	}); err != nil {
		return nil, err
	}
	c.Trusted = true
	return c, nil
}

// Distrust revokes the trust in the configuration of s.Dir, older versions of the file
// included: of the nearest folder, s.Dir or one above it, that has a configuration or
// had one that is trusted. It needs the path alone: the file may be gone, malformed or
// writable by others, and so may what it names. Of the result only Path and Found are
// set, and Trusted, which says whether any version was trusted.
func Distrust(s Sources) (*Config, error) {
	env := environ(s.Environ)
	c := &Config{Found: true, store: storePath(env)}
	folder, err := c.trustedFolder(s.Dir, env)
	if err != nil {
		return nil, err
	}
	err = c.rewriteStore(func(lines []string) []string {
		kept := lines[:0]
		for _, line := range lines {
			if path := storedPath(line); !isConfigurationIn(folder, path) {
				kept = append(kept, line)
			} else if !c.Trusted {
				c.Path, c.Trusted = path, true
			}
		}
		return kept
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// trustedFolder returns the folder whose configuration is revoked, and sets c.Path to
// the file in it.
func (c *Config) trustedFolder(dir string, env environment) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", errorf("cannot determine the current folder: %s", safefile.Reason(err))
	}
	if real, err := canonical(full); err == nil {
		full = real
	}
	var lines []string
	if c.store != "" {
		if lines, err = readStore(c.store); err != nil {
			return "", err
		}
	}
	for {
		for _, name := range fileNames() {
			path := filepath.Join(full, name)
			_, err := os.Lstat(path)
			if err == nil || slices.ContainsFunc(lines, func(line string) bool { return isConfigurationIn(full, storedPath(line)) }) {
				c.Path = path
				return full, nil
			}
		}
		if _, err := find(full); err != nil {
			return "", err
		}
		parent := filepath.Dir(full)
		if parent == full || isTop(full, env) || otherFileSystem(full, parent) {
			return "", errNoFile()
		}
		full = parent
	}
}

// isConfigurationIn reports whether path is a configuration in the folder, by whatever
// links the path leads there.
func isConfigurationIn(folder, path string) bool {
	dir, name := filepath.Split(path)
	if !slices.Contains(fileNames(), name) {
		return false
	}
	if filepath.Clean(dir) == folder {
		return true
	}
	there, err := os.Stat(dir)
	if err != nil {
		return false
	}
	here, err := os.Stat(folder)
	return err == nil && os.SameFile(here, there)
}

func errNoFile() error {
	return errorf("there is no postern.yaml, postern.toml or postern.json in this folder or above it")
}

func inspectFound(s Sources) (*Config, error) {
	s.Path = ""
	s.Environ = withoutConfig(s.Environ)
	c, err := read(s)
	if err != nil {
		return nil, err
	}
	if c.Path == "" {
		return nil, errNoFile()
	}
	return c, nil
}

func withoutConfig(environ []string) []string {
	var out []string
	for _, entry := range environ {
		if !strings.HasPrefix(entry, envConfig+"=") {
			out = append(out, entry)
		}
	}
	return out
}

// checkTrust refuses a file that was found and asks for more than was accepted.
func (c *Config) checkTrust() error { return c.refuse(c.Wants) }

// CheckPolicyTrust refuses a file that was found and is not trusted if its policy is outside
// of its folder: for a caller of [Inspect] that reads the policy and uses nothing else. The
// error is that of [Load].
func (c *Config) CheckPolicyTrust() error {
	if len(c.Wants) == 0 { // it was named, or asks for nothing
		return nil
	}
	return c.refuse(c.outsidePolicy())
}

func (c *Config) refuse(wants []string) error {
	if len(wants) == 0 || c.Trusted {
		return nil
	}
	return errorf("%s was found and is not trusted: %s", quote(c.Path), strings.Join(wants, "; ")).
		Wrap(suggest.Hint("postern trust"))
}
