package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/safefile"
)

// findWants fills in what a file that was found asks for beyond built-in modules
// on files of its folder, and whether the user accepted it. If a module cannot be read,
// nothing counts as accepted: see moduleErr.
func (c *Config) findWants(env environment) error {
	if !c.Found {
		return nil
	}
	if !safefile.OwnersKnown {
		c.Warnings = append(c.Warnings, "cannot check who else may write "+quote(c.Path)+" on this system")
	}
	for _, p := range c.Options.Providers {
		c.Wants = append(c.Wants, c.providerWants(p)...)
	}
	c.Wants = append(c.Wants, c.policyWants()...)
	c.digest, c.moduleErr = c.trustDigest()
	if c.moduleErr != nil || len(c.Wants) == 0 {
		return nil
	}
	c.store = storePath(env)
	var err error
	c.Trusted, err = isTrusted(c.store, c.digest)
	return err
}

// trustDigest returns the digest under which the configuration is trusted: of its
// path, its bytes, what it asks for and the bytes of each module file. The lock is not part of it:
// it can only refuse, and the modules that it accepts are part of it.
func (c *Config) trustDigest() (string, error) {
	h := sha256.New()
	add := func(b []byte) {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	add([]byte("postern trust 1"))
	add([]byte(c.Path))
	add(c.text)
	for _, want := range c.Wants { // what was accepted, and where links led
		add([]byte(want))
	}
	for _, p := range c.Options.Providers {
		if !isFile(p.Module) {
			continue
		}
		b, err := c.ReadModule(p.Module)
		if err != nil {
			return "", err
		}
		c.verifyPin(p, b)
		add([]byte(p.Name))
		add(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// isFile reports whether a module is a file, not a built-in module.
func isFile(module string) bool {
	return strings.ContainsAny(module, `/\`) || strings.HasSuffix(module, ".wasm")
}

func (c *Config) providerWants(p runtime.ProviderOptions) []string {
	var wants []string
	if isFile(p.Module) {
		wants = append(wants, "provider "+p.Name+" runs the module "+quote(p.Module))
	}
	for i := range p.Grant.Files {
		f := &p.Grant.Files[i]
		if f.Confined = !c.isOutside(f.Path); !f.Confined {
			wants = append(wants, "provider "+p.Name+" reads files outside this folder: "+c.named(f.Path))
		}
	}
	prefix := p.Config["prefix"]
	for _, pattern := range p.Grant.Env {
		if prefix == "" || !strings.HasPrefix(pattern, prefix) {
			wants = append(wants, "provider "+p.Name+" reads variables beyond its prefix: "+quote(pattern))
		}
	}
	return wants
}

// policyWants returns what the file asks for besides providers: rules from outside its
// folder, and a decision log. A policy in the folder needs no trust, since a policy
// grants nothing: it can only take away. What it takes away from masking, run and redact
// name in a warning.
func (c *Config) policyWants() (wants []string) {
	wants = c.outsidePolicy()
	if log := c.Options.DecisionLog.Path; log != "" {
		wants = append(wants, "decisions are appended to "+quote(log))
	}
	return wants
}

// outsidePolicy returns which rules come from outside the folder of the file.
func (c *Config) outsidePolicy() (wants []string) {
	f := c.Options.PolicyFile
	if f.Path != "" && c.isOutside(f.Path) {
		wants = append(wants, "the policy is outside this folder: "+c.named(f.Path))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Libs)) {
		if c.isOutside(f.Libs[name]) {
			wants = append(wants, "a library of the policy is outside this folder: "+c.named(f.Libs[name]))
		}
	}
	return wants
}

// abs returns a path that the configuration names, taken from its folder. It leads
// where the path does for the system, also with ".." after a symbolic link.
func (c *Config) abs(path string) string {
	full, err := safefile.Abs(c.Options.Dir, path)
	if err != nil { // the folder is relative, and the current one is gone
		return filepath.Join(c.Options.Dir, path)
	}
	return full
}

// resolved is abs for a path that is compared by its name. It has no ".." unless
// what is before it is not a folder; then the path leads nowhere.
func (c *Config) resolved(path string) string {
	full, err := safefile.Resolve(c.Options.Dir, path)
	if err != nil {
		return c.abs(path)
	}
	return full
}

// isOutside reports whether a path leads out of the folder of the configuration.
func (c *Config) isOutside(path string) bool {
	return safefile.LeadsOut(c.Options.Dir, c.resolved(path))
}

// named returns a path outside of the folder of the configuration for a message: with where
// it leads if that is by a link in the folder. Who may change the folder may change the link,
// and where it leads is then accepted again.
func (c *Config) named(path string) string {
	if to := safefile.LinkedOut(c.Options.Dir, c.resolved(path)); to != "" {
		return quote(path) + ", a link to " + quote(to)
	}
	return quote(path)
}
