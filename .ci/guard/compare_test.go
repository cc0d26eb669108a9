package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// rowOf returns a row that takes the given times in the order of the calls.
func rowOf(name string, times ...float64) *row {
	next := 0
	return &row{name: name, time: func(string) (float64, error) {
		next++
		return times[next-1], nil
	}}
}

func TestReport(t *testing.T) {
	t.Parallel()
	rows := []*row{
		rowOf("at the limit", 100, 105, 100, 105, 100, 105),
		rowOf("one slow round", 100, 100, 100, 900, 100, 101),
		rowOf("slower", 2000, 2200, 1000, 1110, 4000, 4360),
		rowOf("drifting together", 1e6, 1e6, 2e6, 2e6, 3e6, 3e6),
	}
	for range 3 {
		if err := round(rows, "base", "head"); err != nil {
			t.Fatal(err)
		}
	}
	var table strings.Builder
	slow, err := report(&table, rows)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"slower"}; !slices.Equal(slow, want) {
		t.Errorf("too slow are %q, want %q", slow, want)
	}
	want := `          operation     base     head  ratio   verdict
       at the limit   100 ns   105 ns  1.050        ok
     one slow round   100 ns   101 ns  1.010        ok
             slower  2.00 us  2.20 us  1.100  too slow
  drifting together  2.00 ms  2.00 ms  1.000        ok
`
	if got := table.String(); got != want {
		t.Errorf("table:\n%s\nwant:\n%s", got, want)
	}
}

func TestRoundNamesTheCommit(t *testing.T) {
	t.Parallel()
	fails := func(dir string) (float64, error) {
		if dir == "head" {
			return 0, errors.New("no such key")
		}
		return 1, nil
	}
	err := round([]*row{{name: "get", time: fails}}, "base", "head")
	if want := "head: get: no such key"; err == nil || err.Error() != want {
		t.Errorf("round() = %v, want %s", err, want)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}
