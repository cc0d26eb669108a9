package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/internal/protectedfiles"
)

// checkDecisive refuses grants that reach what decides and proves, and a decision log
// without a file of its own: see [DecisionLog.Path] and [FileGrant].
func (r *Runtime) checkDecisive(o Options) error {
	s := protectedfiles.Setup{Dir: o.Dir, Log: o.DecisionLog.Path}
	add := func(what, path string) {
		if path != "" {
			s.Files = append(s.Files, protectedfiles.File{What: what, Path: path})
		}
	}
	add("the policy", o.PolicyFile.Path)
	for _, name := range slices.Sorted(maps.Keys(o.PolicyFile.Libs)) {
		add("a library of the policy", o.PolicyFile.Libs[name])
	}
	if o.CompileCache != "" {
		cache, err := filepath.Abs(o.CompileCache)
		if err != nil {
			return loadError("", fmt.Sprintf("compile cache %q: %s", o.CompileCache, plainReason(err)))
		}
		add("the compile cache", cache)
	}
	for _, p := range o.Providers {
		if p.Provider == nil && !isName(p.Module) {
			add("the module", p.Module)
		}
		reach := protectedfiles.Provider{Name: p.Name, Settings: p.Config}
		for _, g := range p.Grant.Files {
			reach.Grants = append(reach.Grants, protectedfiles.Grant{Path: g.Path, Write: g.Write})
		}
		s.Providers = append(s.Providers, reach)
	}
	refused, warnings := s.Check()
	if refused != "" {
		return loadError("", refused)
	}
	for _, w := range warnings {
		r.log.LogAttrs(context.Background(), slog.LevelWarn, "the decision log can be read", slog.String("reason", w))
	}
	return nil
}

// openDecisions opens the log of the options, if they name one.
func (r *Runtime) openDecisions(o Options) error {
	d := o.DecisionLog
	switch {
	case d.Path == "" && d.Writer == nil:
		if d.Required {
			return loadError("", "decision log: DecisionLog.Required is set; set Path or Writer, too")
		}
		return nil
	case d.Path != "" && d.Writer != nil:
		return loadError("", "decision log: set Path or Writer, not both")
	case d.Path == "-":
		return loadError("", `decision log: the path "-" means standard error only in a configuration; set Writer to os.Stderr, or write "./-"`)
	case d.Writer != nil:
		r.decisions = audit.New(d.Writer, d.Options)
		return nil
	}
	path, err := absFrom(o.Dir, d.Path)
	if err == nil {
		r.decisions, err = audit.Open(path, d.Options)
	}
	if err != nil {
		return loadError("", fmt.Sprintf("decision log %q: %s", d.Path, err))
	}
	return nil
}

// closeDecisions writes what is queued. Records that were lost without being
// required are logged by report, not returned: their requests were served. Call report at
// the end of Close, which does not wait long for the log handler.
func (r *Runtime) closeDecisions() (report func()) {
	if r.decisions == nil {
		return func() {}
	}
	err := r.decisions.Close()
	attr, text := slog.Uint64("records", r.decisions.Dropped()), "decisions were not recorded"
	switch {
	case r.decisions.Dropped() > 0:
	case err != nil:
		attr, text = slog.String("reason", plainReason(err).Error()), "the decision log failed"
	default:
		return func() {}
	}
	return func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer letFail()
			r.log.LogAttrs(context.Background(), slog.LevelWarn, text, attr)
		}()
		select {
		case <-done:
		case <-time.After(reportWithin):
		}
	}
}

// reportWithin is how long Close waits for the log handler, so that a program that ends
// after it has the line.
const reportWithin = 100 * time.Millisecond

// DecisionsDropped returns how many records of the decision log could not be written.
func (r *Runtime) DecisionsDropped() uint64 {
	if r.decisions == nil {
		return 0
	}
	return r.decisions.Dropped()
}
