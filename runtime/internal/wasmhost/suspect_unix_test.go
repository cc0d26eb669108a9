//go:build unix

package wasmhost_test

import (
	"bytes"
	"fmt"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile/generate"
	"slices"
	"strings"
	"testing"
	"time"
)

// finding is what a program broke.
type finding struct {
	kind string // late, late after the guest, memory, leak, log, code
	text string
}

// judge runs a program that is suspected again, alone. It returns the finding if each
// of the runs confirms it.
func (w *world) judge(p *generate.Program, kind string) (finding, bool) {
	var found finding
	for range 3 {
		f := w.confirm(p, kind)
		if f.kind != kind {
			return finding{}, false
		}
		found = f
	}
	return found, true
}

func (w *world) confirm(p *generate.Program, kind string) finding {
	var log bytes.Buffer
	host, err := w.open(p, &log, false)
	if err != nil {
		return finding{}
	}
	defer host.Close()
	switch kind {
	case "leak":
		var grown [2]int64
		w.call(host, p, &log)
		w.call(host, p, &log)
		for i := range grown {
			before := live()
			for range 3 {
				w.call(host, p, &log)
			}
			grown[i] = (live() - before) >> 20
		}
		if least := min(grown[0], grown[1]); least >= 3 {
			return finding{kind, fmt.Sprintf("three calls leave %d MiB that stay", least)}
		}
	case "memory":
		stop := collect()
		e := w.call(host, p, &log)
		if peak := stop(); peak > keptMiB+slackMiB {
			return finding{kind, fmt.Sprintf("the host keeps %d MiB (%s)", peak, e.code)}
		}
	default:
		for _, f := range suspect(w.call(host, p, &log)) {
			if f.kind == kind {
				return f
			}
		}
	}
	return finding{}
}

// suspect returns all that looks wrong with an ending, of which at most one is of each
// kind.
func suspect(e ending) []finding {
	var out []finding
	add := func(wrong bool, kind, format string, args ...any) {
		if wrong {
			out = append(out, finding{kind, fmt.Sprintf(format, args...)})
		}
	}
	ms := e.late.Round(time.Millisecond)
	stopped := e.canceled && e.late < stopTime+lateTime
	add(e.lasted() && stopped, "late", "still running %v after its deadline (%s)", ms, e.code)
	add(e.lasted() && !stopped, "late at its end", "ended %v after its deadline, canceled or not (%s)", ms, e.code)
	add(e.peak > keptMiB+2*slackMiB, "memory", "%d MiB on the heap", e.peak)
	add(e.log != "", "log", "%s", e.log)
	known := e.code == "ok" || slices.Contains(secret.Codes(), secret.Code(e.code)) && e.code != string(secret.ErrInternal)
	add(!known, "code", "%s: %s", e.code, e.detail)
	return out
}

// smallest removes statements from a program as long as it still does the same.
func (w *world) smallest(p *generate.Program, f finding) (*generate.Program, finding) {
	start, tries := time.Now(), 0
	over := func() bool { return tries > 60 || time.Since(start) > 30*time.Second }
	for !over() {
		progress := false
		for _, less := range p.Smaller() {
			if tries++; over() {
				break
			}
			if got := w.confirm(less, f.kind); got.kind == f.kind {
				p, f, progress = less, got, true
				break
			}
		}
		if !progress {
			break
		}
	}
	return p, f
}

// The bytes of a program depend on its seed alone, and taking statements away keeps it
// valid: what is refused has an instruction that no module may have.
func TestGeneratedProgramsAreValid(t *testing.T) {
	t.Parallel()
	accepted := 0
	check := func(p *generate.Program) {
		_, err := module.Inspect(p.Wasm())
		if err != nil && !strings.Contains(err.Error(), "ref.func") {
			t.Fatalf("%v\n%s", err, p)
		}
		if err == nil {
			accepted++
		}
	}
	for seed := range uint64(300) {
		p := generate.New(seed)
		if !bytes.Equal(p.Wasm(), generate.New(seed).Wasm()) {
			t.Fatalf("program %d has other bytes the second time", seed)
		}
		check(p)
		for _, less := range p.Smaller()[:min(3, len(p.Smaller()))] {
			check(less)
		}
	}
	if accepted < 300 {
		t.Errorf("%d programs are accepted", accepted)
	}
}
