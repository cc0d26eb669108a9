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
	"github.com/postern-project/postern/runtime/suggest"
)

// LockName is the name of the file of pins beside the configuration: see
// [module.Lock].
const LockName = "postern.lock"

// Modules returns the module files of the configuration, sorted and without
// duplicates, as the configuration spells them. Pins have the same names.
func (c *Config) Modules() []string {
	var all []string
	for _, p := range c.Options.Providers {
		if isFile(p.Module) {
			all = append(all, p.Module)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ReadModule returns the bytes of a module file, which may be relative to the
// folder of the configuration. The error is a [secret.Error] with
// [secret.ErrLoad].
func (c *Config) ReadModule(name string) ([]byte, error) {
	return readRegular(c.abs(name), module.MaxSize)
}

// WriteLock replaces the lock beside the configuration, atomically. It replaces no symbolic link,
// and no lock that another program has changed since c was read, or wrote it. The error is a
// [secret.Error] with [secret.ErrLoad].
func (c *Config) WriteLock(lock module.Lock) error {
	if c.LockPath == "" {
		return errorf("cannot write %s: there is no configuration file", LockName)
	}
	if info, err := os.Lstat(c.LockPath); err == nil && info.Mode().Type() == fs.ModeSymlink {
		return errorf("cannot write %s: it is a symbolic link, which a write would replace", quote(c.LockPath))
	}
	if len(c.Modules()) == 0 { // the lock was not read
		c.lockText, _ = readIfThere(c.LockPath, module.MaxLock)
	}
	text := lock.Format()
	if err := replaceRead(c.LockPath, c.lockText, text, module.MaxLock, 0o644); err != nil {
		return errorf("cannot write %s: %s", quote(c.LockPath), safefile.Reason(err))
	}
	c.lockText = text
	return nil
}

// readLock reads the pins beside a configuration that has module files. The
// lock follows the rules of the configuration.
func (c *Config) readLock() error {
	if c.Path == "" {
		return nil
	}
	c.LockPath, c.Options.Lock = filepath.Join(c.Options.Dir, LockName), &module.Lock{}
	if len(c.Modules()) == 0 {
		return nil
	}
	safefile.RemoveAbandoned(c.LockPath) // of a killed "module lock"
	if _, err := os.Lstat(c.LockPath); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	text, err := readTrusted(c.LockPath, module.MaxLock, !c.Found)
	if err != nil {
		return err
	}
	c.lockText = text
	*c.Options.Lock, err = module.ParseLock(text)
	var refused *module.Error
	if errors.As(err, &refused) {
		return errorf("%s: %s", quote(c.LockPath), refused.Detail).
			Wrap(errors.Join(refused, suggest.Command("mv", c.LockPath, c.LockPath+".bad")))
	}
	return err
}

// verifyPin compares the bytes of a module that the user must trust with its pin.
// The runtime reads the file again and compares it with the same pin, so what runs
// is what was trusted. A module without a pin is refused by the runtime.
func (c *Config) verifyPin(p runtime.ProviderOptions, wasm []byte) {
	err := c.Options.Lock.Verify(p.Module, wasm)
	var refused *module.Error
	if c.pinErr != nil || !errors.As(err, &refused) || refused.Reason == module.Unpinned {
		return
	}
	c.pinErr = (&secret.Error{
		Code: secret.ErrIntegrity, Op: secret.OpOpen, Provider: p.Name, Detail: "module " + refused.Detail,
	}).Wrap(refused)
}
