package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// row is an operation whose cost depends on a number. open prepares it, with its files in
// dir; end frees what it holds.
type row struct {
	name    string
	largest int
	open    func(ctx context.Context, dir string, n int) (op func() error, end func(), err error)
}

var rows = []row{
	{"masker start, by values", 1 << 16, maskerStart},
	{"masker start, by bytes of one value", 1 << 16, largeValue},
	{"masking 64 KiB, by values", 1 << 16, maskText},
	{"masking, by bytes of text", 1 << 22, maskBytes},
	{"masking, by bytes of text in one line", 1 << 20, maskLine},
	{"GetMany of variables, by keys", 1 << 13, getMany},
	{"first GetMany of variables, by keys", 1 << 16, getManyFirst},
	{"GetMany from .env, by keys", 1 << 14, getManyFile},
	{"Keys of variables, by keys", 1 << 16, keys},
	{"Get of a variable, by variables", 1 << 16, getOne},
	{"Get from .env, by keys", 1 << 14, keptFile},
	{"Get from changed .env, by keys", 1 << 14, changedFile},
	{"Get from TOML, by keys", 1 << 14, fileOf("s.toml", "k%05d = \"value-%05d\"\n", "", "", "k00000")},
	{"Get from JSON, by keys", 1 << 14, fileOf("s.json", "\"k%05d\": \"value-%05d\",\n", "{", "\"end\": \"\"}", "k00000")},
	{"Get from YAML, by keys", 1 << 14, fileOf("s.yaml", "k%05d: value-%05d\n", "", "", "k00000")},
	{"Set in .env, by keys", 1 << 14, setIn(".env", "K%05d=value-%05d\n", "", "", "K00000")},
	{"Set in YAML, by keys", 1 << 14, setIn("s.yaml", "k%05d: value-%05d\n", "", "", "k00000")},
	{"Set and Get in memory, by bytes", 1 << 16, setAndGet},
	{"Open, by providers", 1 << 9, openProviders},
	{"Get at the end of a chain, by providers", 1 << 7, lastOfChain},
	{"Open with Mask, by keys", 1 << 14, openMasked},
	{"policy load, by rules", 1 << 11, loadPolicy},
	{"decision, by rules that differ in keys", 1 << 11, decide("allow { \"r%[1]d\", roles = \"r\", ops = \"read\", keys = \"space%[1]d/**\" }\n")},
	{"decision, by rules that differ in callers", 1 << 11, decide("allow { \"r%[1]d\", callers = \"c%[1]d\", ops = \"read\", keys = \"**\" }\n")},
	{"watch, by keys that changed", 1 << 12, watchKeys},
	{"watch, by subscribers", 1 << 12, watchers},
}

func value(i int) string { return fmt.Sprintf("%016x-%05d-token", uint64(i+1)*0x9e3779b97f4a7c15, i) }

func entries(n int) ([]redact.Entry, error) {
	out := make([]redact.Entry, n)
	for i := range out {
		s, err := secret.FromString(value(i))
		if err != nil {
			return nil, err
		}
		out[i] = redact.Entry{Key: fmt.Sprintf("key/%05d", i), Secret: s}
	}
	return out, nil
}

func none() {}

func maskerStart(_ context.Context, _ string, n int) (func() error, func(), error) {
	all, err := entries(n)
	return func() error {
		reg := redact.New(redact.Options{})
		defer reg.Close()
		if err := reg.AddAll(all); err != nil {
			return err
		}
		return want(reg.String("a "+value(n/2)), fmt.Sprintf("a [REDACTED:key/%05d]", n/2))
	}, none, err
}

// letters returns n bytes of text in lines, without repetition.
func letters(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(value(i))
		b.WriteByte('\n')
	}
	return b.String()[:n]
}

func largeValue(_ context.Context, _ string, n int) (func() error, func(), error) {
	text := letters(n)
	s, err := secret.FromString(text)
	return func() error {
		reg := redact.New(redact.Options{})
		defer reg.Close()
		if err := reg.AddAll([]redact.Entry{{Key: "k", Secret: s}}); err != nil {
			return err
		}
		return want(reg.String("a "+text), "a [REDACTED:k]")
	}, none, err
}

func want(got, want string) error {
	if got != want {
		return fmt.Errorf("masked as %.80q, want %q", got, want)
	}
	return nil
}

func registry(n int) (*redact.Registry, error) {
	all, err := entries(n)
	if err != nil {
		return nil, err
	}
	reg := redact.New(redact.Options{})
	if err := reg.AddAll(all); err != nil {
		return nil, err
	}
	reg.String("a line") // builds the search
	return reg, nil
}

func lines(n int, end string) []byte {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "2026-03-12T10:%02d:%02dZ INFO request %d served in %d ms by upstream %x%s", i/60%60, i%60, i, i*31%977, i*7919, end)
	}
	return []byte(b.String()[:n])
}

func write(reg *redact.Registry, text []byte) error {
	w := reg.Writer(io.Discard, redact.WriterOptions{Idle: -1})
	for p := text; len(p) > 0; p = p[min(len(p), 32<<10):] {
		if _, err := w.Write(p[:min(len(p), 32<<10)]); err != nil {
			return err
		}
	}
	return w.Close()
}

func maskText(_ context.Context, _ string, n int) (func() error, func(), error) {
	reg, err := registry(n)
	text := lines(64<<10, "\n")
	return func() error { return write(reg, text) }, func() { reg.Close() }, err
}

func maskBytes(_ context.Context, _ string, n int) (func() error, func(), error) {
	reg, err := registry(1000)
	text := lines(n, "\n")
	return func() error { return write(reg, text) }, func() { reg.Close() }, err
}

func maskLine(_ context.Context, _ string, n int) (func() error, func(), error) {
	reg, err := registry(1000)
	text := lines(n, " ")
	return func() error { return write(reg, text) }, func() { reg.Close() }, err
}

// variables opens a Runtime over n variables.
func variables(ctx context.Context, n int, more func(*runtime.Options)) (*runtime.Runtime, []secret.Key, error) {
	environ, names := make([]string, n), make([]secret.Key, n)
	for i := range n {
		names[i] = secret.Key(fmt.Sprintf("V%05d", i))
		environ[i] = string(names[i]) + "=" + value(i)
	}
	o := runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "env", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}}},
		Environ:   func() []string { return environ },
	}
	if more != nil {
		more(&o)
	}
	rt, err := runtime.Open(ctx, o)
	return rt, names, err
}

func all(results []secret.Result) error {
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

func getMany(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, names, err := variables(ctx, n, nil)
	return func() error { return all(rt.GetMany(ctx, names)) }, func() { rt.Close() }, err
}

// getManyFirst reads keys that were not read before: of more than the Runtime holds, some
// are released anew each time.
func getManyFirst(ctx context.Context, _ string, n int) (func() error, func(), error) {
	return func() error {
		rt, names, err := variables(ctx, n, nil)
		if err != nil {
			return err
		}
		defer rt.Close()
		return all(rt.GetMany(ctx, names))
	}, none, nil
}

func getOne(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, names, err := variables(ctx, n, nil)
	return func() error { _, err := rt.Get(ctx, names[n/2]); return err }, func() { rt.Close() }, err
}

func keys(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, _, err := variables(ctx, n, nil)
	return func() error {
		found, err := rt.Keys(ctx, "")
		if err == nil && len(found) != n {
			err = fmt.Errorf("%d keys, want %d", len(found), n)
		}
		return err
	}, func() { rt.Close() }, err
}

func openMasked(ctx context.Context, _ string, n int) (func() error, func(), error) {
	return func() error {
		rt, _, err := variables(ctx, n, func(o *runtime.Options) { o.Mask = []string{"**"} })
		if err != nil {
			return err
		}
		return rt.Close()
	}, none, nil
}

// file writes a file of n lines and opens a provider for it.
func file(ctx context.Context, dir, name, line, head, tail string, n int) (*runtime.Runtime, error) {
	var text strings.Builder
	text.WriteString(head)
	for i := range n {
		fmt.Fprintf(&text, line, i, i)
	}
	text.WriteString(tail)
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	return runtime.Open(ctx, runtime.Options{
		Dir: dir,
		Providers: []runtime.ProviderOptions{{Name: "f", Module: "file", Config: map[string]string{"path": name},
			Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path, Write: true}}}}},
	})
}

func fileOf(name, line, head, tail string, key secret.Key) func(context.Context, string, int) (func() error, func(), error) {
	return func(ctx context.Context, dir string, n int) (func() error, func(), error) {
		rt, err := file(ctx, dir, name, line, head, tail, n)
		return func() error { _, err := rt.Get(ctx, key); return err }, func() { rt.Close() }, err
	}
}

// keptFile is a get from a file that has not changed, of which the module keeps the places.
func keptFile(ctx context.Context, dir string, n int) (func() error, func(), error) {
	op, end, err := fileOf(".env", "K%05d=value-%05d\n", "", "", "K00000")(ctx, dir, n)
	if err == nil {
		time.Sleep(3 * time.Second) // until it is settled
	}
	return op, end, err
}

// changedFile is a get from a file that has changed since the last one.
func changedFile(ctx context.Context, dir string, n int) (func() error, func(), error) {
	get, end, err := fileOf(".env", "K%05d=value-%05d\n", "", "", "K00000")(ctx, dir, n)
	times := int64(0)
	return func() error {
		times++
		if err := os.Chtimes(filepath.Join(dir, ".env"), time.Time{}, time.Unix(times, 0)); err != nil {
			return err
		}
		return get()
	}, end, err
}

func setIn(name, line, head, tail string, key secret.Key) func(context.Context, string, int) (func() error, func(), error) {
	return func(ctx context.Context, dir string, n int) (func() error, func(), error) {
		rt, err := file(ctx, dir, name, line, head, tail, n)
		times := 0
		return func() error {
			times++
			v, err := secret.FromString(fmt.Sprint("new-value-", times))
			if err != nil {
				return err
			}
			defer v.Destroy()
			return rt.Set(ctx, key, v)
		}, func() { rt.Close() }, err
	}
}

func getManyFile(ctx context.Context, dir string, n int) (func() error, func(), error) {
	rt, err := file(ctx, dir, ".env", "K%05d=value-%05d\n", "", "", n)
	names := make([]secret.Key, n)
	for i := range names {
		names[i] = secret.Key(fmt.Sprintf("K%05d", i))
	}
	return func() error { return all(rt.GetMany(ctx, names)) }, func() { rt.Close() }, err
}

func setAndGet(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, err := runtime.Open(ctx, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "m", Module: "memory"}}})
	if err != nil {
		return nil, nil, err
	}
	v, err := secret.FromString(letters(n))
	return func() error {
		if err := rt.Set(ctx, "k", v); err != nil {
			return err
		}
		_, err := rt.Get(ctx, "k")
		return err
	}, func() { rt.Close() }, err
}

// chainOf opens n providers, of which only the last one has LAST.
func chainOf(ctx context.Context, n int) (*runtime.Runtime, error) {
	o := runtime.Options{Environ: func() []string { return []string{"LAST=" + value(n)} }}
	for i := range n {
		name := "FIRST"
		if i == n-1 {
			name = "LAST"
		}
		p := fmt.Sprintf("p%d", i)
		o.Providers = append(o.Providers, runtime.ProviderOptions{Name: p, Module: "env", Grant: runtime.Grant{Env: []string{name}}})
		o.Chain = append(o.Chain, runtime.ChainLink{Name: p})
	}
	return runtime.Open(ctx, o)
}

func openProviders(ctx context.Context, _ string, n int) (func() error, func(), error) {
	return func() error {
		rt, err := chainOf(ctx, n)
		if err != nil {
			return err
		}
		return rt.Close()
	}, none, nil
}

func lastOfChain(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, err := chainOf(ctx, n)
	return func() error { _, err := rt.Get(ctx, "LAST"); return err }, func() { rt.Close() }, err
}

func rules(n int, rule string) []byte {
	text := "chain { \"all\", keys = \"**\", providers = \"env\" }\n"
	for i := range n {
		text += fmt.Sprintf(rule, i)
	}
	return []byte(text)
}

func loadPolicy(_ context.Context, _ string, n int) (func() error, func(), error) {
	text := rules(n, "allow { \"r%[1]d\", roles = \"r%[1]d\", ops = \"read\", keys = \"space%[1]d/**\" }\n")
	return func() error { _, err := policy.Parse("growth.lua", text, policy.Options{}); return err }, none, nil
}

func decide(rule string) func(context.Context, string, int) (func() error, func(), error) {
	return func(_ context.Context, _ string, n int) (func() error, func(), error) {
		p, err := policy.Parse("growth.lua", rules(n, rule), policy.Options{})
		r := policy.Request{
			Caller: fmt.Sprintf("c%d", n/2), Roles: []string{"r"}, Op: policy.OpGet,
			Key: fmt.Sprintf("space%d/password", n/2), Time: time.Unix(1767614400, 0),
		}
		return func() error {
			for range 1000 {
				if !p.Decide(r).Allow {
					return errors.New("denied")
				}
			}
			return nil
		}, none, err
	}
}

// watchKeys sets n keys, and takes the event of each.
func watchKeys(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, err := runtime.Open(ctx, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "m", Module: "memory"}}})
	if err != nil {
		return nil, nil, err
	}
	v, err := secret.FromString("value-of-all-keys")
	return func() error {
		set := make(chan error, 1)
		left := n
		for e, err := range rt.Watch(ctx) {
			switch {
			case err != nil:
				return err
			case e.Kind == secret.EventResync:
				go func() {
					for i := range n {
						if err := rt.Set(ctx, secret.Key(fmt.Sprintf("k%d", i)), v); err != nil {
							set <- err
							return
						}
					}
					set <- nil
				}()
			case e.Key != "":
				left--
			}
			if left == 0 {
				break
			}
		}
		return <-set
	}, func() { rt.Close() }, err
}

// watchers has n subscribers that each take one event.
func watchers(ctx context.Context, _ string, n int) (func() error, func(), error) {
	rt, err := runtime.Open(ctx, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "m", Module: "memory"}}})
	if err != nil {
		return nil, nil, err
	}
	v, err := secret.FromString("value-of-a-key")
	return func() error {
		begun, ended := make(chan struct{}, n), make(chan error, n)
		for range n {
			go func() {
				for e, err := range rt.Watch(ctx) {
					if err != nil {
						ended <- err
						return
					}
					if e.Kind == secret.EventResync {
						begun <- struct{}{}
					}
					if e.Key != "" {
						break
					}
				}
				ended <- nil
			}()
		}
		for range n {
			<-begun
		}
		if err := rt.Set(ctx, "k", v); err != nil {
			return err
		}
		for range n {
			if err := <-ended; err != nil {
				return err
			}
		}
		return nil
	}, func() { rt.Close() }, err
}
