package redact_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/cputime"
	"github.com/postern-project/postern/runtime/redact"
)

const benchText = 32 << 20

// through writes text in 32 KiB pieces, as io.Copy does.
func through(b *testing.B, w io.Writer, text []byte) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	start, rounds := cputime.Used(), 0
	for ; b.Loop(); rounds++ {
		for p := text; len(p) > 0; p = p[min(len(p), 32<<10):] {
			if _, err := w.Write(p[:min(len(p), 32<<10)]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(rounds*len(text))/1e6/(cputime.Used()-start).Seconds(), "cpuMB/s")
}

// copier is the baseline: a destination that copies what it gets.
type copier struct{ buf [128 << 10]byte }

func (c *copier) Write(p []byte) (int, error) { return copy(c.buf[:], p), nil }

func BenchmarkWriter(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := logText(rnd, benchText, nil)
	b.Run("copy", func(b *testing.B) { through(b, &copier{}, text) })
	for _, n := range []int{10, 100, 1000, 10000} {
		for _, short := range []bool{true, false} {
			vals := logValues(rnd, n, short)
			for name, forms := range map[string]redact.Encodings{"all": redact.AllEncodings, "raw": redact.NoEncodings} {
				b.Run(fmt.Sprintf("values=%d/short=%v/forms=%s", n, short, name), func(b *testing.B) {
					r := filled(b, forms, vals)
					w := r.Writer(&copier{}, redact.WriterOptions{Idle: -1})
					through(b, w, text)
					st := r.Status()
					b.ReportMetric(float64(st.Patterns), "patterns")
					b.ReportMetric(float64(st.Bytes)/(1<<20), "MiB")
				})
			}
		}
	}
}

// BenchmarkPeriodic masks a log that repeats parts of a value, or what may begin an
// escape.
func BenchmarkPeriodic(b *testing.B) {
	for _, c := range []struct{ name, value, text string }{
		{"tail", strings.Repeat("x", 4095) + "Y", "x"},
		{"pair", strings.Repeat("ab", 2048), "ab"},
		{"broken", strings.Repeat("ab", 2048), strings.Repeat("ab", 1000) + "-"},
		{"near", strings.Repeat("x", 4095) + "Y", strings.Repeat("x", 100) + "Y"},
		{"backslashes", "aaabbbcccddd", `\`},
		{"block", strings.Repeat("0123456789abcdefghijklmnop", 157), "0123456789abcdefghijklmnop"},
	} {
		b.Run(c.name, func(b *testing.B) {
			text := bytes.Repeat([]byte(c.text), 1<<20/len(c.text))
			through(b, filled(b, redact.AllEncodings, []string{c.value}).Writer(io.Discard, redact.WriterOptions{Idle: -1}), text)
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	r := filled(b, redact.AllEncodings, logValues(rnd, 10000, true))
	for b.Loop() {
		b.StopTimer()
		s := secretOf(b, []byte(random(rnd, letters, 40)))
		b.StartTimer()
		if err := r.Add("new", s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := filled(b, redact.AllEncodings, logValues(rand.New(rand.NewPCG(1, 2)), n, true))
			for b.Loop() {
				r.Compact()
			}
		})
	}
}

// BenchmarkRecord handles one log record of about 210 bytes: it formats it, formats
// and masks it, or only masks it; and one with a value in it.
func BenchmarkRecord(b *testing.B) {
	logs := func(b *testing.B, h slog.Handler, trace string) {
		l := slog.New(h)
		b.ReportAllocs()
		for b.Loop() {
			l.LogAttrs(b.Context(), slog.LevelInfo, "request done", slog.String("method", "GET"), slog.String("path", "/api/v1/items/48151623"),
				slog.Int("status", 200), slog.Duration("took", 1234567), slog.String("trace_id", trace))
		}
	}
	log := func(b *testing.B, h slog.Handler) { logs(b, h, "7d2f0f6c1b3a49e88a3f") }
	b.Run("plain", func(b *testing.B) { log(b, slog.NewJSONHandler(io.Discard, nil)) })
	for _, n := range []int{10, 1000, 10000} {
		vals := logValues(rand.New(rand.NewPCG(1, 2)), n, true)
		r := filled(b, redact.AllEncodings, vals)
		b.Run(fmt.Sprintf("found/values=%d", n), func(b *testing.B) { logs(b, redact.NewHandler(io.Discard, r, jsonHandler), vals[n/2]) })
		b.Run(fmt.Sprintf("found/text/values=%d", n), func(b *testing.B) { logs(b, redact.NewHandler(io.Discard, r, textHandler), vals[n/2]) })
		b.Run(fmt.Sprintf("masked/values=%d", n), func(b *testing.B) { log(b, redact.NewHandler(io.Discard, r, jsonHandler)) })
		line := []byte(`{"time":"2026-03-12T10:00:00.123456789Z","level":"INFO","msg":"request done","method":"GET","path":"/api/v1/items/48151623","status":200,"took":1234567,"trace_id":"7d2f0f6c1b3a49e88a3f","node":"web-17"}` + "\n")
		b.Run(fmt.Sprintf("line/values=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			out := make([]byte, 0, 512)
			for b.Loop() {
				out = r.Bytes(out[:0], line)
			}
		})
	}
}

// BenchmarkHold holds and releases a value that another holder keeps masked, among
// 10,000 values.
func BenchmarkHold(b *testing.B) {
	vals := logValues(rand.New(rand.NewPCG(1, 2)), 10000, true)
	r := filled(b, redact.AllEncodings, vals)
	s := secretOf(b, []byte(vals[0]))
	b.ReportAllocs()
	for b.Loop() {
		h, err := r.Hold(redact.Entry{Key: "key/00000", Secret: s})
		if err != nil {
			b.Fatal(err)
		}
		h.Release()
	}
}

// BenchmarkLoad registers 100,000 values, at once or one after the other, and masks one
// line.
func BenchmarkLoad(b *testing.B) {
	vals := logValues(rand.New(rand.NewPCG(1, 2)), 100_000, true)
	entries := make([]redact.Entry, len(vals))
	for i, v := range vals {
		entries[i] = redact.Entry{Key: fmt.Sprintf("key/%06d", i), Secret: secretOf(b, []byte(v))}
	}
	for _, c := range []struct {
		name string
		load func(*redact.Registry) error
	}{
		{"AddAll", func(r *redact.Registry) error {
			defer r.String("one line")
			return r.AddAll(entries)
		}},
		{"Add", func(r *redact.Registry) error {
			for i := range entries {
				if err := r.Add(entries[i].Key, entries[i].Secret); err != nil {
					return err
				}
			}
			r.String("one line")
			return nil
		}},
		{"AddDeferred", func(r *redact.Registry) error {
			for i := range entries {
				if err := r.AddDeferred(entries[i]); err != nil {
					return err
				}
			}
			r.String("one line")
			return nil
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			start, rounds := cputime.Used(), 0
			for ; b.Loop(); rounds++ {
				r := redact.New(redact.Options{})
				if err := c.load(r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
			b.ReportMetric((cputime.Used()-start).Seconds()/float64(rounds), "cpu-s/op")
		})
	}
}

// BenchmarkAddThirty registers 30 new values among 10,000, and masks one line.
func BenchmarkAddThirty(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	r := filled(b, redact.AllEncodings, logValues(rnd, 10000, true))
	var used time.Duration
	rounds := 0
	for ; b.Loop(); rounds++ {
		b.StopTimer()
		entries := make([]redact.Entry, 30)
		for i, v := range logValues(rnd, len(entries), true) {
			entries[i] = redact.Entry{Key: fmt.Sprintf("new/%02d", i), Secret: secretOf(b, []byte(v))}
		}
		b.StartTimer()
		start := cputime.Used()
		if err := r.AddAll(entries); err != nil {
			b.Fatal(err)
		}
		r.String("one line")
		used += cputime.Used() - start
	}
	b.ReportMetric(used.Seconds()*1e3/float64(rounds), "cpu-ms/op")
}
