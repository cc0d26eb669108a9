package config

import (
	"github.com/postern-project/postern/runtime"
)

// Disclose returns the settings with the values of those that the modules declare
// public. It reads the modules. A module that cannot be read, is not what its pin says
// or has no pin discloses nothing: its file may have been put there by anyone.
func (c *Config) Disclose() []Setting {
	public := map[string]bool{}
	for _, p := range c.Options.Providers {
		if len(p.Config) == 0 {
			continue
		}
		declared, err := p.Settings(c.pinnedModule(p))
		if err != nil {
			continue
		}
		for name, s := range declared {
			if s.Public {
				public["providers."+p.Name+".config."+name] = true
			}
		}
	}
	return c.layers.list(public)
}

// pinnedModule returns the content of the module file of p, nil if it cannot be read
// or does not match its pin.
func (c *Config) pinnedModule(p runtime.ProviderOptions) []byte {
	if !isFile(p.Module) {
		return nil
	}
	wasm, err := c.ReadModule(p.Module)
	if err != nil || c.Options.Lock == nil || c.Options.Lock.Verify(p.Module, wasm) != nil {
		return nil
	}
	return wasm
}
