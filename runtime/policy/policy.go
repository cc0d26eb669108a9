package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/std"
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
	opts       Options
	file       string
	revision   string
	rules      []*rule
	index      *index
	box        *luabox.Sandbox
	hasChain   bool
	used       Used
	warnings   []Diagnostic
	evaluators sync.Pool // of *evaluator
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
	box := sandbox(opts.Limits)
	d := &declarations{providers: opts.Providers, lines: map[string]int{}}
	l := box.NewLoader(d, opts.Libs)
	if err := l.Run(name, src); err != nil {
		return nil, loadError(err)
	}
	if len(d.rules) == 0 {
		return nil, &LoadError{File: name, Msg: "the policy declares no rule"}
	}
	if err := d.checkPredicates(l); err != nil {
		return nil, err
	}
	p := &Policy{
		opts: opts, file: name, revision: revision(src, opts.Libs),
		rules: d.rules, index: buildIndex(d.rules), box: box, hasChain: d.hasChain(), used: Used(l.Used()),
	}
	for _, w := range l.Warnings() {
		p.warnings = append(p.warnings, Diagnostic{Severity: Warning, File: w.File, Line: w.Line, Msg: w.Msg})
	}
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
				return o, fmt.Errorf("policy options: chain names an unknown provider %.64q", name)
			}
		}
	}
	for name := range o.Libs {
		if !validModule(name) {
			return o, fmt.Errorf("policy options: invalid module name %.64q; want lower-case letters, digits, \"_\" and \"/\"", name)
		}
	}
	return o, nil
}

func validModule(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c != '_' && c != '/' && !('a' <= c && c <= 'z') && !('0' <= c && c <= '9') {
			return false
		}
	}
	return name != "" && name != std.Name && len(name) <= 128
}

// Revision identifies the text of the policy and its modules, 12 hex digits.
func (p *Policy) Revision() string {
	if p == nil {
		return ""
	}
	return p.revision
}

// Used is what loading a policy took of its limits.
type Used struct {
	Source       int   `json:"source_bytes"`
	Nesting      int   `json:"nesting"`
	Instructions int64 `json:"instructions"`
	Bytes        int64 `json:"bytes"`
}

// Used reports what loading took.
func (p *Policy) Used() Used { return p.used }

// revision identifies the text that decides: the policy and its modules.
func revision(src []byte, libs map[string]string) string {
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	part(string(src))
	for _, name := range slices.Sorted(maps.Keys(libs)) {
		part(name)
		part(libs[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
