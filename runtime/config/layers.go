package config

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// layers is the merged tree and the origins of its leaves.
type layers struct {
	tree    map[string]any
	origins []origin // later ones win
}

// origin names what set a leaf, or everything beneath a path.
type origin struct {
	path []string
	name string
}

// setting is one override and the names by which users know it.
type setting struct {
	path     []string
	value    any
	variable string
	flag     string
}

func (o Overrides) settings() []setting {
	all := []setting{
		{[]string{"chain"}, anys(o.Chain), envChain, "--chain"},
		{[]string{"timeout"}, o.Timeout, envTimeout, "--timeout"},
		{[]string{"log", "level"}, o.LogLevel, envLogLevel, "--log-level"},
		{[]string{"log", "format"}, o.LogFormat, envLogFormat, "--log-format"},
		{[]string{"caller"}, o.Caller, envCaller, "--as"},
		{[]string{"roles"}, anys(o.Roles), envRole, "--role"},
		{[]string{"compile_cache"}, o.CompileCache, envCompileCache, "--compile-cache"},
	}
	for name, value := range o.Labels {
		all = append(all, setting{[]string{"labels", name}, value, envLabel, "--label"})
	}
	return slices.DeleteFunc(all, func(s setting) bool {
		list, isList := s.value.([]any)
		return isList && len(list) == 0 || s.value == "" && s.path[0] != "labels"
	})
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// merge overrides the tree of the file with the environment, and both with the
// flags. origins are those of leaves of the tree that the file did not set.
func merge(c *Config, file map[string]any, origins []origin, env environment, flags Overrides) (*layers, error) {
	fromEnv, err := env.overrides(flags)
	if err != nil {
		return nil, err
	}
	l := &layers{tree: file}
	base := "file"
	if c.Path == "" {
		base = "default"
	}
	l.origins = append(append(l.origins, origin{nil, base}), origins...)
	override := func(settings []setting, name func(setting) string) {
		for _, s := range settings {
			l.set(s.path, s.value)
			l.origins = append(l.origins, origin{s.path, name(s)})
		}
	}
	override(fromEnv.settings(), func(s setting) string { return s.variable })
	override(flags.settings(), func(s setting) string { return s.flag })
	return l, nil
}

// set puts a leaf into the tree, in place of whatever is not a mapping on the way.
func (l *layers) set(path []string, value any) {
	at := l.tree
	for _, name := range path[:len(path)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	at[path[len(path)-1]] = value
}

// origin returns what set the leaf at path, and the path of the setting.
func (l *layers) origin(path []string) (name string, setting []string) {
	for _, o := range l.origins {
		if len(o.path) <= len(path) && slices.Equal(o.path, path[:len(o.path)]) {
			name, setting = o.name, o.path
		}
	}
	return name, setting
}

// list returns the leaves of the tree, sorted by key. The value of every setting of a
// module is hidden unless public has its path, and so is any other value whose name
// sounds like a credential: it does not belong in a configuration, but the user who put
// it there does not want it on a screen.
func (l *layers) list(public map[string]bool) []Setting {
	var out []Setting
	var walk func(path []string, v any)
	walk = func(path []string, v any) {
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			for name, child := range m {
				walk(append(slices.Clone(path), name), child)
			}
			return
		}
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(`"?"`)
		}
		key := strings.Join(path, ".")
		if isHidden(path) && !public[key] {
			text = []byte(`"` + secret.Redacted + `"`)
		}
		from, _ := l.origin(path)
		out = append(out, Setting{key, string(text), from})
	}
	walk(nil, l.tree)
	slices.SortFunc(out, func(a, b Setting) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// isHidden reports whether the value at path is hidden unless a module says that it
// is public.
func isHidden(path []string) bool {
	if len(path) > 3 && path[0] == "providers" && path[2] == "config" {
		return true
	}
	return len(path) > 0 && soundsSecret(path[len(path)-1])
}

func soundsSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"password", "passwd", "secret", "token", "credential"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
