package wasmhost_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// wantTogether fails unless as many of the results are values as fit into limit bytes,
// each of which has size bytes, and all others are too_large and name the limit.
func wantTogether(t *testing.T, results []secret.Result, size, limit int) {
	t.Helper()
	found := 0
	for _, r := range results {
		switch {
		case r.Err == nil && len(plain(r.Secret)) == size:
			found++
		case secret.CodeOf(r.Err) != secret.ErrTooLarge || !strings.Contains(r.Err.Error(), "limits.call_memory"):
			t.Errorf("%q = %v, want a value, or %v that names limits.call_memory", r.Key, r.Err, secret.ErrTooLarge)
		}
		r.Secret.Destroy()
	}
	if most := min(limit/size, len(results)); found > most || found < min(most-1, len(results)) {
		t.Errorf("%d values of %d bytes were returned, want about %d", found, size, most)
	}
}

// What one GetMany returns has a limit, however many calls of the module it takes.
func TestTM011OneRequestReturnsNoMoreThanItsLimit(t *testing.T) { // not parallel: it takes much memory
	wasm, _ := modules.Bytes("env")
	value := strings.Repeat("v", 1<<20)
	var keys []secret.Key
	var environ []string
	for i := range 100 {
		keys = append(keys, secret.Key(fmt.Sprintf("KEY%d", i)))
		environ = append(environ, string(keys[i])+"="+value)
	}
	for _, limit := range []int64{0, 10 << 20, 100<<20 + 100<<10} {
		o := envOptions(wasm, func() []string { return environ })
		o.Limits.CallMemory = limit
		if limit == 0 {
			limit = 64 << 20
		}
		wantTogether(t, open(t, o).GetMany(t.Context(), keys), len(value), int(limit))
	}
}

// Values that do not fit into the memory of one call beside the files that they were
// read from are read by another one.
func TestTM011WhatDoesNotFitIsAskedForAgain(t *testing.T) { // not parallel: it takes much memory
	const size = 1 << 20
	dir := t.TempDir()
	var keys []secret.Key
	for i := range 24 {
		keys = append(keys, secret.Key(fmt.Sprintf("k%02d", i)))
		if err := os.WriteFile(filepath.Join(dir, string(keys[i])), bytes.Repeat([]byte{'a' + byte(i)}, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int64{64 << 20, 25 << 20, 16 << 20, 3 << 20, 1 << 20} {
		o := overFolder(t, dir, 256)
		o.Limits.CallMemory = limit
		results := open(t, o).GetMany(t.Context(), keys)
		for i, r := range results {
			if r.Key != keys[i] || r.Err == nil && plain(r.Secret)[0] != 'a'+byte(i) {
				t.Errorf("result %d is that of %q", i, r.Key)
			}
		}
		wantTogether(t, results, size, int(limit))
	}
}

// A large value can be read and written with the default limits.
func TestLargestValueFitsIntoACall(t *testing.T) { // not parallel: it takes much memory
	p := open(t, overFolder(t, t.TempDir(), 2048))
	want := bytes.Repeat([]byte("v"), secret.MaxValueLen)
	value, err := secret.FromBytes(bytes.Clone(want))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Set(t.Context(), "k", value); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := p.Get(t.Context(), "k"); err != nil || plain(got) != string(want) {
		t.Errorf("Get() = %v", err)
	}
}

// answers returns code that emits a value of 1 MiB for each of the keys k0 to k7.
func answers(g *loopGuest) []byte {
	const step, record = 1 << 20, 1<<20 - 64
	g.data = map[int]string{}
	var code []byte
	for i := range 8 {
		head := abi.Append(nil, abi.TagKey, fmt.Appendf(nil, "k%d", i))
		head = append(head, 2, 0)
		size := record - len(head) - 4
		head = append(head, byte(size), byte(size>>8), byte(size>>16), 0)
		g.data[i*step] = string(head)
		code = append(code, g.callOf("postern_v1.emit", i*step, record)...)
	}
	return code
}

// Values of a call that fails are wiped when it ends.
func TestTM011VoidAnswersAreWiped(t *testing.T) { // not parallel: it counts the values of the process
	keys := make([]secret.Key, 8)
	for i := range keys {
		keys[i] = secret.Key(fmt.Sprintf("k%d", i))
	}
	for _, c := range []struct {
		name string
		make func(g *loopGuest)
		code secret.Code
		fuel int64
	}{
		{"a second answer", func(g *loopGuest) {
			g.once = append(answers(g), g.callOf("postern_v1.emit", 0, 1<<20-64)...)
			g.ends = abi.NotFound
		}, secret.ErrModuleProtocol, 0},
		{"a status", func(g *loopGuest) { g.once, g.ends = answers(g), abi.Unavailable }, secret.ErrUnavailable, 0},
		{"a trap", func(g *loopGuest) { g.once = append(answers(g), 0x00) }, secret.ErrModuleCrashed, 0},
		{"an exit", func(g *loopGuest) { g.once = append(answers(g), g.callOf("wasi_snapshot_preview1.proc_exit", 3)...) }, secret.ErrModuleCrashed, 0},
		{"a pointer outside", func(g *loopGuest) { g.once = append(answers(g), g.callOf("postern_v1.emit", -1, 5)...) }, secret.ErrModuleProtocol, 0},
		{"the end of its fuel", func(g *loopGuest) { g.once = answers(g) }, secret.ErrTimeout, 1 << 20},
	} {
		p := openBusy(t, busy{make: c.make}, wasmhost.Limits{}, c.fuel)
		before := slab.Stat().Cells
		results := p.GetMany(t.Context(), keys)
		if got := slab.Stat().Cells; got > before { // the collector may free older ones
			t.Errorf("%s: %d values are left", c.name, got-before)
		}
		for _, r := range results {
			if secret.CodeOf(r.Err) != c.code || !r.Secret.IsZero() {
				t.Errorf("%s: %q = %v, want %v", c.name, r.Key, r.Err, c.code)
			}
		}
	}
}

// What one request holds of the guest log has a limit, however many calls it takes.
func TestTM010OneRequestHoldsFewLines(t *testing.T) {
	t.Parallel()
	var records guesttest.Records
	var g loopGuest
	g.once = g.callOf("postern_v1.log", 8, 0, 8000)
	g.ends = abi.Unavailable
	o := wasmhost.Options{Name: "busy", Wasm: g.wasm(), Log: records.Logger()}
	p := open(t, o)
	ctx, logs := wasmhost.HoldLogs(t.Context())
	for range 200 {
		_, _ = p.Get(ctx, "k")
	}
	held := 0
	logs.Mask(ctx, time.Minute, masker(func(text string, _ func() bool) (string, bool) {
		held += len(text)
		return text, true
	}))
	if held > 1<<20 || held < 1<<19 {
		t.Errorf("%d bytes of lines are held", held)
	}
	logs.Flush(ctx)
	_ = p.Close()
	if records.Count("guest log lines dropped") == 0 {
		t.Error("it is not said that lines were dropped")
	}
}

// masker is a Masker that is always prepared.
type masker func(text string, goOn func() bool) (string, bool)

func (masker) PrepareWithin(context.Context, time.Duration) bool { return true }

func (m masker) StringWhile(text string, goOn func() bool) (string, bool) { return m(text, goOn) }

// The lines of a request are masked in bounded time, whatever masking one takes: what one
// call logs in a quarter of a second, and what more is possible in a tenth. When the caller has given
// up, a line of ordinary length is all. The others are counted as dropped.
func TestTM009TM010LinesAreMaskedInBoundedTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line, calls     int           // bytes of a line, and calls that log one
		takes           time.Duration // to mask one, and a part in proportion
		gaveUp          int           // lines after which the caller gives up, -1 for never
		masked, dropped int
	}{
		"fast":                          {8000, 20, 0, -1, 20, 0},
		"slow":                          {8000, 20, 30 * time.Millisecond, -1, 4, 16},
		"slower":                        {8000, 20, time.Second, -1, 0, 20},
		"slow, of one call":             {100, 60, 4 * time.Millisecond, -1, 60, 0},
		"slower, of one call":           {100, 60, time.Second, -1, 10, 50},
		"the caller has given up":       {8000, 20, 0, 0, 0, 20},
		"... of short lines":            {100, 20, time.Second, 0, 10, 10},
		"the caller gives up meanwhile": {1000, 20, time.Millisecond, 5, 5, 15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var records guesttest.Records
			var g loopGuest
			g.once = g.callOf("postern_v1.log", 8, 0, c.line)
			g.ends = abi.Unavailable
			p := open(t, wasmhost.Options{Name: "busy", Wasm: g.wasm(), Log: records.Logger()})
			ctx, giveUp := context.WithCancel(t.Context())
			ctx, logs := wasmhost.HoldLogs(ctx)
			for range c.calls {
				_, _ = p.Get(ctx, "k")
			}
			masked := 0
			synctest.Test(t, func(t *testing.T) {
				if c.gaveUp == 0 {
					giveUp()
				}
				logs.Mask(ctx, time.Minute, masker(func(_ string, goOn func() bool) (string, bool) {
					for range 8 {
						if !goOn() {
							return "", false
						}
						time.Sleep(c.takes / 8)
					}
					if masked++; masked == c.gaveUp {
						giveUp()
					}
					return "masked", true
				}))
			})
			logs.Flush(t.Context())
			_ = p.Close()
			if masked != c.masked {
				t.Errorf("%d lines were masked, want %d", masked, c.masked)
			}
			if n := records.Count("masked"); n != c.masked {
				t.Errorf("%d lines were written, want %d", n, c.masked)
			}
			if got, want := records.String(), fmt.Sprintf(`"dropped":%d`, c.dropped); strings.Contains(got, "dropped") != (c.dropped > 0) || c.dropped > 0 && !strings.Contains(got, want) {
				t.Errorf("want %s in %s", want, got)
			}
			giveUp()
		})
	}
}
