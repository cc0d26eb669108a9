package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// LockName is what the file of pins is called, which lies beside the
// configuration: see [module.Lock].
const LockName = "postern.lock"

// Modules returns the module files of the configuration as it spells them,
// sorted, each once. The names are those of their pins.
func (c *Config) Modules() []string {
	var all []string
	for _, p := range c.Options.Providers {
		if foreignModule(p.Module) {
			all = append(all, p.Module)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ReadModule returns the bytes of a module file of the configuration. The error
// is a [secret.Error] with [secret.ErrLoad].
func (c *Config) ReadModule(name string) ([]byte, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(c.Options.Dir, name)
	}
	return readRegular(name, maxModule, false)
}

// WriteLock replaces the lock beside the configuration, whole or not at all.
// The error is a [secret.Error] with [secret.ErrLoad].
func (c *Config) WriteLock(lock module.Lock) error {
	if c.LockPath == "" {
		return fault("there is no configuration that a lock could lie beside")
	}
	if err := safefile.Replace(c.LockPath, lock.Format(), 0o644); err != nil {
		return fault("%s: %s", quoted(c.LockPath), safefile.Reason(err))
	}
	return nil
}

// readLock reads the pins beside a configuration that brings modules. A lock is
// as good as those who can write it: it is held to the rule of the
// configuration's own file.
func (c *Config) readLock() error {
	if c.Path == "" {
		return nil
	}
	c.LockPath, c.Options.Lock = filepath.Join(c.Options.Dir, LockName), &module.Lock{}
	if len(c.Modules()) == 0 {
		return nil
	}
	if _, err := os.Lstat(c.LockPath); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	text, err := readRegular(c.LockPath, module.MaxLock, c.Found)
	if err != nil {
		return err
	}
	*c.Options.Lock, err = module.ParseLock(text)
	var refused *module.Error
	if errors.As(err, &refused) {
		path := shellWord(c.LockPath)
		return fault("%s: %s", quoted(c.LockPath), refused.Detail).Wrap(errors.Join(refused, Hint("mv "+path+" "+path+".bad")))
	}
	return err
}

// holdPin holds the bytes that trust was asked for against the pin of their
// module. The runtime reads the file again and holds it against the same pin, so
// what runs is what was trusted.
func (c *Config) holdPin(p runtime.ProviderOptions, wasm []byte) {
	err := c.Options.Lock.Verify(p.Module, wasm)
	var refused *module.Error
	if c.altered != nil || !errors.As(err, &refused) || refused.Reason == module.Unpinned {
		return // a module without a pin is for the runtime to refuse
	}
	c.altered = (&secret.Error{Code: secret.ErrIntegrity, Op: secret.OpOpen, Provider: p.Name, Detail: "module " + refused.Detail}).Wrap(refused)
}
