package config

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/suggest"
)

// defaultDotenv is the file that is used without a configuration.
const defaultDotenv = ".env"

// checkDotenv refuses the default .env if others could have written it, or if it is a link
// out of its folder: nobody has named it. The runtime checks the owner again when it is
// read, since it may be created meanwhile.
func (c *Config) checkDotenv(env environment) error {
	if c.Path != "" || env[legacyPath] != "" {
		return nil
	}
	for i, p := range c.Options.Providers {
		for j := range p.Grant.Files {
			g := &c.Options.Providers[i].Grant.Files[j]
			g.Owned, g.Confined = true, true
		}
	}
	if !slices.ContainsFunc(c.Options.Chain, func(l runtime.ChainLink) bool { return l.Name == "file" }) {
		return nil
	}
	path := c.abs(defaultDotenv)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := checkOwner(path); err != nil {
		return err
	}
	if c.isOutside(defaultDotenv) {
		return errorf("%s is not used: it is a symbolic link out of its folder; want a configuration that names it", quote(path)).
			Wrap(suggest.Command("postern", "help", "config"))
	}
	return nil
}
