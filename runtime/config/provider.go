package config

import (
	"maps"
	"slices"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/glob"
)

// decodeProviders returns the providers sorted by name, and fills in c.Inject.
func (c *Config) decodeProviders(n node) ([]runtime.ProviderOptions, error) {
	entries, err := n.mapping()
	if err != nil {
		return nil, err
	}
	var out []runtime.ProviderOptions
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if !isPlainName(name) {
			return nil, n.errorf("invalid provider name %s; want 1 to 64 characters of A-Z a-z 0-9 _ -", quote(name))
		}
		p, err := c.decodeProvider(name, entries[name])
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (c *Config) decodeProvider(name string, n node) (runtime.ProviderOptions, error) {
	p := runtime.ProviderOptions{Name: name}
	parts, err := n.object("module", "grant", "config", "inject")
	if err != nil {
		return p, err
	}
	module, ok := parts["module"]
	if !ok {
		return p, n.errorf(`the key "module" is missing`)
	}
	if p.Module, err = module.nonEmpty(); err != nil {
		return p, err
	}
	if grant, ok := parts["grant"]; ok {
		if p.Grant, err = decodeGrant(grant); err != nil {
			return p, err
		}
	}
	if settings, ok := parts["config"]; ok {
		if p.Config, err = settings.textMap(); err != nil {
			return p, err
		}
	}
	if inject, ok := parts["inject"]; ok {
		if c.Inject == nil {
			c.Inject = map[string]glob.List{}
		}
		c.Inject[name], err = inject.keyGlobs()
	}
	return p, err
}

// keyGlobs is true for all keys, false for none, or a list of globs.
func (n node) keyGlobs() (glob.List, error) {
	list := []node{n.child("", "**")}
	switch v := n.value.(type) {
	case bool:
		if !v {
			list = nil
		}
	case []any:
		list, _ = n.list()
	default:
		return nil, n.mismatch("true, false or a list of keys such as [\"db/**\"]")
	}
	globs := glob.List{}
	for _, item := range list {
		text, err := item.nonEmpty()
		if err != nil {
			return nil, err
		}
		g, err := glob.ParseKey(text)
		if err != nil {
			return nil, item.errorf("%v", err)
		}
		globs = append(globs, g)
	}
	return globs, nil
}

func decodeGrant(n node) (runtime.Grant, error) {
	var g runtime.Grant
	parts, err := n.object("env", "files")
	if err != nil {
		return g, err
	}
	if env, ok := parts["env"]; ok {
		if g.Env, err = env.nonEmptyList(); err != nil {
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
		f, err := decodeFileGrant(entry)
		if err != nil {
			return g, err
		}
		g.Files = append(g.Files, f)
	}
	return g, nil
}

func decodeFileGrant(n node) (runtime.FileGrant, error) {
	var f runtime.FileGrant
	parts, err := n.object("path", "write", "links")
	if err != nil {
		return f, err
	}
	path, ok := parts["path"]
	if !ok {
		return f, n.errorf(`the key "path" is missing`)
	}
	if f.Path, err = path.nonEmpty(); err != nil {
		return f, err
	}
	if write, ok := parts["write"]; ok {
		if f.Write, err = write.boolean(); err != nil {
			return f, err
		}
	}
	if links, ok := parts["links"]; ok {
		var what string
		if what, err = links.nonEmpty(); err != nil {
			return f, err
		}
		if what != "follow" && what != "refuse" {
			return f, links.errorf("unknown links %q; want follow or refuse", what)
		}
		f.FollowLinks = what == "follow"
	}
	return f, err
}
