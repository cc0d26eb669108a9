package policy

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
)

// Options say what surrounds a policy.
type Options struct {
	// Providers are the names of the configured providers. A rule that names
	// another one does not load. Nil accepts any name, for tools that see a
	// policy without its configuration.
	Providers []string
	// Chain is the configured order of providers: used when a policy has no
	// chain rule, and the bound of what a chain hook may return.
	Chain []string
	// Libs holds the source of each module that a policy may require, by name
	// ("acme/net"). Names are made of lower-case letters, digits, "_" and "/".
	Libs map[string]string
	// LibFiles is like Libs, with paths relative to the policy's folder. Only
	// [Load] and [Live] read them.
	LibFiles map[string]string
	// Limits bound loading and deciding.
	Limits Limits
}

// Policy is a loaded policy. It never changes and is safe for concurrent use.
// A nil *Policy denies everything with [NoPolicy].
type Policy struct {
	opts     Options
	file     string
	revision string
	rules    []*rule
	index    *index
	lib      *library
	hasChain bool
	used     Used
	warnings []Diagnostic
	machines sync.Pool // of *machine, for predicates and hooks
}

// Load reads and parses the policy file at path, and the modules of
// opts.LibFiles beside it. The file must be a regular one that nobody but its
// owner's group may write, owned by this user or root.
func Load(path string, opts Options) (*Policy, error) {
	src, libs, err := readFiles(path, opts)
	if err != nil {
		return nil, err
	}
	opts.Libs = libs
	return Parse(filepath.Base(path), src, opts)
}

// Parse compiles a policy; name stands for the file in messages. The error is
// a *LoadError if the policy is wrong. src is not kept.
func Parse(name string, src []byte, opts Options) (*Policy, error) {
	opts, err := opts.checked()
	if err != nil {
		return nil, err
	}
	l := newLoader(name, opts, ruleFuncs())
	if err := l.run(src); err != nil {
		return nil, err
	}
	if len(l.rules) == 0 {
		return nil, &LoadError{File: name, Msg: "the policy declares no rule"}
	}
	if err := l.checkPurity(); err != nil {
		return nil, err
	}
	p := &Policy{
		opts: opts, file: name, revision: revision(src, opts.Libs),
		rules: l.rules, index: buildIndex(l.rules), lib: l.lib, warnings: l.warnings,
		used: Used{
			Source: l.source, Nesting: l.nesting,
			Instructions: opts.Limits.LoadInstructions - l.m.steps,
			Bytes:        opts.Limits.LoadBytes - l.m.bytes,
		},
	}
	p.hasChain = slices.ContainsFunc(l.rules, func(r *rule) bool { return r.kind == kindChain })
	return p, nil
}

// checked fills defaults in and copies what the caller could change.
func (o Options) checked() (Options, error) {
	o.Limits = o.Limits.withDefaults()
	o.Chain = slices.Clone(o.Chain)
	o.Libs = maps.Clone(o.Libs)
	if o.Providers != nil {
		o.Providers = slices.Clone(o.Providers)
		for _, name := range o.Chain {
			if !slices.Contains(o.Providers, name) {
				return o, fmt.Errorf("policy options: chain names an unknown provider %s", quote(name))
			}
		}
	}
	for name := range o.Libs {
		if !validModule(name) {
			return o, fmt.Errorf("policy options: %s is no module name", quote(name))
		}
	}
	return o, nil
}

func validModule(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c != '_' && c != '/' && !('a' <= c && c <= 'z') && !isDigit(c) {
			return false
		}
	}
	return name != "" && name != "std/v1" && len(name) <= 128
}

// Revision identifies the text of the policy and its modules, 12 hex digits.
func (p *Policy) Revision() string {
	if p == nil {
		return ""
	}
	return p.revision
}

// Rules is the number of rules.
func (p *Policy) Rules() int { return len(p.rules) }

// Used is what loading a policy took of its limits.
type Used struct {
	Source       int   `json:"source_bytes"`
	Nesting      int   `json:"nesting"`
	Instructions int64 `json:"instructions"`
	Bytes        int64 `json:"bytes"`
}

// Used reports what loading took.
func (p *Policy) Used() Used { return p.used }
