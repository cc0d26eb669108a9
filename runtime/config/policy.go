package config

import (
	"maps"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
)

// defaultPolicy is the preset for a configuration without a policy. It allows
// everything.
const defaultPolicy = "open"

// maxMaxStale is the longest duration for max_stale.
const maxMaxStale = 30 * 24 * time.Hour

// maxSample is the largest number for sample, which records one of so many
// allowed decisions.
const maxSample = 1_000_000

// decisionsToStderr is the path of a decision log that goes to standard error.
const decisionsToStderr = "-"

// decodePolicy reads the policy and the decision log, or their defaults.
func (c *Config) decodePolicy(root map[string]node) (err error) {
	f := &c.Options.PolicyFile
	f.Preset = defaultPolicy
	if n, ok := root["policy"]; ok {
		if *f, err = c.decodePolicyFile(n); err != nil {
			return err
		}
	}
	if n, ok := root["policy_libs"]; ok {
		if f.Path == "" {
			return n.errorf("there is no policy file that could require libraries")
		}
		if f.Libs, err = c.decodePolicyLibs(n); err != nil {
			return err
		}
	}
	if n, ok := root["decision_log"]; ok {
		c.Options.DecisionLog, err = c.decodeDecisionLog(n)
	}
	if log := &c.Options.DecisionLog; log.Path == decisionsToStderr {
		log.Path, log.Writer = "", c.stderr
	}
	return err
}

// decodePolicyFile reads a path, or a mapping with more settings.
func (c *Config) decodePolicyFile(n node) (f runtime.PolicyFile, err error) {
	if _, ok := n.value.(map[string]any); !ok {
		f.Path, err = c.decodePath(n)
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
		return f, n.errorf(`want either "file" or "preset"`)
	case hasFile:
		f.Path, err = c.decodePath(file)
	default:
		f.Preset, err = preset.nonEmpty()
	}
	if stale, ok := parts["max_stale"]; ok && err == nil {
		if hasPreset {
			return f, stale.errorf("a preset cannot become stale; use this with a file")
		}
		f.MaxStale, err = stale.duration(maxMaxStale)
	}
	return f, err
}

func (c *Config) decodePolicyLibs(n node) (map[string]string, error) {
	entries, err := n.mapping()
	if err != nil {
		return nil, err
	}
	libs := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if libs[name], err = c.decodePath(entries[name]); err != nil {
			return nil, err
		}
	}
	return libs, nil
}

// decodeDecisionLog reads a path, or a mapping with more settings.
func (c *Config) decodeDecisionLog(n node) (d runtime.DecisionLog, err error) {
	if _, ok := n.value.(map[string]any); !ok {
		d.Path, err = c.decodeLogPath(n)
		return d, err
	}
	parts, err := n.object("path", "required", "sample", "labels")
	if err != nil {
		return d, err
	}
	path, ok := parts["path"]
	if !ok {
		return d, n.errorf(`the key "path" is missing`)
	}
	if d.Path, err = c.decodeLogPath(path); err != nil {
		return d, err
	}
	d.Options, err = decodeLogOptions(parts)
	return d, err
}

func decodeLogOptions(parts map[string]node) (o audit.Options, err error) {
	if n, ok := parts["required"]; ok {
		if o.Required, err = n.boolean(); err != nil {
			return o, err
		}
	}
	if n, ok := parts["sample"]; ok {
		sample, err := n.integer(1, maxSample)
		if err != nil {
			return o, err
		}
		o.Sample = int(sample)
	}
	if n, ok := parts["labels"]; ok {
		o.Labels, err = n.nonEmptyList()
	}
	return o, err
}

// decodeLogPath is decodePath, but leaves decisionsToStderr as it is.
func (c *Config) decodeLogPath(n node) (string, error) {
	if n.value == decisionsToStderr {
		return decisionsToStderr, nil
	}
	return c.decodePath(n)
}

// decodePath reads the path of a file and makes it absolute.
func (c *Config) decodePath(n node) (string, error) {
	path, err := n.nonEmpty()
	if err != nil {
		return "", err
	}
	return c.abs(path), nil
}
