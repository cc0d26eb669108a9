package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

var all = []work{
	{"get of a variable", []contender{mapGet(each), envGet("postern, pooled", runtime.Pooled, each), envGet("postern, isolated", runtime.Isolated, each)}},
	{"get of a variable, 64 callers", []contender{mapGet(callers), envGet("postern, pooled", runtime.Pooled, callers), envGet("postern, isolated", runtime.Isolated, callers)}},
	{"GetMany of 1,000 variables", []contender{manyFromMap, manyVariables}},
	{"get of a value that rotated, 8,000 before it", []contender{mapGet(each), rotating}},
	{"get from a .env of 1,000 keys", []contender{readLine, fileGet("postern", 0, false), fileGet("postern, no kv", -1, false), godotenvGet(false)}},
	{"get from a .env of 1,000 keys that changed", []contender{readFile, fileGet("postern", 0, true), fileGet("postern, no kv", -1, true), godotenvGet(true)}},
	{"start of the masker, 10,000 values", []contender{replacerStart, maskerStart}},
	{"masking 1 MiB, 300 values of one period", []contender{replacer(periodic(300)), masker(periodic(300))}},
	{"masking 1 MiB, 1,000 values of one period", []contender{replacer(periodic(1000)), masker(periodic(1000))}},
	{"slog record, 1,000 values", []contender{logRecord(false), logRecord(true)}},
	{"decision, 2,000 rules that differ in callers", []contender{byHand, decide}},
	{"Open of 500 providers", []contender{openMaps, openProviders}},
}

func random(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%016x-%05d-token", uint64(i+1)*0x9e3779b97f4a7c15, i)
	}
	return out
}

// periodic returns values that are the beginnings of one text that repeats.
func periodic(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Repeat("ab1", n)[:8+i]
	}
	return out
}

func registry(values []string) (*redact.Registry, error) {
	reg, entries := redact.New(redact.Options{}), make([]redact.Entry, len(values))
	for i, v := range values {
		s, err := secret.FromString(v)
		if err != nil {
			return nil, err
		}
		entries[i] = redact.Entry{Key: fmt.Sprintf("key/%05d", i), Secret: s}
	}
	return reg, reg.AddAll(entries)
}

// maskerStart takes values until the first text is masked.
var maskerStart = contender{name: "postern, all encodings", open: func(context.Context, string) (operation, func(), error) {
	values := random(10000)
	return func(n int) error {
		return each(n, func(int) error {
			reg, err := registry(values)
			if err != nil {
				return err
			}
			defer reg.Close()
			if got := reg.String("a " + values[77]); got != "a [REDACTED:key/00077]" {
				return errors.New("not masked")
			}
			return nil
		})
	}, func() {}, nil
}}

func pairs(values []string) (out []string) {
	for _, v := range values {
		out = append(out, v, "[MASKED]")
	}
	return out
}

var replacerStart = contender{name: "strings.Replacer, as they are", open: func(context.Context, string) (operation, func(), error) {
	values := random(10000)
	return func(n int) error {
		return each(n, func(int) error {
			if got := strings.NewReplacer(pairs(values)...).Replace("a " + values[77]); got != "a [MASKED]" {
				return errors.New("not masked")
			}
			return nil
		})
	}, func() {}, nil
}}

// text is 1 MiB of log in which the period of periodic is in every line.
var text = func() []byte {
	var b strings.Builder
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "2026-03-12T10:%02d:%02dZ INFO request %d served in %d ms %s\n", i/60%60, i%60, i, i*31%977, strings.Repeat("ab1", 7))
	}
	return []byte(b.String()[:1<<20])
}()

func masker(values []string) contender {
	return contender{name: "postern, all encodings", open: func(context.Context, string) (operation, func(), error) {
		reg, err := registry(values)
		if err != nil {
			return nil, nil, err
		}
		return func(n int) error {
			return each(n, func(int) error {
				w := reg.Writer(io.Discard, redact.WriterOptions{Idle: -1})
				_, err := w.Write(text)
				return errors.Join(err, w.Close())
			})
		}, reg.Close, nil
	}}
}

func replacer(values []string) contender {
	return contender{name: "strings.Replacer, as they are", open: func(context.Context, string) (operation, func(), error) {
		r := strings.NewReplacer(pairs(values)...)
		return func(n int) error {
			return each(n, func(int) error { _, err := r.WriteString(io.Discard, string(text)); return err })
		}, func() {}, nil
	}}
}

// logRecord writes a record with one of the values, with or without masking.
func logRecord(masks bool) contender {
	c := contender{name: "handler alone"}
	if masks {
		c.name = "postern"
	}
	c.open = func(ctx context.Context, _ string) (operation, func(), error) {
		values := random(1000)
		reg, err := registry(values)
		if err != nil {
			return nil, nil, err
		}
		var handler slog.Handler = slog.NewJSONHandler(io.Discard, nil)
		if masks {
			handler = redact.NewHandler(io.Discard, reg, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) })
		}
		log := slog.New(handler)
		return func(n int) error {
			return each(n, func(i int) error {
				log.LogAttrs(ctx, slog.LevelInfo, "request served", slog.String("method", "GET"), slog.String("path", "/api/v1/items"),
					slog.Int("status", 200), slog.String("token", values[i%len(values)]), slog.Duration("took", 3*time.Millisecond))
				return nil
			})
		}, reg.Close, nil
	}
	return c
}

const rules = 2000

// decide asks a policy in which each rule is for another caller.
var decide = contender{name: "postern", open: func(context.Context, string) (operation, func(), error) {
	var source strings.Builder
	reqs := make([]policy.Request, rules)
	for i := range rules {
		fmt.Fprintf(&source, "allow { \"r%[1]d\", callers = \"c%[1]d\", ops = \"read\", keys = \"space%[1]d/**\" }\n", i)
		reqs[i] = policy.Request{Caller: fmt.Sprintf("c%d", i), Op: policy.OpGet, Key: fmt.Sprintf("space%d/a", i), Time: time.Unix(1767614400, 0)}
	}
	p, err := policy.Parse("bench.lua", []byte(source.String()), policy.Options{Chain: []string{"env"}})
	return func(n int) error {
		return each(n, func(i int) error {
			if !p.Decide(reqs[i%rules]).Allow {
				return errors.New("denied")
			}
			return nil
		})
	}, func() {}, err
}}

// byHand looks up what a caller may read in a map.
var byHand = contender{name: "Go map and prefix", open: func(context.Context, string) (operation, func(), error) {
	reads, callers, asked := map[string]string{}, make([]string, rules), make([]string, rules)
	for i := range rules {
		callers[i], asked[i] = fmt.Sprintf("c%d", i), fmt.Sprintf("space%d/a", i)
		reads[callers[i]] = fmt.Sprintf("space%d/", i)
	}
	return func(n int) error {
		return each(n, func(i int) error {
			if !strings.HasPrefix(asked[i%rules], reads[callers[i%rules]]) {
				return errors.New("denied")
			}
			return nil
		})
	}, func() {}, nil
}}

const providers = 500

func options() (o runtime.Options) {
	for i := range providers {
		o.Providers = append(o.Providers, runtime.ProviderOptions{Name: fmt.Sprintf("p%03d", i), Module: "env",
			Grant: runtime.Grant{Env: []string{fmt.Sprintf("KEY_%03d", i)}}})
	}
	o.Environ = func() []string { return []string{keyOf(0) + "=" + valueOf(0)} }
	return o
}

var openProviders = contender{name: "postern", open: func(ctx context.Context, _ string) (operation, func(), error) {
	return func(n int) error {
		return each(n, func(int) error {
			rt, err := runtime.Open(ctx, options())
			if err != nil {
				return err
			}
			return rt.Close()
		})
	}, func() {}, nil
}}

// openMaps makes a map for each provider.
var openMaps = contender{name: "Go maps", open: func(context.Context, string) (operation, func(), error) {
	return func(n int) error {
		return each(n, func(int) error {
			var all []map[string]string
			for _, o := range options().Providers {
				all = append(all, map[string]string{o.Name: o.Module})
			}
			if len(all) != providers {
				return errors.New("too few")
			}
			return nil
		})
	}, func() {}, nil
}}

// memory prints what a provider takes once it was asked.
func memory(ctx context.Context) error {
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	rt, err := runtime.Open(ctx, options())
	if err != nil {
		return err
	}
	defer rt.Close()
	if _, err := rt.Keys(ctx, ""); err != nil {
		return err
	}
	goruntime.GC()
	goruntime.ReadMemStats(&after)
	fmt.Printf("memory of one of %d providers, asked once: %d KiB of heap, %d KiB of all\n", providers,
		(after.HeapAlloc-before.HeapAlloc)/providers>>10, (after.Sys-before.Sys)/providers>>10)
	return nil
}
