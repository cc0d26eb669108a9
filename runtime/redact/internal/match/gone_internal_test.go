package match

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// mortal is a value that can go.
type mortal struct {
	bytesOf
	gone *atomic.Bool
}

func (v mortal) Live() bool { return !v.gone.Load() }

func (v mortal) Expose(f func([]byte) error) error {
	if !v.Live() {
		return fmt.Errorf("the value is gone")
	}
	return f(v.bytesOf)
}

func mortals(name string, n, size int) (vals []mortal) {
	for i := range n {
		v := fmt.Sprintf("%s-%d-", name, i)
		vals = append(vals, mortal{bytesOf(v + strings.Repeat(v, size/len(v))), new(atomic.Bool)})
	}
	return vals
}

// size waits for work in the background and returns the number of patterns.
func (x *Index) size() int {
	x.merges.Wait()
	n, _ := x.Set().Size()
	return n
}

// TM-004: what searches for values that are gone is let go of, whether they were large and
// built before, or small and built with others that stay, and also while values are merged.
func TestTM004WhatIsGoneTakesNoMemory(t *testing.T) {
	t.Parallel()
	x := NewIndex(encodings.Options{})
	live := mortals("stays", 3, 40)
	for _, v := range live {
		x.Add(v)
	}
	x.Refresh()
	least := x.size()
	end := func(vals ...mortal) {
		for _, v := range vals {
			v.gone.Store(true)
			x.Gone(len(v.bytesOf))
		}
	}
	check := func(of string, most int) {
		t.Helper()
		if !x.Stale() {
			t.Errorf("%s: there is nothing to do for the next search", of)
		}
		x.Refresh()
		if n := x.size(); n < least || n > most {
			t.Errorf("%s: %d patterns, of values that stay %d", of, n, least)
		}
		for i, v := range live {
			sc := NewScan()
			text := append(append([]byte("x "), v.bytesOf...), " y"...)
			x.Set().Text(sc, text)
			if got := string(sc.AppendMasked(nil, text)); got != "x [REDACTED:k] y" {
				t.Errorf("%s: value %d is not masked any more: %.60q", of, i, got)
			}
		}
		if x.Stale() {
			t.Errorf("%s: there is still something to do", of)
		}
	}
	for round := range 3 {
		large := mortals(fmt.Sprint("large-", round), 1, 100<<10)[0]
		b, ok := x.Build(large, func() bool { return false })
		if !ok {
			t.Fatal("not built")
		}
		x.AddBuilt(large, b)
		if x.Refresh(); x.size() <= least {
			t.Fatal("the value is not searched")
		}
		end(large)
		check("a large value", least)
	}
	many := mortals("many", 1000, 60)
	for _, v := range many {
		x.Add(v)
	}
	x.Refresh()
	all := x.size()
	end(many[:700]...)
	check("700 of 1,000", least+(all-least)/2)
	end(many[700:]...)
	check("all that were added", least+muchGone)
	large := mortals("unused", 1, 100<<10)[0]
	b, _ := x.Build(large, func() bool { return false })
	x.AddBuilt(large, b)
	end(large)
	if len(x.built) != 0 {
		t.Error("a search that was built for a value that went before anybody searched is kept")
	}
}

// A value that goes while values are merged goes after the merge.
func TestWhatGoesDuringAMergeGoes(t *testing.T) {
	t.Parallel()
	x := NewIndex(encodings.Options{})
	x.Add(mortals("stays", 1, 40)[0])
	x.Refresh()
	least := x.size()
	vals := mortals("many", 500, 60)
	for _, v := range vals[:100] {
		x.Add(v)
	}
	x.Refresh()
	for _, v := range vals[100:] {
		x.Add(v)
	}
	x.Refresh() // begins to merge the generations
	for _, v := range vals {
		v.gone.Store(true)
		x.Gone(len(v.bytesOf))
	}
	x.Refresh()
	if n := x.size(); n > least+muchGone {
		t.Errorf("%d patterns, of the value that stays %d", n, least)
	}
}
