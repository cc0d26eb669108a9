package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

func Doctor(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "look at everything that could be wrong",
		Description: `Every finding is ok, warn or fail, and what is not ok comes with a command. The
exit code is that of the first failure, 0 when there is none.`,
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runDoctor),
	}
}

// finding is one line of the doctor's report, and one entry of --json.
type finding struct {
	Check string `json:"check"`
	Grade string `json:"grade"` // ok, warn or fail
	Text  string `json:"text"`
	Hint  string `json:"hint"` // a command, "" when ok
}

// examination collects findings and the first failure.
type examination struct {
	app      *app.App
	findings []finding
	failed   error
}

func (x *examination) ok(check, format string, args ...any) {
	x.findings = append(x.findings, finding{check, "ok", app.Clean(fmt.Sprintf(format, args...)), ""})
}

func (x *examination) warn(check, hint, format string, args ...any) {
	x.findings = append(x.findings, finding{check, "warn", app.Clean(fmt.Sprintf(format, args...)), app.Clean(hint)})
}

func (x *examination) fail(check string, err error) {
	_, text, hint := x.app.Classify(err)
	x.findings = append(x.findings, finding{check, "fail", app.Clean(text), app.Clean(hint)})
	if x.failed == nil {
		x.failed = err
	}
}

func runDoctor(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	x := &examination{app: a}
	x.toolchain()
	x.memory()
	if c := x.config(cmd); c != nil {
		x.cache(c)
		x.files(c)
		x.policy(cmd, c)
		x.providers(ctx, c)
	}
	if err := x.print(cmd.Bool("json")); err != nil || x.failed == nil {
		return err
	}
	exit, _, _ := a.Classify(x.failed)
	return &app.Failure{Exit: exit, Text: "something is wrong, see above"}
}

func (x *examination) print(asJSON bool) error {
	if asJSON {
		return x.app.PrintJSON(x.findings)
	}
	var rows [][]string
	for _, f := range x.findings {
		text := f.Text
		if f.Hint != "" {
			text += " (try: " + f.Hint + ")"
		}
		rows = append(rows, []string{f.Grade, f.Check, text})
	}
	return x.app.PrintTable(rows)
}

// leastGo is the first release without known holes in what this program uses.
const leastGo = "go1.26.5"

func (x *examination) toolchain() {
	version := goruntime.Version()
	if olderGo(version, leastGo) {
		x.warn("go", "go install github.com/postern-project/postern/cmd/postern@latest", "built with %s, want %s or later", version, leastGo)
		return
	}
	x.ok("go", "built with %s", version)
}

// olderGo compares releases such as go1.26.5; what is none is not older.
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

// memory makes a value to learn how the system holds it.
func (x *examination) memory() {
	v, err := secret.FromBytes([]byte("probe"))
	if err != nil {
		x.fail("memory", err)
		return
	}
	defer v.Destroy()
	if m := runtime.Memory(); m.Unlocked > 0 {
		x.warn("memory", "ulimit -l unlimited", "%d bytes of values could not be locked and may be swapped out", m.Unlocked)
		return
	}
	x.ok("memory", "values are locked in memory and left out of core files")
}

func (x *examination) config(cmd *cli.Command) *config.Config {
	s, err := x.app.Sources(cmd)
	if err != nil {
		x.fail("config", err)
		return nil
	}
	c, err := config.Load(s)
	if err != nil {
		x.fail("config", err)
		return nil
	}
	x.app.AllowUnpinned(cmd, c)
	for _, w := range c.Warnings {
		x.warn("config", "postern config show", "%s", w)
	}
	switch {
	case c.Path == "":
		x.ok("config", "no file; the chain is the environment, then .env in this folder")
	case c.Trusted:
		x.ok("config", "%s was found here and is trusted as it is", c.Path)
	case c.Found:
		x.ok("config", "%s was found here and needs no trust", c.Path)
	default:
		x.ok("config", "%s was named", c.Path)
	}
	return c
}

func (x *examination) cache(c *config.Config) {
	dir := c.Options.CompileCache
	if dir == "" {
		x.warn("cache", "postern --compile-cache DIR doctor", "compiled modules are not kept, every start compiles")
		return
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.ok("cache", "%s will be made", dir)
	case err != nil:
		x.warn("cache", "ls -ld "+dir, "%s: %s", dir, app.Reason(err))
	case !info.IsDir() || goruntime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		x.warn("cache", "chmod 700 "+dir, "%s is open to others and not used", dir)
	default:
		x.ok("cache", "%s", dir)
	}
}

// files looks at the files that are granted by name.
func (x *examination) files(c *config.Config) {
	for _, p := range c.Options.Providers {
		for _, g := range p.Grant.Files {
			path := g.Path
			if !filepath.IsAbs(path) {
				path = filepath.Join(c.Options.Dir, path)
			}
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() || goruntime.GOOS == "windows" {
				continue // whether it is needed, its provider knows
			}
			if info.Mode().Perm()&0o077 != 0 {
				x.warn("files", "chmod 600 "+path, "%s can be read or written by others", path)
				continue
			}
			x.ok("files", "%s is the owner's alone", path)
		}
	}
}

// policy checks what decides. A policy that does not load is taken out of the
// way, for the checks that follow.
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
		x.warn("policy", "postern help policy", "the preset open decides: every caller may do everything")
	case warnings > 0:
		x.warn("policy", "postern policy check", "%s, %d rules, revision %s: %d warnings", s.Name(), p.Rules(), p.Revision(), warnings)
	default:
		x.ok("policy", "%s, %d rules, revision %s", s.Name(), p.Rules(), p.Revision())
	}
}

// providers opens the runtime and asks every provider for a sign of life.
func (x *examination) providers(ctx context.Context, c *config.Config) {
	err := x.app.WithConfig(ctx, c, func(ctx context.Context, s app.Session) error {
		x.ok("modules", "all modules load and their grants fit")
		for _, p := range s.Providers() {
			check := "provider " + p.Name
			probe := s.Probe(ctx, p.Name)
			switch code := secret.CodeOf(probe.Err); {
			case code == "":
				x.ok(check, "answers")
			case code == secret.ErrNotConfigured:
				x.ok(check, "does not apply here: %s", code)
			default:
				x.fail(check, probe.Err)
			}
			if !p.InChain {
				x.warn(check, "postern config show", "is not in the chain")
			}
		}
		return nil
	})
	if err != nil {
		x.fail("modules", err)
	}
}
