package redact

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	bobusumisu "github.com/BobuSumisu/aho-corasick"
	cloudflare "github.com/cloudflare/ahocorasick"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// writerFunc is a function as an io.Writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// sink is a destination that copies what it gets.
type sink struct{ buf [1 << 18]byte }

func (s *sink) Write(p []byte) (int, error) { return copy(s.buf[:], p), nil }

// maskers make writers that mask the values, for up to most values.
var maskers = []struct {
	name string
	most int // number of values; with more it takes too long
	size int // bytes of log that it gets
	make func(b *testing.B, dst io.Writer, vals []string) io.Writer
}{
	{"copy", 1 << 30, 32 << 20, func(_ *testing.B, dst io.Writer, _ []string) io.Writer { return dst }},
	{"postern, raw", 1 << 30, 32 << 20, postern(redact.NoEncodings)},
	{"postern, all encodings", 1 << 30, 32 << 20, postern(redact.AllEncodings)},
	{"BobuSumisu", 1000, 8 << 20, func(_ *testing.B, dst io.Writer, vals []string) io.Writer {
		t := bobusumisu.NewTrieBuilder().AddStrings(vals).Build()
		return writerFunc(func(p []byte) (int, error) {
			var out []byte
			at := 0
			for _, m := range t.Match(p) {
				if start := int(m.Pos()); start >= at {
					out = append(append(out, p[at:start]...), "[MASKED]"...)
					at = start + len(m.Match())
				}
			}
			return dst.Write(append(out, p[at:]...))
		})
	}},
	{"cloudflare (finds only)", 1000, 8 << 20, func(_ *testing.B, dst io.Writer, vals []string) io.Writer {
		m := cloudflare.NewStringMatcher(vals)
		return writerFunc(func(p []byte) (int, error) {
			m.Match(p)
			return dst.Write(p)
		})
	}},
	{"strings.Replacer", 10000, 8 << 20, func(_ *testing.B, dst io.Writer, vals []string) io.Writer {
		var pairs []string
		for _, v := range vals {
			pairs = append(pairs, v, "[MASKED]")
		}
		r := strings.NewReplacer(pairs...)
		return writerFunc(func(p []byte) (int, error) { return r.WriteString(dst, string(p)) })
	}},
	{"chain of writers", 1000, 1 << 20, func(_ *testing.B, dst io.Writer, vals []string) io.Writer { return newChain(dst, vals) }},
	{"live partial matches", 10000, 1 << 20, func(_ *testing.B, dst io.Writer, vals []string) io.Writer { return newPartials(dst, vals) }},
}

func postern(encodings redact.Encodings) func(*testing.B, io.Writer, []string) io.Writer {
	return func(b *testing.B, dst io.Writer, vals []string) io.Writer {
		r := redact.New(redact.Options{Encodings: encodings})
		b.Cleanup(r.Close)
		entries := make([]redact.Entry, len(vals))
		for i, v := range vals {
			s, err := secret.FromString(v)
			if err != nil {
				b.Fatal(err)
			}
			entries[i] = redact.Entry{Key: fmt.Sprintf("key/%05d", i), Secret: s}
		}
		if err := r.AddAll(entries); err != nil {
			b.Fatal(err)
		}
		r.Compact()
		return r.Writer(dst, redact.WriterOptions{Idle: -1})
	}
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkPeers(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("values=%d", n), func(b *testing.B) { compare(b, n) })
	}
}

func compare(b *testing.B, n int) {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	vals := values(rnd, n)
	text := logText(rnd, 32<<20, vals)
	writers := make([]io.Writer, len(maskers))
	for i, m := range maskers {
		if n <= m.most {
			writers[i] = m.make(b, &sink{}, vals)
		}
	}
	best := make([]float64, len(maskers)) // MB per second of CPU time
	for b.Loop() {
		for i, w := range writers {
			if w == nil {
				continue
			}
			part := text[:maskers[i].size]
			start := cpu()
			for p := part; len(p) > 0; p = p[min(len(p), 32<<10):] {
				if _, err := w.Write(p[:min(len(p), 32<<10)]); err != nil {
					b.Fatal(err)
				}
			}
			best[i] = max(best[i], float64(len(part))/1e6/max(cpu()-start, time.Microsecond).Seconds())
		}
	}
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\nmasker, %d values\tMB/s\tof a copy\tpostern is\t\n", n)
	for i, m := range maskers {
		if best[i] > 0 {
			fmt.Fprintf(t, "%s\t%.1f\t%.3f\t%.1fx\t\n", m.name, best[i], best[i]/best[0], best[1]/best[i])
		}
	}
	if err := t.Flush(); err != nil {
		b.Fatal(err)
	}
	b.Log(table.String())
	b.ReportMetric(best[1], "raw-MB/s")
	b.ReportMetric(best[2], "all-MB/s")
}
