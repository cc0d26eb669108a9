package config

import (
	"context"
	"fmt"
	"log/slog"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// leastGo is the oldest Go release without known vulnerabilities in what postern
// uses of it.
const leastGo = "go1.26.5"

// toolchain checks the Go release that built this program, such as go1.26.5.
func (x *examination) toolchain(version string) {
	if olderGo(version, leastGo) {
		x.warn("go", "go install ./cmd/postern", "built with %s, want %s or later", version, leastGo)
		return
	}
	x.ok("go", "built with %s", version)
}

// olderGo compares releases such as go1.26.5. A version that it cannot parse does
// not count as older.
func olderGo(have, want string) bool {
	parse := func(s string) (n [3]int, ok bool) {
		s, ok = strings.CutPrefix(s, "go")
		s, _, _ = strings.Cut(s, " ")
		for i, part := range strings.SplitN(s, ".", 3) {
			v, err := strconv.Atoi(part)
			if err != nil {
				return n, false
			}
			n[i] = v
		}
		return n, ok
	}
	h, ok1 := parse(have)
	w, ok2 := parse(want)
	for i := range h {
		if h[i] != w[i] {
			return ok1 && ok2 && h[i] < w[i]
		}
	}
	return false
}

// memory creates a value, so that there is memory to report on.
func (x *examination) memory() {
	v, err := secret.FromBytes([]byte("probe"))
	if err != nil {
		x.fail("memory", err)
		return
	}
	defer v.Destroy()
	x.findings = append(x.findings, memoryFindings(runtime.Memory(), goruntime.GOOS)...)
}

// memoryAfter measures again, now that providers were asked, and adds what their modules
// keep.
func (x *examination) memoryAfter(m runtime.MemoryStatus) {
	found := memoryFindings(m, goruntime.GOOS)
	if i := slices.IndexFunc(x.findings, func(f finding) bool { return f.Check == found[0].Check }); i >= 0 {
		x.findings[i] = found[0]
	}
	x.findings = append(x.findings, found[2:]...)
}

// memoryFindings describes what was measured on the system goos: first the values, then
// core files, then the kv of each provider that is not locked.
func memoryFindings(m runtime.MemoryStatus, goos string) []finding {
	locked := finding{Check: "memory", Grade: "ok", Text: "values are locked in memory"}
	hidden := finding{Check: "core files", Grade: "ok", Text: "values are left out of core files"}
	lock, limit, dumps := "ulimit -l unlimited", "ulimit -c 0", "core files"
	if goos == "windows" {
		lock, limit, dumps = "postern help doctor", "postern help doctor", "crash dumps"
	}
	if m.Unlocked > 0 {
		locked.Grade, locked.Hint = "warn", lock
		locked.Text = fmt.Sprintf("%d bytes of memory for values could not be locked and may be swapped to disk", m.Unlocked)
	}
	if m.Dumpable > 0 {
		hidden.Grade, hidden.Hint = "warn", limit
		hidden.Text = fmt.Sprintf("%d bytes of memory for values may be written to %s", m.Dumpable, dumps)
	}
	findings := []finding{locked, hidden}
	for _, k := range m.KV {
		if k.Unlocked > 0 {
			findings = append(findings, finding{Check: "memory of " + k.Provider, Grade: "warn", Hint: lock,
				Text: fmt.Sprintf("%d of %d bytes of memory for its kv could not be locked and may be swapped to disk", k.Unlocked, k.Locked+k.Unlocked)})
		}
	}
	return findings
}

// policy checks the policy. One that does not load is removed from the
// configuration, so that the checks of the providers can follow.
func (x *examination) policy(cmd *cli.Command, c *config.Config) {
	warnings := 0
	s, err := x.app.Policy(cmd, "")
	if err != nil {
		x.fail("policy", err)
		return
	}
	p, err := s.Load()
	if err == nil {
		warnings = len(s.Check().Diagnostics)
	}
	switch {
	case err != nil:
		x.fail("policy", err)
		c.Options.PolicyFile = runtime.PolicyFile{}
	case s.Preset == policies.Open:
		x.warn("policy", "postern help policy", `the preset "open" lets every caller do anything`)
	case warnings > 0:
		x.warn("policy", "postern policy check", "%s, %s, revision %s: %s", s.Name(), app.Count(p.Rules(), "rule"), p.Revision(), app.Count(warnings, "warning"))
	default:
		x.ok("policy", "%s, %s, revision %s", s.Name(), app.Count(p.Rules(), "rule"), p.Revision())
	}
}

// missing says that the file of a provider is not there, "" if it is.
func missing(c *config.Config, provider string) string {
	for _, p := range c.Options.Providers {
		if file := app.Missing(c, p); p.Name == provider && file != "" {
			return ": " + file + " is not there"
		}
	}
	return ""
}

// saying returns what the module said about err, "" if it said nothing.
func saying(err error) string {
	if text := app.ModuleText(err); text != "" {
		return "; module: " + strconv.Quote(text)
	}
	return ""
}

// providers opens the runtime and probes every provider.
func (x *examination) providers(ctx context.Context, c *config.Config) {
	heard := &guestLog{Handler: x.app.Logger(c).Handler()}
	c.Options.Logger = slog.New(heard)
	err := x.app.WithConfig(ctx, c, func(ctx context.Context, s app.Session) error {
		if n := len(s.Providers()); n > 0 {
			x.ok("modules", "%s: every module passes the checks before it runs", app.Count(n, "provider"))
		}
		for _, p := range s.Providers() {
			check := "provider " + p.Name
			probe := s.Probe(ctx, p.Name)
			switch code := secret.CodeOf(probe.Err); {
			case code == "":
				x.ok(check, "answers")
			case code == secret.ErrNotConfigured:
				x.ok(check, "does not apply here (%s)%s", code, missing(c, p.Name)+saying(probe.Err))
			case code == secret.ErrDenied:
				x.warn(check, "postern help policy", "was not asked: the policy lets the caller %q neither get nor list any of its keys", s.Caller().Name)
			default:
				x.fail(check, probe.Err)
			}
			for _, o := range c.Options.Providers {
				if why := ungranted(o); o.Name == p.Name && why != "" {
					x.warn(check, "postern config show", "can read nothing: %s", why)
				}
			}
			for _, text := range heard.take() {
				x.warn(check, "postern config show", "module: %s", text)
			}
			if !p.InChain {
				x.warn(check, "postern config show", "is not in the chain")
			}
		}
		x.memoryAfter(s.Memory())
		return nil
	})
	if err != nil {
		x.fail("modules", err)
	}
}
