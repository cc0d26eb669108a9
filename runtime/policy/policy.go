package policy

import (
	"sync"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// Policy is a loaded policy. It never changes and is safe for concurrent use. A nil
// *Policy denies everything with [NoPolicy].
type Policy struct {
	opts       Options
	file       string
	revision   string
	rules      []*rule
	index      *index
	box        *luabox.Sandbox
	hasChain   bool
	splitsSet  bool
	used       Used
	warnings   []Diagnostic
	evaluators sync.Pool // of *evaluator
}

// Load reads and parses the policy file at path and the modules of opts.LibFiles.
// Each must be a regular file that belongs to the current user or root and that
// others may not write; its group may. The error is a [*LoadError], also if a file
// cannot be read, or it is about opts.
func Load(path string, opts Options) (*Policy, error) {
	c, err := fileSource{path, opts}.Read()
	if err != nil {
		return nil, err
	}
	return c.parse(opts)
}

// Parse compiles a policy. name stands for the file in messages. The error is a
// [*LoadError], or it is about opts. Parse does not keep src.
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
		opts: opts, file: name, revision: luascan.Revision(src, opts.Libs),
		rules: d.rules, index: buildIndex(d.rules), box: box, hasChain: d.hasChain(), splitsSet: splitsSet(d.rules), used: Used(l.Used()),
	}
	for _, w := range l.Warnings() {
		p.warnings = append(p.warnings, Diagnostic{Severity: Warning, ID: w.ID, File: w.File, Line: w.Line, Msg: w.Msg})
	}
	return p, nil
}

// Revision returns 12 hexadecimal digits that identify the text of the policy and
// its modules, "" for a nil Policy.
func (p *Policy) Revision() string {
	if p == nil {
		return ""
	}
	return p.revision
}

// Rules returns the number of rules.
func (p *Policy) Rules() int { return len(p.rules) }

// File returns the name that stands for the policy's file in messages.
func (p *Policy) File() string { return p.file }

// Options returns the options of p, with defaults filled in. [Load] and [Live]
// add the modules of LibFiles to Libs.
func (p *Policy) Options() Options { return p.opts.clone() }

// Used is what loading a policy took of its [Limits].
type Used struct {
	Source       int   `json:"source_bytes"` // of the policy and the modules that it required
	Nesting      int   `json:"nesting"`
	Instructions int64 `json:"instructions"`
	Bytes        int64 `json:"bytes"`
}
