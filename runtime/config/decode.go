package config

import (
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/suggest"
)

// The longest durations that may be set.
const (
	maxTimeout = 24 * time.Hour
	maxCall    = 10 * time.Minute
)

// topLevel are the keys of the whole file.
var topLevel = []string{
	"providers", "chain", "limits", "log", "timeout", "caller", "roles", "labels", "compile_cache", "policy", "policy_libs", "decision_log",
}

// decode fills c from the merged tree.
func (c *Config) decode(l *layers, cacheDir string) error {
	root, err := node{c: c, l: l, value: l.tree}.object(topLevel...)
	if err != nil {
		return err
	}
	c.Timeout, c.LogLevel = DefaultTimeout, slog.LevelWarn
	c.Options.CompileCache = cacheDir
	for _, name := range slices.Sorted(maps.Keys(root)) {
		if err := c.decodeKey(name, root[name]); err != nil {
			return err
		}
	}
	if err := c.decodeChain(root); err != nil {
		return err
	}
	if err := c.decodePolicy(root); err != nil {
		return err
	}
	c.layers, c.Settings = l, l.list(nil)
	return nil
}

// decodeKey reads a key at the top that does not depend on other keys.
func (c *Config) decodeKey(name string, n node) (err error) {
	o := &c.Options
	switch name {
	case "providers":
		o.Providers, err = c.decodeProviders(n)
	case "limits":
		o.Limits, err = decodeLimits(n)
	case "log":
		err = c.decodeLog(n)
	case "timeout":
		c.Timeout, err = n.duration(maxTimeout)
	case "caller":
		o.Caller.Name, err = n.nonEmpty()
	case "roles":
		o.Caller.Roles, err = n.nonEmptyList()
	case "labels":
		o.Caller.Labels, err = n.textMap()
	case "compile_cache":
		err = c.decodeCompileCache(n)
	}
	return err
}

func decodeLimits(n node) (runtime.Limits, error) {
	var l runtime.Limits
	parts, err := n.object("value", "call", "memory_pages", "module", "instances", "kv", "keys", "listing", "call_memory", "mask_memory")
	if err != nil {
		return l, err
	}
	number := func(name string, most int64) int64 {
		part, ok := parts[name]
		if !ok || err != nil {
			return 0
		}
		var v int64
		v, err = part.integer(1, most)
		return v
	}
	l.Value = number("value", 16<<20)
	l.MemoryPages = uint32(number("memory_pages", 1<<16))
	l.Instances = int(number("instances", 1024))
	if kv, ok := parts["kv"]; ok && err == nil {
		if l.KV, err = kv.integer(0, 1<<30); l.KV == 0 {
			l.KV = -1 // off
		}
	}
	l.Keys = int(number("keys", 10_000_000))
	l.Listing = number("listing", 1<<30)
	if size, ok := parts["module"]; ok && err == nil {
		l.Module, err = size.oneOf("large")
	}
	l.CallMemory = number("call_memory", 1<<36)
	l.MaskMemory = number("mask_memory", 1<<36)
	if call, ok := parts["call"]; ok && err == nil {
		l.Call, err = call.duration(maxCall)
	}
	return l, err
}

func (c *Config) decodeLog(n node) error {
	parts, err := n.object("level", "format")
	if err != nil {
		return err
	}
	if level, ok := parts["level"]; ok {
		word, err := level.oneOf("debug", "info", "warn", "error")
		if err != nil {
			return err
		}
		if err := c.LogLevel.UnmarshalText([]byte(word)); err != nil {
			return level.errorf("unknown level")
		}
	}
	if format, ok := parts["format"]; ok {
		c.LogFormat, err = format.oneOf("text", "json")
	}
	return err
}

// decodeCompileCache refuses a folder that a found file names: code in it runs
// unchecked, and the author of the file may have put the code there.
func (c *Config) decodeCompileCache(n node) error {
	dir, err := n.nonEmpty()
	if err != nil {
		return err
	}
	origin, _ := n.l.origin(n.path)
	fromFile := origin == "file"
	switch {
	case dir == "off":
		c.Options.CompileCache = ""
		return nil
	case fromFile && c.Found:
		return n.errorf(`a configuration that was found, not named, may only say "off": code in the cache runs unchecked`).
			Wrap(suggest.Command("postern", "-c", c.Path, "config", "show"))
	case fromFile && !filepath.IsAbs(dir):
		dir = c.abs(dir)
	}
	c.Options.CompileCache = dir
	return nil
}
