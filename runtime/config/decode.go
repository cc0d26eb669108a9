package config

import (
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime"
)

// The longest times that may be set.
const (
	longestCommand = 24 * time.Hour
	longestCall    = 10 * time.Minute
)

// decode fills c from the merged tree.
func (c *Config) decode(l *layers, cacheDir string) error {
	root, err := node{c: c, l: l, value: l.tree}.object("providers", "chain", "limits", "log", "timeout",
		"caller", "roles", "labels", "compile_cache", "policy", "policy_libs", "decision_log")
	if err != nil {
		return err
	}
	c.Timeout, c.LogLevel = DefaultTimeout, slog.LevelWarn
	c.Options.CompileCache = cacheDir
	for _, name := range slices.Sorted(maps.Keys(root)) {
		if err := c.section(name, root[name]); err != nil {
			return err
		}
	}
	if err := c.chain(root); err != nil {
		return err
	}
	if err := c.policies(root); err != nil {
		return err
	}
	c.Settings = l.list()
	return nil
}

func (c *Config) section(name string, n node) (err error) {
	o := &c.Options
	switch name {
	case "providers":
		o.Providers, err = providers(n)
	case "limits":
		o.Limits, err = limits(n)
	case "log":
		err = c.log(n)
	case "timeout":
		c.Timeout, err = n.duration(longestCommand)
	case "caller":
		o.Caller.Name, err = n.filled()
	case "roles":
		o.Caller.Roles, err = n.texts()
	case "labels":
		o.Caller.Labels, err = textMap(n)
	case "compile_cache":
		err = c.compileCache(n)
	}
	return err
}

func providers(n node) ([]runtime.ProviderOptions, error) {
	entries, err := n.mapping()
	if err != nil {
		return nil, err
	}
	var out []runtime.ProviderOptions
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if !plainName(name) {
			return nil, n.fault("the name %s is not allowed; want 1 to 64 of A-Z a-z 0-9 _ -", quoted(name))
		}
		p, err := provider(name, entries[name])
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func provider(name string, n node) (runtime.ProviderOptions, error) {
	p := runtime.ProviderOptions{Name: name}
	parts, err := n.object("module", "grant", "config")
	if err != nil {
		return p, err
	}
	module, ok := parts["module"]
	if !ok {
		return p, n.fault("the key \"module\" is missing")
	}
	if p.Module, err = module.filled(); err != nil {
		return p, err
	}
	if g, ok := parts["grant"]; ok {
		if p.Grant, err = grant(g); err != nil {
			return p, err
		}
	}
	if settings, ok := parts["config"]; ok {
		p.Config, err = textMap(settings)
	}
	return p, err
}

func grant(n node) (runtime.Grant, error) {
	var g runtime.Grant
	parts, err := n.object("env", "files")
	if err != nil {
		return g, err
	}
	if env, ok := parts["env"]; ok {
		if g.Env, err = env.texts(); err != nil {
			return g, err
		}
	}
	files, ok := parts["files"]
	if !ok {
		return g, nil
	}
	entries, err := files.list()
	if err != nil {
		return g, err
	}
	for _, entry := range entries {
		f, err := fileGrant(entry)
		if err != nil {
			return g, err
		}
		g.Files = append(g.Files, f)
	}
	return g, nil
}

func fileGrant(n node) (runtime.FileGrant, error) {
	var f runtime.FileGrant
	parts, err := n.object("path", "write")
	if err != nil {
		return f, err
	}
	path, ok := parts["path"]
	if !ok {
		return f, n.fault("the key \"path\" is missing")
	}
	if f.Path, err = path.filled(); err != nil {
		return f, err
	}
	if write, ok := parts["write"]; ok {
		f.Write, err = write.boolean()
	}
	return f, err
}

func textMap(n node) (map[string]string, error) {
	entries, err := n.mapping()
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if out[name], err = entries[name].text(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func limits(n node) (runtime.Limits, error) {
	var l runtime.Limits
	parts, err := n.object("value", "call", "memory_pages", "instances", "kv", "keys", "listing")
	if err != nil {
		return l, err
	}
	number := func(name string, most int64) int64 {
		part, ok := parts[name]
		if !ok || err != nil {
			return 0
		}
		var v int64
		v, err = part.whole(most)
		return v
	}
	l.Value = number("value", 16<<20)
	l.MemoryPages = uint32(number("memory_pages", 1<<16))
	l.Instances = int(number("instances", 1024))
	l.KV = number("kv", 1<<30)
	l.Keys = int(number("keys", 10_000_000))
	l.Listing = number("listing", 1<<30)
	if call, ok := parts["call"]; ok && err == nil {
		l.Call, err = call.duration(longestCall)
	}
	return l, err
}

func (c *Config) log(n node) error {
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
			return level.fault("unknown level")
		}
	}
	if format, ok := parts["format"]; ok {
		c.LogFormat, err = format.oneOf("text", "json")
	}
	return err
}

// compileCache refuses a folder that comes with a found file: code in it would
// be run as it is, and whoever made the folder may have made the code.
func (c *Config) compileCache(n node) error {
	dir, err := n.filled()
	if err != nil {
		return err
	}
	fromFile := n.l.origin(n.path) == "file"
	switch {
	case dir == "off":
		c.Options.CompileCache = ""
		return nil
	case fromFile && c.Found:
		return n.fault("a configuration that was found may only say \"off\": compiled code is run as it is").
			Wrap(Hint("postern -c " + shellWord(c.Path) + " config show"))
	case fromFile && !filepath.IsAbs(dir):
		dir = filepath.Join(c.Options.Dir, dir)
	}
	c.Options.CompileCache = dir
	return nil
}

// chain reads the chain, which may be left out when there is one provider.
func (c *Config) chain(root map[string]node) error {
	n, ok := root["chain"]
	if !ok {
		if len(c.Options.Providers) > 1 {
			return fault("%s: there are %d providers and no chain: the key \"chain\" says in which order they are asked",
				c.name(), len(c.Options.Providers))
		}
		return nil
	}
	entries, err := n.list()
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return n.fault("the chain is empty")
	}
	var known []string
	for _, p := range c.Options.Providers {
		known = append(known, p.Name)
	}
	for _, entry := range entries {
		link, err := chainLink(entry)
		if err != nil {
			return err
		}
		if !slices.Contains(known, link.Name) {
			return entry.fault("there is no provider %s%s", quoted(link.Name), didYouMean(link.Name, known))
		}
		if slices.ContainsFunc(c.Options.Chain, func(l runtime.ChainLink) bool { return l.Name == link.Name }) {
			return entry.fault("the provider %s is there already", quoted(link.Name))
		}
		c.Options.Chain = append(c.Options.Chain, link)
	}
	return nil
}

func chainLink(n node) (runtime.ChainLink, error) {
	var link runtime.ChainLink
	if _, ok := n.value.(map[string]any); !ok {
		name, err := n.text()
		link.Name = name
		return link, err
	}
	parts, err := n.object("name", "on_unavailable")
	if err != nil {
		return link, err
	}
	name, ok := parts["name"]
	if !ok {
		return link, n.fault("the key \"name\" is missing")
	}
	if link.Name, err = name.filled(); err != nil {
		return link, err
	}
	if do, ok := parts["on_unavailable"]; ok {
		word, err := do.oneOf("stop", "continue")
		if err != nil {
			return link, err
		}
		link.ContinueWhenUnavailable = word == "continue"
	}
	return link, nil
}
