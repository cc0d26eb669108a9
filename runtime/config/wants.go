package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/safefile"
)

// maxModule is the largest module that is read for its digest.
const maxModule = 64 << 20

// findWants lists what a found file asks for beyond built-in modules on its own
// folder, and takes the digest under which that can be accepted: of the place,
// the bytes of the file and the bytes of every module it brings. The lock is no
// part of it: it can only refuse, and the bytes that it lets pass are.
func (c *Config) findWants(env environment) error {
	if !c.Found {
		return nil
	}
	if !safefile.OwnersKnown {
		c.Warnings = append(c.Warnings, "this system does not tell who may write "+quoted(c.Path)+": its owner was not checked")
	}
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part([]byte("postern trust 1"))
	part([]byte(c.Path))
	part(c.text)
	for _, p := range c.Options.Providers {
		c.Wants = append(c.Wants, c.providerWants(p)...)
		if !foreignModule(p.Module) {
			continue
		}
		path := p.Module
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.Options.Dir, path)
		}
		b, err := readRegular(path, maxModule, false)
		if err != nil {
			return err
		}
		c.holdPin(p, b)
		part([]byte(p.Name))
		part(b)
	}
	c.Wants = append(c.Wants, c.policyWants()...)
	if len(c.Wants) == 0 {
		return nil
	}
	c.digest = hex.EncodeToString(h.Sum(nil))
	c.store = storePath(env)
	var err error
	c.Trusted, err = accepted(c.store, c.digest)
	return err
}

// foreignModule reports whether a module is a file and not built in.
func foreignModule(module string) bool {
	return strings.ContainsAny(module, `/\`) || strings.HasSuffix(module, ".wasm")
}

func (c *Config) providerWants(p runtime.ProviderOptions) []string {
	var wants []string
	if foreignModule(p.Module) {
		wants = append(wants, "provider "+p.Name+" runs the module "+quoted(p.Module))
	}
	for _, f := range p.Grant.Files {
		if c.outside(f.Path) {
			wants = append(wants, "provider "+p.Name+" reads files outside this folder: "+quoted(f.Path))
		}
	}
	prefix := p.Config["prefix"]
	for _, pattern := range p.Grant.Env {
		if prefix == "" || !strings.HasPrefix(pattern, prefix) {
			wants = append(wants, "provider "+p.Name+" reads variables beyond its prefix: "+quoted(pattern))
		}
	}
	return wants
}

// outside reports whether a granted path leads out of the configuration's
// folder by its name or through a link.
func (c *Config) outside(path string) bool {
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Options.Dir, path)
	}
	if beyond(c.Options.Dir, path) {
		return true
	}
	root, err := filepath.EvalSymlinks(c.Options.Dir)
	if err != nil {
		return true
	}
	for { // what is not there yet is judged by the folder that it would be in
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return beyond(root, real)
		}
		parent := filepath.Dir(path)
		if parent == path {
			return true
		}
		path = parent
	}
}

func beyond(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err != nil || !filepath.IsLocal(rel)
}
