// Hostile-module runs a module with a hostile author and prints the result of each
// attack.
package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

//go:embed *.wasm
var modules embed.FS

//go:embed postern.lock
var pins []byte

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "hostile-module:", err)
		os.Exit(1)
	}
}

// attacks are the keys that the module answers with an attack, in order.
var attacks = []struct {
	key  runtime.Key
	what string
}{
	{"honest", "reads the variable that it is granted"},
	{"home", "reads another variable"},
	{"loop", "loops forever"},
	{"recurse", "calls itself forever"},
	{"sleep", "sleeps for weeks"},
	{"memory", "grows its memory until it is refused"},
	{"value", "returns 2 MiB"},
	{"logs", "writes 10,000 lines to the log"},
	{"stash", "hides a secret in memory and globals"},
	{"recall", "looks for it in the next call"},
	{"trap", "traps"},
	{"exit", "exits with code 0"},
	{"other", "answers for another key"},
	{"length", "lies about a length"},
	{"words", "puts the secret into its error and its log"},
	{"honest", "and after all that"},
}

func run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "hostile-module-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, modules); err != nil {
		return err
	}
	lock, err := module.ParseLock(pins)
	if err != nil {
		return err
	}
	options := runtime.Options{
		Dir:     dir,
		Lock:    &lock,
		Limits:  runtime.Limits{Call: 3 * time.Second},
		Environ: func() []string { return []string{"GRANTED=s3cret-value", "HOME=/home/alice"} },
	}
	fmt.Fprintln(out, "At load:")
	if err := load(ctx, out, options); err != nil {
		return err
	}
	fmt.Fprintln(out, "In a call:")
	return call(ctx, out, options)
}

// load opens modules that are refused before any of their code runs.
func load(ctx context.Context, out io.Writer, o runtime.Options) error {
	changed, err := os.ReadFile(filepath.Join(o.Dir, "hostile.wasm"))
	if err != nil {
		return err
	}
	changed[len(changed)-1] ^= 1
	if err := os.WriteFile(filepath.Join(o.Dir, "changed.wasm"), changed, 0o600); err != nil {
		return err
	}
	pinned := *o.Lock
	pinned.Modules = map[string]module.Pin{"changed.wasm": o.Lock.Modules["./hostile.wasm"]}
	for _, c := range []struct {
		what, file    string
		lock          *module.Lock
		allowUnpinned bool
	}{
		{"is not pinned", "greedy.wasm", o.Lock, false},
		{"is not what was pinned", "changed.wasm", &pinned, false},
		{"imports files, which nobody granted", "greedy.wasm", nil, true},
		{"asks for a table of a gigabyte", "huge.wasm", nil, true},
	} {
		o.Lock, o.AllowUnpinned = c.lock, c.allowUnpinned
		o.Providers = []runtime.ProviderOptions{{Name: "hostile", Module: c.file}}
		rt, err := runtime.Open(ctx, o)
		if err == nil {
			return fmt.Errorf("%s was loaded: %w", c.file, rt.Close())
		}
		show(out, c.what, string(secret.CodeOf(err)))
	}
	return nil
}

// call opens the module and runs every attack. At the end it prints the error and
// the log of the attack that writes to them.
func call(ctx context.Context, out io.Writer, o runtime.Options) error {
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: dropTime}))
	o.Providers = []runtime.ProviderOptions{{
		Name: "hostile", Module: "./hostile.wasm", Grant: runtime.Grant{Env: []string{"GRANTED"}},
	}}
	rt, err := runtime.Open(ctx, o)
	if err != nil {
		return err
	}
	defer rt.Close()
	written := ""
	for _, a := range attacks {
		log.Reset()
		s, err := rt.Get(ctx, a.key)
		outcome := string(secret.CodeOf(err))
		if err == nil {
			if outcome, err = s.ExposeString(); err != nil {
				return err
			}
		}
		if a.key == "logs" {
			if n := bytes.Count(log.Bytes(), []byte("\n")); n < 100 {
				outcome = "fewer than 100 are logged"
			}
		}
		if a.key == "words" {
			written = fmt.Sprintf("%v\n%s", err, log.String())
		}
		show(out, a.what, outcome)
	}
	_, err = fmt.Fprintf(out, "The error and the log that it wrote to:\n%s", written)
	return err
}

func show(out io.Writer, what, outcome string) {
	fmt.Fprintf(out, "  %-45s %s\n", what, outcome)
}

func dropTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
