package config

import (
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
)

// defaultPolicy is the preset that decides when a configuration names no
// policy: it allows everything.
const defaultPolicy = "open"

// longestStale is the longest time for max_stale.
const longestStale = 30 * 24 * time.Hour

// maxSample is the thinnest sample of allowed decisions.
const maxSample = 1_000_000

// DecisionsToStderr is the path of a decision log that goes to standard error.
// Whoever opens the runtime sets the writer then; without one it does not open.
const DecisionsToStderr = "-"

// policies reads who decides and what is recorded. It runs also without the
// keys of its own.
func (c *Config) policies(root map[string]node) (err error) {
	f := &c.Options.PolicyFile
	f.Preset = defaultPolicy
	if n, ok := root["policy"]; ok {
		if *f, err = c.policyFile(n); err != nil {
			return err
		}
	}
	if n, ok := root["policy_libs"]; ok {
		if f.Path == "" {
			return n.fault("there is no policy file that could require them")
		}
		if f.Libs, err = c.policyLibs(n); err != nil {
			return err
		}
	}
	if n, ok := root["decision_log"]; ok {
		c.Options.DecisionLog, err = c.decisionLog(n)
	}
	return err
}

// policyFile is a path, or a mapping that says more.
func (c *Config) policyFile(n node) (f runtime.PolicyFile, err error) {
	if _, ok := n.value.(map[string]any); !ok {
		f.Path, err = c.path(n)
		return f, err
	}
	parts, err := n.object("file", "preset", "max_stale")
	if err != nil {
		return f, err
	}
	file, hasFile := parts["file"]
	preset, hasPreset := parts["preset"]
	switch {
	case hasFile == hasPreset:
		return f, n.fault(`one of "file" and "preset" is wanted`)
	case hasFile:
		f.Path, err = c.path(file)
	default:
		f.Preset, err = preset.filled()
	}
	if stale, ok := parts["max_stale"]; ok && err == nil {
		if hasPreset {
			return f, stale.fault("a preset is never stale")
		}
		f.MaxStale, err = stale.duration(longestStale)
	}
	return f, err
}

func (c *Config) policyLibs(n node) (map[string]string, error) {
	entries, err := n.mapping()
	if err != nil {
		return nil, err
	}
	libs := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if libs[name], err = c.path(entries[name]); err != nil {
			return nil, err
		}
	}
	return libs, nil
}

// decisionLog is a path, or a mapping that says more.
func (c *Config) decisionLog(n node) (d runtime.DecisionLog, err error) {
	if _, ok := n.value.(map[string]any); !ok {
		d.Path, err = c.logPath(n)
		return d, err
	}
	parts, err := n.object("path", "required", "sample", "labels")
	if err != nil {
		return d, err
	}
	path, ok := parts["path"]
	if !ok {
		return d, n.fault(`the key "path" is missing`)
	}
	if d.Path, err = c.logPath(path); err != nil {
		return d, err
	}
	d.Options, err = logOptions(parts)
	return d, err
}

func logOptions(parts map[string]node) (o audit.Options, err error) {
	if n, ok := parts["required"]; ok {
		if o.Required, err = n.boolean(); err != nil {
			return o, err
		}
	}
	if n, ok := parts["sample"]; ok {
		sample, err := n.whole(maxSample)
		if err != nil {
			return o, err
		}
		o.Sample = int(sample)
	}
	if n, ok := parts["labels"]; ok {
		o.Labels, err = n.texts()
	}
	return o, err
}

// logPath leaves "-" as it is.
func (c *Config) logPath(n node) (string, error) {
	if n.value == DecisionsToStderr {
		return DecisionsToStderr, nil
	}
	return c.path(n)
}

// path is a file, taken from the configuration's folder.
func (c *Config) path(n node) (string, error) {
	path, err := n.filled()
	if err != nil || filepath.IsAbs(path) {
		return path, err
	}
	return filepath.Join(c.Options.Dir, path), nil
}

// policyWants lists what a found file asks for beside its providers: to read
// rules from elsewhere, and to write. A policy within the folder asks for
// nothing, since a policy grants nothing: it can only take away.
func (c *Config) policyWants() (wants []string) {
	f, log := c.Options.PolicyFile, c.Options.DecisionLog.Path
	if f.Path != "" && c.outside(f.Path) {
		wants = append(wants, "the policy is outside this folder: "+quoted(f.Path))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Libs)) {
		if c.outside(f.Libs[name]) {
			wants = append(wants, "a library of the policy is outside this folder: "+quoted(f.Libs[name]))
		}
	}
	if log != "" && log != DecisionsToStderr {
		wants = append(wants, "decisions are appended to "+quoted(log))
	}
	return wants
}
