package config

import (
	"strings"

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
	if err := c.rewriteStore(func(lines []string) []string {
		return append(lines, c.digest+" "+quotePath(c.Path))
	}); err != nil {
		return nil, err
	}
	c.Trusted = true
	return c, nil
}

// Distrust revokes the trust in the configuration that is found in s.Dir, older
// versions of the file included. Trusted says whether any of them was trusted.
func Distrust(s Sources) (*Config, error) {
	c, err := inspectFound(s)
	if err != nil {
		return nil, err
	}
	if c.store == "" {
		c.store = storePath(environ(s.Environ))
	}
	suffix, was := " "+quotePath(c.Path), false
	err = c.rewriteStore(func(lines []string) []string {
		kept := lines[:0]
		for _, line := range lines {
			if strings.HasSuffix(line, suffix) {
				was = true
				continue
			}
			kept = append(kept, line)
		}
		return kept
	})
	c.Trusted = was
	return c, err
}

func inspectFound(s Sources) (*Config, error) {
	s.Path = ""
	s.Environ = withoutConfig(s.Environ)
	c, err := read(s)
	if err != nil {
		return nil, err
	}
	if c.Path == "" {
		return nil, errorf("there is no postern.yaml, postern.toml or postern.json in this folder or above it")
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
func (c *Config) checkTrust() error {
	if len(c.Wants) == 0 || c.Trusted {
		return nil
	}
	return errorf("%s was found and is not trusted: %s", quote(c.Path), strings.Join(c.Wants, "; ")).
		Wrap(suggest.Hint("postern trust"))
}
