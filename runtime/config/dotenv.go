package config

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/postern-project/postern/runtime"
)

// defaultDotenv is the file that is used without a configuration.
const defaultDotenv = ".env"

// checkDotenv refuses the default .env if others could have written it: nobody has
// named it. The runtime checks it again when it is read, since it may be created
// meanwhile.
func (c *Config) checkDotenv(env environment) error {
	if c.Path != "" || env[legacyPath] != "" {
		return nil
	}
	for i, p := range c.Options.Providers {
		for j := range p.Grant.Files {
			c.Options.Providers[i].Grant.Files[j].Owned = true
		}
	}
	if !slices.ContainsFunc(c.Options.Chain, func(l runtime.ChainLink) bool { return l.Name == "file" }) {
		return nil
	}
	path := c.abs(defaultDotenv)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return checkOwner(path)
}
