package redact_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/cputime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// The time to mask a text grows with its length, also if it looks everywhere like the
// beginning of values that are as long.
func TestTimeIsLinear(t *testing.T) {
	lines := strings.Repeat("-", 63) + "\n"
	mask := func(r *redact.Registry, text string) { r.String(text) }
	log := func(r *redact.Registry, text string) {
		slog.New(redact.NewHandler(io.Discard, r, jsonHandler)).Info(text)
	}
	for _, c := range []struct {
		name, unit string
		write      func(r *redact.Registry, text string)
	}{
		{"characters", "-", mask},
		{"pairs", "ab", mask},
		{"lines", lines, mask},
		{"characters in a log", "-", log},
		{"pairs in a log", "ab", log},
	} {
		t.Run(c.name, func(t *testing.T) {
			const times = 16
			small := timeOf(t, c.unit, 4<<10, c.write)
			large, most := timeOf(t, c.unit, times*4<<10, c.write), 4*times*max(small, time.Millisecond/2)
			if large > most {
				t.Errorf("%v, and %v for %d times the length: at most %v is accepted", small, large, times, most)
			}
		})
	}
}

// timeOf returns the processor time to mask a text of three times size bytes, with
// values of size and of half of it. The least of a few rounds is the closest.
func timeOf(t *testing.T, unit string, size int, write func(r *redact.Registry, text string)) time.Duration {
	t.Helper()
	r := redact.New(redact.Options{})
	defer r.Close()
	for key, v := range map[string]string{
		"K": strings.Repeat(unit, size/len(unit)) + "x",
		"L": strings.Repeat(unit, size/2/len(unit)) + "+c",
	} {
		s, err := secret.FromString(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add(key, s); err != nil {
			t.Fatal(err)
		}
	}
	r.String("build the index")
	text := strings.Repeat(unit, 3*size/len(unit)) + "X"
	least := time.Hour
	for range 3 {
		start := cputime.Used()
		write(r, text)
		least = min(least, cputime.Used()-start)
	}
	return least
}

// The time to mask a text with long runs of a character that escapes are made of grows with
// its length, whatever is between the runs.
func TestTimeOfRunsIsLinear(t *testing.T) {
	r := filled(t, redact.AllEncodings, []string{"correct-horse-battery-staple-9f2", "pass\\word\n'é", `"quoted" 100%`})
	r.String("build the index")
	timeOf := func(text string) time.Duration {
		least := time.Hour
		for range 3 {
			start := cputime.Used()
			r.String(text)
			least = min(least, cputime.Used()-start)
		}
		return least
	}
	check := func(c, between string) {
		const size, times = 2 << 10, 16
		text := func(size int) string {
			return strings.Repeat(strings.Repeat(c, size)+between, 3) + "j"
		}
		small := timeOf(text(size))
		large, most := timeOf(text(times*size)), 4*times*max(small, time.Millisecond/4)
		if large > most {
			t.Errorf("runs of %q before %q: %v, and %v for %d times the length: at most %v is accepted", c, between, small, large, times, most)
		}
	}
	check(`\`, "g")
	check(`\`, "n")
	var others [][2]string
	for _, c := range "\\%&^`\"'$+=#;{}<\r\n\x1b" {
		for _, between := range []string{"g", "gh", "n", "x4", "u", "%", "é", "{", "&#"} {
			others = append(others, [2]string{string(c), between})
		}
	}
	for o := range sample.From(t, others) {
		check(o[0], o[1])
	}
}
