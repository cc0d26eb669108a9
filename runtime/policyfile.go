package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/internal/gosource"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// openPolicy opens what o names, once the providers and the chain are known.
// The errors have the code load_failed and a [*policy.LoadError] in their tree.
func (r *Runtime) openPolicy(o Options) error {
	f := o.PolicyFile
	switch {
	case f.Path == "" && f.Preset == "":
		r.usePolicy(o.Policy)
		return nil
	case o.Policy != nil || f.Path != "" && f.Preset != "":
		return loadError("", "set only one of Policy, PolicyFile.Path, PolicyFile.Preset")
	}
	about := policy.Options{Chain: r.routes.configured.names}
	for _, p := range r.routes.providers {
		about.Providers = append(about.Providers, p.options.Name)
	}
	if f.Preset != "" {
		return r.openPreset(f.Preset, about)
	}
	path, err := absFrom(o.Dir, f.Path)
	if err != nil {
		return policyError(f.Path, err)
	}
	if about.LibFiles, err = allAbsFrom(o.Dir, f.Libs); err != nil {
		return policyError(path, err)
	}
	live, err := policy.Open(path, policy.LiveOptions{Options: about, MaxStale: f.MaxStale, Now: unfailing(r.now), OnChange: r.policyChanged})
	if err != nil {
		return policyError(path, err)
	}
	r.policy, r.live = live, live
	return nil
}

// usePolicy takes the policy of the options.
func (r *Runtime) usePolicy(d Decider) {
	switch d.(type) {
	case nil:
	case *policy.Policy, *policy.Live:
		r.policy = d
	default:
		r.policy = foreignPolicy{d, r}
	}
}

// foreignPolicy is a Decider of the embedder. A panic of it, or of the error that it
// returned, is a fault of the policy; what it panicked with is dropped. It gets copies
// of what it is asked about.
type foreignPolicy struct {
	d Decider
	r *Runtime
}

func (f foreignPolicy) Decide(req policy.Request) (d policy.Decision) {
	defer func() {
		if recover() != nil {
			d = policy.Decision{Code: policy.PolicyError, Message: "the policy panicked"}
		}
	}()
	d = f.d.Decide(ownRequest(req))
	if d.Err = gosource.Judge(context.Background(), d.Err, "", ""); d.Err != nil && d.Allow {
		d.Allow, d.Code = false, policy.PolicyError // what could not be decided is denied
	}
	if !d.Allow && (d.Code == "" || d.Code == policy.Allowed) {
		d.Code, d.Message = policy.PolicyError, cmp.Or(d.Message, "the Decider denied without a Code that says why; set Allow or Code")
	}
	return d
}

// Routes returns all providers if the Decider does not know.
func (f foreignPolicy) Routes(req policy.Request) (routes policy.Routes) {
	if d, ok := f.d.(router); ok {
		defer func() {
			if recover() != nil {
				routes = policy.Routes{Undecided: true}
			}
		}()
		routes.Undecided = true // should it panic with nil, which GODEBUG=panicnil=1 hides
		return d.Routes(ownRequest(req))
	}
	for _, p := range f.r.routes.providers {
		routes.Providers = append(routes.Providers, p.options.Name)
	}
	routes.Default = true
	return routes
}

func (f foreignPolicy) SplitsSet() (splits bool) {
	defer func() { _ = recover() }() // then a set needs the decision on a set
	s, ok := f.d.(interface{ SplitsSet() bool })
	return ok && s.SplitsSet()
}

func (r *Runtime) openPreset(name string, about policy.Options) error {
	src, ok := policies.Source(name)
	if !ok {
		return policyError(name, fmt.Errorf("no preset has this name; want one of %s", strings.Join(policies.Names(), ", ")))
	}
	p, err := policy.Parse(name+".lua", src, about)
	if err != nil {
		return policyError(name, err)
	}
	r.policy = p
	return nil
}

// policyChanged reports a reload, good or bad. What could not be loaded leaves
// the last good policy in charge.
func (r *Runtime) policyChanged(s policy.Status) {
	if s.Revision == "" {
		return // the first load failed: Open returns that
	}
	level, text := slog.LevelInfo, "policy loaded"
	if s.LastError != nil {
		level, text = slog.LevelWarn, "policy could not be loaded, the last good one decides"
	}
	if s.Stale {
		level, text = slog.LevelError, "policy could not be loaded for too long, everything is denied"
	}
	defer letFail()
	r.log.LogAttrs(context.Background(), level, text, slog.String("status", s.String()))
}

// policyError wraps what kept a policy from loading, and names the file.
func policyError(path string, err error) error {
	var le *policy.LoadError
	if !errors.As(err, &le) {
		le = &policy.LoadError{File: path, Msg: err.Error()}
	}
	return (&secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Detail: "policy: " + le.Error()}).Wrap(le)
}

// Policy returns the policy in force, for questions that Decide does not answer.
// It is nil when there is none, when it is too old to decide, and when
// [Options.Policy] is of another kind.
func (r *Runtime) Policy() *policy.Policy {
	switch p := r.policy.(type) {
	case *policy.Policy:
		return p
	case *policy.Live:
		return p.Policy()
	}
	return nil
}

// ReloadPolicy rereads the policy files now, for example on SIGHUP. A policy that does not
// load leaves the last good one in charge; the error has the code load_failed. Without
// [PolicyFile.Path] it does nothing.
func (r *Runtime) ReloadPolicy() error {
	if r.live == nil {
		return nil
	}
	if err := r.live.Reload(); err != nil {
		return policyError("policy", err)
	}
	return nil
}

// PolicyStatus reports when the policy files were last read; ok is false
// without [PolicyFile.Path].
func (r *Runtime) PolicyStatus() (s policy.Status, ok bool) {
	if r.live == nil {
		return s, false
	}
	return r.live.Status(), true
}

// absFrom makes path absolute; a relative one is taken from dir. It checks nothing.
func absFrom(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	return safefile.Abs(dir, path)
}

func allAbsFrom(dir string, files map[string]string) (map[string]string, error) {
	out := maps.Clone(files)
	for name, path := range files {
		full, err := absFrom(dir, path)
		if err != nil {
			return nil, err
		}
		out[name] = full
	}
	return out, nil
}
